"""Third stop of routing: the rule table. The first row that fits decides, and says why."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from models import AssignTo, RoutingRule
from routing.conditions import Condition, conditions_of
from routing.facts import Facts

__all__ = ["Broken", "Decision", "Facts", "NoRule", "RuleBook", "ordered", "route"]


class NoRule(LookupError):
    """No row fits, not even a catch-all: a person has to decide."""

    def __init__(self, facts: Facts, broken: tuple["Broken", ...]) -> None:
        super().__init__(f"no routing rule for {facts.item or facts.category} in {list(facts.area_path)}")
        self.broken = broken


@dataclass(frozen=True)
class Broken:
    """A row that cannot be used. It is passed over, never in silence: whoever keeps the table must be told."""

    rule: str
    reason: str


@dataclass(frozen=True)
class Decision:
    """Who handles it and by which clock, with all that is needed to explain it later."""

    rule: str
    unit: str
    co_units: tuple[str, ...]
    assign: AssignTo
    assignee: str | None  # for `named` only
    clock: str
    explanation: dict[str, Any] = field(default_factory=dict)  # rule, because, note: words belong to the catalogues
    facts: dict[str, Any] = field(default_factory=dict)  # the snapshot the rule saw
    broken: tuple[Broken, ...] = ()


@dataclass(frozen=True)
class _Row:
    """A rule made ready: its tests read once, its explanation written once."""

    code: str
    unit: str
    conditions: tuple[Condition, ...]
    outcome: dict[str, Any]

    def fits(self, facts: Facts) -> bool:
        for asked in self.conditions:  # a plain loop: twice as fast as all() here
            if not asked.holds(facts):
                return False
        return self.unit not in facts.refused_units


def ordered(rules: Iterable[RoutingRule], areas: Mapping[str, int]) -> list[RoutingRule]:
    """In the order of trial: priority, most specific area, deepest category, code. `areas`: code → level.

    Depth is counted in the category's code, which is written `field/item`.
    """

    def place(rule: RoutingRule) -> tuple[int, int, int, str]:
        level = areas.get(rule.area, 0) if rule.area else -1
        depth = rule.category.count("/") + 1 if rule.category else 0
        return rule.priority, -level, -depth, rule.code

    return sorted(rules, key=place)


class RuleBook:
    """The table made ready once, then asked for every complaint. Build a new one when a row or an area changes."""

    def __init__(self, rules: Iterable[RoutingRule], areas: Mapping[str, int]) -> None:
        self.rows: list[_Row] = []
        broken: list[Broken] = []
        for rule in ordered(rules, areas):
            if rule.enabled:
                try:
                    self.rows.append(_row(rule, areas))
                except (ValueError, TypeError, AttributeError) as error:
                    broken.append(Broken(rule.code, str(error)))
        self.broken = tuple(broken)

    @property
    def has_catch_all(self) -> bool:
        """Some row asks nothing at all; a table without one should not be saved."""
        return any(not row.conditions for row in self.rows)

    def route(self, facts: Facts) -> Decision:
        """The first row that fits. NoRule when none does; a row that fails while asked is passed over and reported."""
        broken = self.broken
        for row in self.rows:
            try:
                if row.fits(facts):
                    return Decision(**row.outcome, facts=facts.snapshot(), broken=broken)
            except Exception as error:  # one bad row must not keep a complaint from a desk; the caller alerts
                broken = (*broken, Broken(row.code, repr(error)))
        raise NoRule(facts, broken)


def route(facts: Facts, rules: Sequence[RoutingRule], areas: Mapping[str, int]) -> Decision:
    """One decision from loose rows, in any order; for many, keep a RuleBook."""
    return RuleBook(rules, areas).route(facts)


def _row(rule: RoutingRule, areas: Mapping[str, int]) -> _Row:
    if rule.area and rule.area not in areas:
        raise ValueError(f"unknown area {rule.area!r}")
    asked = conditions_of(rule)
    because = [{"condition": condition.name, "value": condition.value} for condition in asked]
    outcome = {
        "rule": rule.code,
        "unit": rule.unit,
        "co_units": tuple(rule.co_units),
        "assign": AssignTo(rule.assign),
        "assignee": rule.assignee,
        "clock": rule.clock,
        "explanation": {"rule": rule.code, "because": because, "note": rule.note},
    }
    return _Row(rule.code, rule.unit, asked, outcome)
