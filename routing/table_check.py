"""Beside routing: a rule table held against itself and the town, before or after it is in force."""

from collections.abc import Iterator, Mapping, Sequence, Set

from models import AssignTo, Role, RoutingRule
from routing.assign import chain
from routing.findings import Finding, Kind, Report, Tables
from routing.gaps import gaps
from routing.overlaps import conflicts, is_past, never
from routing.rules import RuleBook, ordered
from routing.special import overlapping

HANDLE = frozenset({Role.WORKER, Role.CLERK, Role.LEADER})


def check(tables: Tables) -> Report:
    """Everything there is to mend, the gravest first."""
    levels = {area.code: area.level for area in tables.areas}
    enabled = [rule for rule in tables.rules if rule.enabled]
    broken = list(_broken(tables, enabled, levels))
    unusable = {code for one in broken for code in one.rules}
    rows = [rule for rule in ordered(enabled, levels) if rule.code not in unusable]
    book = RuleBook(rows, levels)
    paths = {area.code: area.path for area in tables.areas}
    fields = {one.code: one.parent for one in tables.categories}
    collide = list(conflicts(rows, tables.today, overlapping(tables.areas)))
    pairs = {frozenset(one.rules) for one in collide}
    dead = [
        one
        for one in never(rows, paths, fields, tables.today)
        if one.reason != "after_refusal" or not (book.catches_all(one.rules[0]) or _told(one, pairs))
    ]  # the catch-all is there for what others refuse
    catch_all = [] if book.has_catch_all else [Finding(Kind.BROKEN, "no_catch_all")]
    in_force = [rule for rule in rows if not is_past(rule, tables.today)]
    found = [*broken, *catch_all, *dead, *collide, *_nobody(tables, in_force), *_endless(tables)]
    return Report(len(tables.rules), (*found, *gaps(tables, rows, book)))


def _told(one: Finding, pairs: Set[frozenset[str]]) -> bool:
    """Whether all of it is told already, as conflicts."""
    return all(frozenset((one.rules[0], by)) in pairs for by in one.rules[1:])


def _broken(tables: Tables, rules: Sequence[RoutingRule], levels: Mapping[str, int]) -> Iterator[Finding]:
    reasons = {one.rule: one.reason for one in RuleBook(rules, levels).broken}
    units, categories = {unit.code for unit in tables.units}, {one.code for one in tables.categories}
    for rule in rules:
        for name, value, known in (
            ("unit", rule.unit, units), ("category", rule.category, categories), ("clock", rule.clock, tables.clocks)
        ):  # fmt: skip
            if value and value not in known:
                reasons.setdefault(rule.code, f"unknown {name} {value!r}")
        if rule.code in reasons:
            yield Finding(Kind.BROKEN, reasons[rule.code], (rule.code,))


def _nobody(tables: Tables, rows: Sequence[RoutingRule]) -> Iterator[Finding]:
    """Units that rules name and nobody works at, people who are named and gone, a dispatch desk without dispatchers."""
    here = {one.code: one for one in tables.people if one.active}
    staffed = {one.unit for one in here.values() if one.role in HANDLE}
    empty: dict[str, list[str]] = {}
    for row in rows:
        for unit in dict.fromkeys([row.unit, *row.co_units]):
            if unit not in staffed:
                empty.setdefault(unit, []).append(row.code)
        if row.assign == AssignTo.NAMED and row.assignee not in here:
            yield Finding(Kind.NOBODY, "named_gone", (row.code,), (row.unit,), (row.assignee or "",))
    for unit, codes in empty.items():
        yield Finding(Kind.NOBODY, "unit_empty", tuple(codes), (unit,))
    if not any(one.role is Role.DISPATCHER for one in here.values()):
        yield Finding(Kind.NOBODY, "no_dispatcher", units=(tables.desk,))


def _endless(tables: Tables) -> Iterator[Finding]:
    """Units that stand above themselves, and chains upwards that end with nobody answerable for the whole town."""
    units, areas = {unit.code: unit for unit in tables.units}, {area.code: area for area in tables.areas}
    seen = set[str]()
    for code in units:
        above = [code]
        while (parent := units[above[-1]].parent) in units and parent is not None and parent not in above:
            above.append(parent)
        if parent in above and parent not in seen:
            loop = above[above.index(parent) :]
            seen.update(loop)
            yield Finding(Kind.ENDLESS, "loop", units=tuple(loop))
    tops = {one.code for one in tables.people if one.active and one.role is Role.SUPERVISOR}
    loose = [
        unit.code
        for unit in tables.units
        if not tops & {*chain(None, unit.code, tables.people, areas, areas[unit.area].path, units=units)}
    ]
    if loose:
        yield Finding(Kind.ENDLESS, "no_supervisor", units=tuple(loose))
