"""How the learning commands show versions: tables for a terminal."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import RenderableType
from rich.table import Table

from app.terminal import LANGUAGE, at
from bot.texts import say
from cases.gate import points
from cases.learning import State
from models import ModelVersion

EXCERPT = 40
SIDES = 20


def trained(row: ModelVersion, failing: Sequence[Sequence[Any]]) -> list[RenderableType]:
    """A training's end: what it reached and what the gate says of it."""
    if row.report["state"] != State.READY:
        return [f"{row.version}: nothing came of it ({row.report.get('failure', 'still running')})"]
    learned = row.report["learned"]
    return [
        f"{row.version}: {learned['messages']} messages, {learned['lessons']} lessons of cases",
        f"accuracy {_share(row.report['figures'].get('accuracy'))} on messages it had not seen",
        *(say(key, LANGUAGE, **args) for key, args in failing),
        f"next: python -m app compare OLD {row.version}; python -m app promote {row.version} --by SOMEBODY-ELSE",
    ]


def models(rows: Sequence[ModelVersion], used: str | None) -> Table:
    table = _table("version", "state", "trained by", "when", "accuracy", "gate", "in use")
    for row in rows:
        report = row.report
        marks = (_share(report.get("figures", {}).get("accuracy")), _gate(report))
        state = f"failed: {report['failure']}" if "failure" in report else str(report.get("state", State.READY))
        mark = "yes" if row.version == used else ""
        table.add_row(row.version, state, row.trained_by or "–", at(row.trained_at), *marks, mark)
    return table


def references(old: ModelVersion, new: ModelVersion) -> set[str]:
    """What the report names without telling it."""
    found = new.report.get("comparison", {}) if new.report.get("old") == old.version else {}
    return {one[0] for side in ("lost", "gained") for one in found.get(side, [])[:SIDES]}


def compared(old: ModelVersion, new: ModelVersion, names: Mapping[str, str]) -> list[RenderableType]:
    """Side by side when the new one was compared with the old one; otherwise what each reached by itself."""
    both = _table("", old.version, new.version)
    for name in sorted(old.report.get("figures", {}).keys() & new.report.get("figures", {}).keys()):
        both.add_row(name, *(_share(row.report["figures"][name]) for row in (old, new)))
    if new.report.get("old") != old.version or "beside" not in new.report:
        return [both, _departments(_by_themselves(old, new)), f"{new.version} was not compared with {old.version}"]
    found = new.report["comparison"]
    for precision, pair in found["coverage"].items():
        both.add_row(f"coverage at {precision}", *map(_share, pair))
    both.add_row("calibration error", *(_share(one["ece"]) for one in found["calibration"]))
    for name, unit in (("texts_per_second", ""), ("disk", " bytes"), ("memory", " bytes")):
        both.add_row(name, *(f"{one[name]:,}{unit}" if one else "–" for one in new.report["cost"]))
    lower, seen, upper = new.report["beside"]["difference"]["accuracy"]
    return [
        both,
        f"over {new.report['beside']['messages']} messages neither had seen: {points(seen)} points of accuracy"
        f" (between {points(lower)} and {points(upper)})",
        _departments(new.report["beside"]["departments"]),
        f"{found['changed']} change sides",
        *_sides("right before, wrong now", found["lost"], names),
        *_sides("wrong before, right now", found["gained"], names),
    ]


def _by_themselves(old: ModelVersion, new: ModelVersion) -> list[dict[str, Any]]:
    """Each one's own figures, on much the same messages."""
    rows = [
        {row["label"]: row for row in version.report.get("beside", {}).get("departments", [])} for version in (old, new)
    ]
    return [
        {"label": label, "n": rows[1][label]["n"]}
        | {name: [rows[0][label][name][1], rows[1][label][name][1]] for name in ("precision", "recall")}
        for label in rows[1]
        if label in rows[0]
    ]


def _departments(rows: Sequence[Mapping[str, Any]]) -> RenderableType:
    if not rows:
        return "no figures by department"
    table = _table("department", "n", "precision", "", "recall", "", "")
    for row in rows:
        change = points(row["recall"][1] - row["recall"][0])
        table.add_row(row["label"], str(row["n"]), *map(_share, [*row["precision"], *row["recall"]]), change)
    return table


def _sides(title: str, sides: Sequence[Sequence[str]], names: Mapping[str, str]) -> list[RenderableType]:
    if not sides:
        return []
    table = _table(title, "right", "said before", "says now")
    for name, right, before, after in sides[:SIDES]:
        text = names.get(name, name)
        table.add_row(text if len(text) <= EXCERPT else f"{text[:EXCERPT]}…", right, before, after)
    return [table, f"{len(sides)} kept, {min(len(sides), SIDES)} shown"]


def _gate(report: Mapping[str, Any]) -> str:
    gate = report.get("gate")
    if not gate:
        return "–"
    if not gate["passed"]:
        return f"refused: {', '.join(gate['against'])}"
    return f"asks: {', '.join(gate['ask'])}" if gate["ask"] else "passed"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in columns:
        table.add_column(name, overflow="fold")
    return table
