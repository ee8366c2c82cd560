"""How the watching commands show what they found: tables for a terminal, in the town's time, naming nobody."""

from collections.abc import Iterable, Sequence

from rich.console import RenderableType
from rich.table import Table

from app.terminal import at, percent
from cases.drift import LEAST_CASES, LEAST_WEEKS, Finding, Kind, Week
from cases.masking import mask
from cases.review import Candidate
from cases.shadow_report import Mistake, Report
from classifiers import Prediction

EXCERPT = 48
MISTAKES = 40


def why(told: Prediction, parts: Iterable[tuple[str, float]]) -> str:
    """“城市管理 82% route: 油烟 +0.41 · 烧烤 +0.33 · 物业 −0.10”"""
    spoke = " · ".join(f"{word} {signed(weight)}" for word, weight in parts)
    return f"{told.label} {percent(told.confidence)} {told.action}: {spoke or 'no word it knows'}"


def signed(weight: float) -> str:
    return f"{'+' if weight >= 0 else '−'}{abs(weight):.2f}"


def of_shadow(found: Report) -> list[RenderableType]:
    ended = f"ended {at(found.ended)} ({found.why})" if found.ended else "watching"
    both = _table("", "in use", found.version)
    for action in ("route", "ask", "hold"):
        both.add_row(action, *(str(counts.get(action, 0)) for counts in found.actions))
    both.add_row("right, of those known", *(_share(n, found.known) for n in found.right))
    return [
        f"{found.version}: {at(found.since)} – {at(found.until)}, {ended}",
        f"{found.read} of {found.filed} cases read; agrees with the one in use on {_share(found.agreed, found.both)}",
        both,
        *_of_mistakes(found.mistakes),
    ]


def _of_mistakes(mistakes: Sequence[Mistake]) -> list[RenderableType]:
    if not mistakes:
        return ["no mistake known"]
    table = _table("case", "would", "it said", "sure", "right is", "in use said", "who knows")
    for one in mistakes[:MISTAKES]:
        knows = "clerk" if one.gold else "resident or outcome"
        table.add_row(one.number, one.action, one.said, percent(one.confidence), one.right, one.live or "–", knows)
    return [table, f"{len(mistakes)} mistakes, {min(len(mistakes), MISTAKES)} shown"]


def of_drift(weeks: Sequence[Week], found: Sequence[Finding]) -> list[RenderableType]:
    table = _table("week of", "cases", *Kind)
    for week in weeks:
        shares = (_share(week.count(kind), week.cases) for kind in Kind if kind is not Kind.NOVELTY)
        table.add_row(str(week.monday), str(week.cases), *shares, percent(week.novelty))
    if not found:
        return [
            table,
            f"nothing to compare: that takes {LEAST_WEEKS} weeks of {LEAST_CASES} cases before the last full one",
        ]
    return [table, *map(_of_finding, found)]


def _of_finding(one: Finding) -> str:
    usual = f"usual {100 * one.limits.lower:.1f}% to {100 * one.limits.upper:.1f}% by {one.weeks} weeks"
    return f"{'OUTSIDE' if one.outside else 'usual'}  {one.kind} {100 * one.value:.1f}%, {usual}"


def of_review(cases: Sequence[Candidate]) -> list[RenderableType]:
    if not cases:
        return ["nothing to review"]
    table = _table("case", "says", "or", "unsure", "alike", "copies", "text")
    for one in cases:
        text = mask(one.text).replace("\n", " ")
        shown = text if len(text) <= EXCERPT else f"{text[:EXCERPT]}…"
        counts = (percent(one.uncertainty), str(one.density), str(one.copies))
        table.add_row(one.number, one.label, one.second or "–", *counts, shown)
    return [table, "python -m app review label NUMBER CATEGORY --by PERSON"]


def _share(part: int, whole: int) -> str:
    return f"{percent(part / whole)} ({part} of {whole})" if whole else "–"


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in columns:
        table.add_column(name, overflow="fold")
    return table
