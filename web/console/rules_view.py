"""How the rule table reads: a row as a sentence, what speaks against it, why others lost; and a row as a form."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.because import asking
from cases.book import Book
from models import AssignTo, Calendar, ClockPolicy, Kind, RoutingRule
from routing.conditions import conditions_of
from routing.findings import Finding
from routing.findings import Kind as Fault
from routing.runners_up import Lost
from town.describe import BY_NAME
from town.sheets import Cells
from web.console.tables_view import Words, given

RULES = BY_NAME["rules"]
SPANS = {  # (unit of a span, counted in working time) → its words
    ("m", False): "console.rules.minutes", ("m", True): "console.rules.minutes",
    ("h", False): "console.rules.hours", ("h", True): "console.rules.working_hours",
    ("d", False): "console.rules.days", ("d", True): "console.rules.working_days",
    ("w", False): "console.rules.weeks", ("w", True): "console.rules.weeks",
}  # fmt: skip
FAULTS: Mapping[str, str] = {
    "no_catch_all": "console.rules.no_catch_all",
    "past": "console.rules.past",
    "shadowed": "console.rules.shadowed",
    "after_refusal": "console.rules.after_refusal",
    "named_gone": "console.rules.named_gone",
    "unit_empty": "console.rules.unit_empty",
    "no_dispatcher": "console.rules.no_dispatcher",
    "loop": "console.rules.loop",
    "no_supervisor": "console.rules.no_supervisor",
}
LACKS: Mapping[str, str] = {
    "category": "console.rules.lacks_category",
    "area": "console.rules.lacks_area",
    "place_kind": "console.rules.lacks_place_kind",
    "danger": "console.rules.lacks_danger",
    "window": "console.rules.lacks_window",
    "validity": "console.rules.lacks_validity",
    "min_confidence": "console.rules.lacks_confidence",
    "predicates": "console.rules.lacks_predicates",
}
MANY = 6  # codes in one line


@dataclass(frozen=True)
class Reading:
    """The table for one reader."""

    book: Book
    words: Words

    def say(self, key: str, **args: object) -> str:
        return self.words.say(key, **args)

    @property
    def locale(self) -> str:
        return self.words.locale

    def asks(self, rule: RoutingRule) -> str:
        """“餐饮油烟（在丹桂社区）”; a row that cannot be read shows its code."""
        try:
            found = {one.name: one.value for one in conditions_of(rule)}
        except (ValueError, TypeError, AttributeError):
            return self.say("console.rules.unreadable")
        return asking(self.book, found, self.locale)

    def goes(self, rule: RoutingRule) -> str:
        """“城管中队，网格员先办，3 个工作日”."""
        unit = self.book.unit_name(rule.unit, self.locale) or rule.unit
        first = {AssignTo.CELL: "console.rules.cell_first", AssignTo.NAMED: "console.rules.to_person"}
        key = first.get(AssignTo(rule.assign))
        person = self.book.people.get(rule.assignee or "", "")
        parts = [unit, *([self.say(key, name=person)] if key else []), self.span(rule.clock)]
        return self.say("rule.sep").join(part for part in parts if part)

    def span(self, code: str) -> str:
        policy: ClockPolicy | None = self.book.policies.get(code)
        found = re.fullmatch(r"(\d+)([mhdw])", policy.resolve) if policy else None
        if policy is None or found is None:
            return code
        return self.say(SPANS[found[2], policy.calendar == Calendar.WORKDAYS], n=found[1])

    def row(self, rule: RoutingRule) -> dict[str, Any]:
        return {
            "code": rule.code,
            "priority": rule.priority,
            "enabled": rule.enabled,
            "asks": self.asks(rule),
            "goes": self.goes(rule),
            "note": rule.note,
            "co_units": [self.book.unit_name(unit, self.locale) for unit in rule.co_units],
        }

    def fault(self, one: Finding) -> str:
        units = self._several(self.book.unit_name(unit, self.locale) or unit for unit in one.units)
        if one.kind is Fault.GAP:
            return self._gap(one)
        if one.kind is Fault.CONFLICT:
            return self.say("console.rules.conflict", rules=self._several(one.rules))
        args = {
            "rule": one.rules[0] if one.rules else "",
            "rules": self._several(one.rules),
            "others": self._several(one.rules[1:]),
            "units": units,
            "who": self._several(self.book.people.get(code, code) for code in one.people),
        }
        key = FAULTS.get(one.reason, "console.rules.unusable")
        return self.say(key, **args, why=one.reason) if key == "console.rules.unusable" else self.say(key, **args)

    def _gap(self, one: Finding) -> str:
        what = self.book.category_name(one.category, self.locale) or str(one.category)
        when = self.say("console.rules.between", start=one.window[0], end=one.window[1]) if one.window else ""
        area = self.book.area_name(one.area) or self.say("word.no_place")
        return self.say("console.rules.gap", what=what, area=area, when=when or self.say("console.rules.all_day"))

    def _several(self, names: Any) -> str:
        some = list(names)
        more = self.say("console.rules.and_more", n=len(some) - MANY) if len(some) > MANY else ""
        return self.say("console.tables.between").join(some[:MANY]) + more

    def lost(self, one: Lost) -> str:
        if one.barred:
            return self.say("console.rules.barred")
        if not one.lacks:
            return self.say("console.rules.later")
        return self.say("rule.sep").join(self.say(LACKS[name]) for name in one.lacks)


def faults(reading: Reading, found: Sequence[Finding], *, most: int = 20) -> list[str]:
    lines = [reading.fault(one) for one in found[:most]]
    return [*lines, reading.say("console.rules.and_more", n=len(found) - most)] if len(found) > most else lines


def unfolded(cells: Cells | None) -> dict[str, Any]:
    """What the form shows of a row's other conditions, which its cell keeps as JSON."""
    known = json.loads((cells or {}).get("predicates") or "{}")
    says = known.get("text_has_any") or []
    return {
        "weekday": known.get("weekday") or [],
        "says": "、".join(says),
        "kind": known.get("kind") or [],
        "urgent": {True: "true", False: "false"}.get(known.get("urgent"), ""),
        "min_round": known.get("min_round") or "",
    }


def folded(words: Words, body: Mapping[str, Any]) -> Cells:
    """A row's cells out of the form. What cannot be read is left for the town's own checks to refuse."""
    days = [int(day) for day in _list(body.get("weekday")) if day.isascii() and day.isdigit()]
    says = [word for word in re.split(r"[、,，;；\s]+", str(body.get("says") or "")) if word]
    least = str(body.get("min_round") or "").strip()
    asked: dict[str, Any] = {
        "weekday": sorted(set(days)),
        "text_has_any": says,
        "kind": [kind for kind in Kind if kind in _list(body.get("kind"))],
        "min_round": int(least) if least.isascii() and least.isdigit() and len(least) < 4 else least,
        "urgent": {"true": True, "false": False}.get(str(body.get("urgent") or "")),
    }
    kept = {name: value for name, value in asked.items() if value not in ([], "", None)}
    cells = given(words, RULES, body)
    return {**cells, "predicates": json.dumps(kept, ensure_ascii=False, sort_keys=True) if kept else ""}


def _list(value: Any) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []
