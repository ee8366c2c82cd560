"""How the commands about the rule table show what they found: tables for a terminal."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import RenderableType
from rich.table import Table

from app.terminal import at, percent
from cases.book import Book
from cases.replaying import Change, Tally
from routing.findings import Finding, Kind, Report

MANY = 6  # codes in one cell

TITLES: Mapping[Kind, str] = {
    Kind.BROKEN: "cannot be used",
    Kind.NEVER: "never decides",
    Kind.CONFLICT: "of equal rank: only their codes decide which of two units",
    Kind.NOBODY: "nobody there",
    Kind.ENDLESS: "no end to the chain upwards",
    Kind.GAP: "falls through to the catch-all",
}
REASONS: Mapping[str, str] = {
    "no_catch_all": "no row without conditions: some case will find no desk",
    "past": "its last day is over",
    "shadowed": "rows before it take everything",
    "after_refusal": "only when the units before it have refused",
    "named_gone": "the person it names is not here",
    "unit_empty": "no grid worker, clerk or leader works there",
    "no_dispatcher": "nobody there can dispatch by hand",
    "loop": "each stands above the other",
    "no_supervisor": "no supervisor at the top",
}


def of_check(report: Report) -> list[RenderableType]:
    if report.sound:
        return [f"{report.rules} rules, nothing to mend"]
    shown: list[RenderableType] = []
    for kind, title in TITLES.items():
        found = [one for one in report.findings if one.kind is kind]
        if found:
            shown += [f"\n{title} ({len(found)})", _gaps(found) if kind is Kind.GAP else _rows(found)]
    counts = ", ".join(f"{report.count(kind)} {kind}" for kind in Kind if report.count(kind))
    return [*shown, f"\n{report.rules} rules, to mend: {counts}"]


def _rows(found: Sequence[Finding]) -> Table:
    table = _table("rule", "because of", "unit", "person", "why")
    for one in found:
        cells = one.rules[:1], one.rules[1:], one.units, one.people
        table.add_row(*map(_codes, cells), REASONS.get(one.reason, one.reason))
    return table


def _gaps(found: Sequence[Finding]) -> Table:
    table = _table("category", "area", "when")
    for one in found:
        category = f"{one.category} and all its items" if one.whole else str(one.category)
        table.add_row(category, one.area or "place unknown", "–".join(one.window) if one.window else "all day")
    return table


def _codes(codes: Sequence[str]) -> str:
    more = f" and {len(codes) - MANY} more" if len(codes) > MANY else ""
    return " ".join(codes[:MANY]) + more


def of_trial(trial: Mapping[str, Any]) -> list[RenderableType]:
    said, person, due = trial["model"], trial["person"], trial["due"]
    told = (
        f"{said['item'] or said['says']} {percent(said['sure'])}, {said['does']} ({said['version']})" if said else "–"
    )
    table = _table("", "")
    table.add_row("model", told)
    table.add_row("place", " · ".join([*trial["area"], *([trial["place"]] if trial["place"] else [])]) or "unknown")
    for name, value in trial["facts"].items():
        if value not in (None, [], False) and name != "area_path":
            table.add_row(f"fact {name}", at(value) if name == "at" else str(value))
    held = "held for the dispatch desk"
    who = f"{trial['unit_name']} · {person['name']} ({person['code']}, {person['role']})" if person else held
    table.add_row("goes to", who)
    table.add_row("due", " · ".join(f"{name} {at(moment)}" for name, moment in due.items() if moment))
    return [table, trial["because"]]


def of_replay(tally: Tally, shown: Sequence[Change], book: Book) -> list[RenderableType]:
    sums = _table("unit", "", "before", "after", "")
    for unit in sorted({*tally.before, *tally.after}, key=lambda code: (-tally.before[code], code)):
        before, after = tally.before[unit], tally.after[unit]
        sums.add_row(
            unit, book.unit_name(unit), str(before), str(after), f"{after - before:+d}" if after != before else ""
        )
    if tally.held:
        sums.add_row("–", "no row fits", "0", str(tally.held), f"+{tally.held}")
    cases = _table("case", "rule", "unit", "then rule", "then unit")
    for one in shown:
        cases.add_row(one.number, one.rule, one.unit, one.new_rule or "–", one.new_unit or "–")
    end = f"{tally.changed} of {tally.cases} cases would go elsewhere"
    return [sums, *([cases] if shown else []), end + (f", {len(shown)} shown" if len(shown) < tally.changed else "")]


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=any(columns))
    for name in columns:
        table.add_column(name, overflow="fold")
    return table
