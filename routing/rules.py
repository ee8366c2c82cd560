"""Third stop of routing: the rule table. The first row that fits decides, and says why."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from models import AssignTo, RoutingRule
from routing.conditions import Condition, conditions_of
from routing.facts import Facts

__all__ = ["Broken", "Decision", "Facts", "NoRule", "RuleBook", "ordered", "route"]

FOUND_BY = frozenset({"category", "area"})  # conditions that the index answers


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
    area: str | None = None  # the rule's
    explanation: dict[str, Any] = field(default_factory=dict)  # rule, because, unit, note: words are the catalogues'
    facts: dict[str, Any] = field(default_factory=dict)  # the snapshot the rule saw
    broken: tuple[Broken, ...] = ()


@dataclass(frozen=True)
class _Row:
    """A rule made ready: its tests read once, its explanation written once."""

    code: str
    unit: str
    asks: tuple[Condition, ...]  # but for category and area, by which it was found
    catches_all: bool
    outcome: dict[str, Any]

    def fits(self, facts: Facts) -> bool:
        for asked in self.asks:  # a plain loop: twice as fast as all() here
            if not asked.holds(facts):
                return False
        return self.unit not in facts.refused_units and self.unit not in facts.accused


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
    """The table made ready once, then asked for every complaint. Build a new one when a row or an area changes.

    Rows are found by the category and the area they ask for, so that of ten thousand only a handful is tried.
    """

    def __init__(self, rules: Iterable[RoutingRule], areas: Mapping[str, int]) -> None:
        self.rows: list[_Row] = []
        self._places: dict[str | None, dict[str | None, list[int]]] = {}  # category → area → places in `rows`
        broken: list[Broken] = []
        for rule in ordered(rules, areas):
            if rule.enabled:
                try:
                    row = _row(rule, areas)
                except (ValueError, TypeError, AttributeError) as error:
                    broken.append(Broken(rule.code, str(error)))
                else:
                    found_by = self._places.setdefault(rule.category or None, {})
                    found_by.setdefault(rule.area or None, []).append(len(self.rows))
                    self.rows.append(row)
        self.broken = tuple(broken)
        self._catch_alls = frozenset(row.code for row in self.rows if row.catches_all)

    @property
    def has_catch_all(self) -> bool:
        """Some row asks nothing at all; a table without one should not be saved."""
        return bool(self._catch_alls)

    def catches_all(self, rule: str) -> bool:
        """Whether this row asks nothing."""
        return rule in self._catch_alls

    def route(self, facts: Facts) -> Decision:
        """The first row that fits. NoRule when none does; a row that fails while asked is passed over and reported."""
        row, broken = self._first(facts)
        if row is None:
            raise NoRule(facts, broken)
        return _decision(row, facts, broken)

    def first(self, facts: Facts) -> tuple[str, str] | None:
        """Rule and unit alone, for a million cases at a time; None when no row fits."""
        row, _ = self._first(facts)
        return (row.code, row.unit) if row else None

    def _first(self, facts: Facts) -> tuple[_Row | None, tuple[Broken, ...]]:
        """Of each list of rows in question the first that fits, as long as it comes before what was found already."""
        rows, path, failed = self.rows, {*facts.area_path, *facts.special, None}, list[tuple[int, Exception]]()
        first = len(rows)
        for category in {facts.item, facts.category, None}:
            by_area = self._places.get(category)
            if by_area is None:
                continue
            for area in path:
                for place in by_area.get(area, ()):
                    if place >= first:
                        break
                    try:
                        if rows[place].fits(facts):
                            first = place
                    except Exception as error:  # one bad row must not keep a complaint from a desk; the caller alerts
                        failed.append((place, error))
        broken = self.broken + self._failed(failed, first) if failed else self.broken
        return (rows[first] if first < len(rows) else None), broken

    def _failed(self, failed: list[tuple[int, Exception]], first: int) -> tuple[Broken, ...]:
        """Those that were tried before the chosen one, in their order."""
        tried = sorted((place, repr(error)) for place, error in failed if place < first)
        return tuple(Broken(self.rows[place].code, error) for place, error in tried)


def route(facts: Facts, rules: Sequence[RoutingRule], areas: Mapping[str, int]) -> Decision:
    """One decision from loose rows, in any order; for many, keep a RuleBook."""
    return RuleBook(rules, areas).route(facts)


def _decision(row: _Row, facts: Facts, broken: tuple[Broken, ...]) -> Decision:
    """A unit the complaint is about does not help with it either."""
    outcome = row.outcome
    if facts.accused:
        outcome = outcome | {"co_units": tuple(unit for unit in outcome["co_units"] if unit not in facts.accused)}
    return Decision(**outcome, facts=facts.snapshot(), broken=broken)


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
        "area": rule.area or None,
        "explanation": {"rule": rule.code, "because": because, "unit": rule.unit, "note": rule.note},
    }
    rest = tuple(condition for condition in asked if condition.name not in FOUND_BY)
    return _Row(rule.code, rule.unit, rest, not asked, outcome)
