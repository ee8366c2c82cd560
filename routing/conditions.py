"""Second stop of routing: what a rule can ask of the facts. One function a condition; a new kind is one more here.

Each reads its column of a row once and gives the test to run on every complaint, or None when the row does not ask.
A row that asks for something impossible raises BadCondition here, before any complaint depends on it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, time
from typing import Any

from models import Kind, RoutingRule
from routing import spelling
from routing.facts import Facts

Test = Callable[[Facts], bool]


class BadCondition(ValueError):
    """The row cannot be read: an unknown predicate, or a value of the wrong kind."""


@dataclass(frozen=True)
class Condition:
    """One thing a row asks, with the value as JSON for the explanation."""

    name: str
    value: Any
    holds: Test


def category(rule: RoutingRule) -> Condition | None:
    """The item itself, or the department's field it belongs to."""
    wanted = rule.category
    if not wanted:
        return None
    return Condition("category", wanted, lambda facts: wanted in (facts.item, facts.category))


def area(rule: RoutingRule) -> Condition | None:
    """The place lies in this area, whatever its level, or in this special grid; an unknown place lies nowhere."""
    wanted = rule.area
    if not wanted:
        return None
    return Condition("area", wanted, lambda facts: wanted in facts.area_path or wanted in facts.special)


def place_kind(rule: RoutingRule) -> Condition | None:
    wanted = rule.place_kind
    return Condition("place_kind", wanted, lambda facts: facts.place_kind == wanted) if wanted else None


def danger(rule: RoutingRule) -> Condition | None:
    """True: only with words of danger. False: only without."""
    wanted = rule.danger
    return None if wanted is None else Condition("danger", wanted, lambda facts: bool(facts.danger) is wanted)


def window(rule: RoutingRule) -> Condition | None:
    """From `from_time` until just before `to_time`, Shanghai time; over midnight when it ends before it begins."""
    if rule.from_time is None and rule.to_time is None:
        return None
    start, end = rule.from_time or time.min, rule.to_time or time.min
    value = [start.isoformat("minutes"), end.isoformat("minutes")]
    return Condition("window", value, lambda facts: _within(facts.local.time(), start, end))


def _within(now: time, start: time, end: time) -> bool:
    """Equal ends are the whole day, as 00:00–00:00 is."""
    return start <= now < end if start < end else now >= start or now < end


def validity(rule: RoutingRule) -> Condition | None:
    """Both days included, counted in Shanghai."""
    if rule.valid_from is None and rule.valid_to is None:
        return None
    first, last = rule.valid_from or date.min, rule.valid_to or date.max
    value = [day.isoformat() if day else None for day in (rule.valid_from, rule.valid_to)]
    return Condition("validity", value, lambda facts: first <= facts.local.date() <= last)


def min_confidence(rule: RoutingRule) -> Condition | None:
    least = rule.min_confidence
    return Condition("min_confidence", least, lambda facts: facts.confidence >= least) if least > 0 else None


def predicates(rule: RoutingRule) -> Condition | None:
    """Every one of the row's predicates; BadCondition for one nobody knows."""
    if not rule.predicates:
        return None
    if not isinstance(rule.predicates, dict):
        raise BadCondition(f"predicates must be an object, not {rule.predicates!r}")
    tests = [_predicate(name, value) for name, value in rule.predicates.items()]
    return Condition("predicates", dict(rule.predicates), lambda facts: all(test(facts) for test in tests))


def _predicate(name: str, value: Any) -> Test:
    if name not in PREDICATES:
        raise BadCondition(f"unknown predicate {name!r}; known: {', '.join(PREDICATES)}")
    return PREDICATES[name](value)


def weekday(days: Any) -> Test:
    """[6, 7]: filed on a Saturday or Sunday, Shanghai time (Monday is 1)."""
    if not isinstance(days, list) or not days or any(day not in range(1, 8) for day in days):
        raise BadCondition(f"weekday must be a list of days 1 to 7, not {days!r}")
    return lambda facts: facts.local.isoweekday() in days


def text_has_any(words: Any) -> Test:
    """["业委会", "物业费"]: one of these stands in the text."""
    if not isinstance(words, list) or not words or not all(isinstance(word, str) and word for word in words):
        raise BadCondition(f"text_has_any must be a list of words, not {words!r}")
    plain = [spelling.plain(word) for word in words]
    return lambda facts: any(word in facts.plain_text for word in plain)


def min_round(least: Any) -> Test:
    """2: only what was reopened, so that whoever left it unsolved does not get it again."""
    if type(least) is not int or least < 1:
        raise BadCondition(f"min_round must be a whole number from 1, not {least!r}")
    return lambda facts: facts.round >= least


def kind(kinds: Any) -> Test:
    """["praise", "question"]: the resident wants one of these; what is not clear is none."""
    if not isinstance(kinds, list) or not kinds or any(one not in list(Kind) for one in kinds):
        raise BadCondition(f"kind must be a list of {', '.join(Kind)}, not {kinds!r}")
    return lambda facts: facts.kind in kinds


def urgent(wanted: Any) -> Test:
    """True: only what cannot wait. False: only what can."""
    if not isinstance(wanted, bool):
        raise BadCondition(f"urgent must be true or false, not {wanted!r}")
    return lambda facts: facts.urgent is wanted


PREDICATES: dict[str, Callable[[Any], Test]] = {
    "weekday": weekday,
    "text_has_any": text_has_any,
    "min_round": min_round,
    "kind": kind,
    "urgent": urgent,
}

CONDITIONS: dict[str, Callable[[RoutingRule], Condition | None]] = {
    "category": category,
    "area": area,
    "place_kind": place_kind,
    "danger": danger,
    "window": window,
    "validity": validity,
    "min_confidence": min_confidence,
    "predicates": predicates,
}


def conditions_of(rule: RoutingRule) -> tuple[Condition, ...]:
    """All the row asks, in the order of CONDITIONS; none for a catch-all."""
    return tuple(found for read in CONDITIONS.values() if (found := read(rule)) is not None)
