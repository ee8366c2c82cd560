"""A version's report as the learning page shows it: rows of a table, lines of a chart, cells of a heat table. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cases import gate
from cases.drift import Finding, Kind, Week
from cases.gate import Attempt, points
from cases.gate_figures import measured
from cases.live_figures import Live
from models import ModelVersion
from web import charts
from web.charts import LineChart

Report = Mapping[str, Any]
PAIRS = 12
SIDES = 10  # of those that changed, before the rest is unfolded
HEATS = 5
STEP = 0.04  # share of a row by which a cell gets hotter; below a quarter of it it stays cold
FEW = 10  # texts of a bin of confidence; fewer say nothing of calibration
NEITHER = "routed"  # more routed at once is a promise, not yet a merit
SMALLER_IS_BETTER = frozenset({"ece", "disk", "memory"})
NAMES = {"macro_f1": "macro", "top3": "three", "coverage_95": "coverage"}  # as their texts are called
COVERAGES = {"0.95": "coverage", "0.98": "coverage_strict"}
COSTS = {"texts_per_second": ("", 0.1), "disk": ("MB", 0.01), "memory": ("MB", 0.01)}  # unit, and its own noise
SHOWN = 0.0005  # of a share: a tenth of a point is shown
SHARES = ("accuracy", "macro_f1", "lessons_accuracy")


@dataclass(frozen=True)
class Figure:
    """One row beside the champion's: `name` ends a text's key, `unit` is % (shares of 1), MB or nothing."""

    name: str
    unit: str
    old: float | None
    new: float | None

    @property
    def better(self) -> str:
        """ "old", "new", "same", or nothing where there is nothing to compare."""
        if self.old is None or self.new is None or self.name == NEITHER:
            return ""
        if abs(self.new - self.old) < self._slack:
            return "same"
        return "new" if (self.new > self.old) is not (self.name in SMALLER_IS_BETTER) else "old"

    @property
    def _slack(self) -> float:
        """What is no difference: less than is shown of a share, and of a cost less than it varies by itself."""
        return SHOWN if self.unit == "%" else COSTS[self.name][1] * (self.old or 0)

    @property
    def change(self) -> str:
        if not self.old or self.new is None:
            return "–"
        if self.unit == "%":
            return points(self.new - self.old)
        return f"{100 * (self.new - self.old) / self.old:+.0f}%".replace("-", "−")


def figures(report: Report) -> list[Figure]:
    """All that was compared; of a version that was compared with none, what it reached by itself."""
    beside, found = report.get("beside"), report.get("comparison")
    if not beside or not found:
        return [Figure(NAMES.get(name, name), "%", None, value) for name, value in report.get("figures", {}).items()]
    shares = [name for name in SHARES if name != "lessons_accuracy" or beside["lessons"]]
    rows = [Figure(NAMES.get(name, name), "%", *beside[name]) for name in shares]
    rows += [Figure(COVERAGES[precision], "%", *pair) for precision, pair in found["coverage"].items()]
    rows.append(Figure("ece", "%", *(one["ece"] for one in found["calibration"])))
    rows += [Figure("routed", "%", *recent["routed"]) for recent in [report.get("agreement")] if recent]
    return rows + [Figure(name, unit, *_costs(report, name, unit)) for name, (unit, _) in COSTS.items()]


def _costs(report: Report, name: str, unit: str) -> list[float | None]:
    return [side[name] / (1_000_000 if unit else 1) if side else None for side in report["cost"]]


@dataclass(frozen=True)
class Tested:
    """A check of the gate: `state` is passed, against, ask or none (nothing was measured)."""

    name: str
    state: str
    args: Mapping[str, Any] | None
    told: Mapping[str, Any]  # fills the text of what fails


def tally(checks: Sequence[Tested]) -> dict[str, int]:
    """How many there are of each state."""
    return {state: sum(one.state == state for one in checks) for state in ("passed", "against", "ask", "none")}


def tested(attempt: Attempt) -> list[Tested]:
    fails = {check.name for check in gate.failed(attempt)}
    rows = []
    for check in gate.CHECKS:
        args, failed = measured(check.name, attempt), check.name in fails
        state = ("against" if check.forbids else "ask") if failed else "passed" if args is not None else "none"
        rows.append(Tested(check.name, state, args, check.tells(attempt) if failed else {}))
    return rows


@dataclass(frozen=True)
class Department:
    label: str
    n: int
    precision: tuple[float, float]
    recall: tuple[float, float]
    change: str  # of recall
    better: str  # "new", "old" or "same"


def departments(report: Report) -> list[Department]:
    """Those whose recall changed most first."""
    rows = (report.get("beside") or {}).get("departments", [])
    found = [
        Department(row["label"], row["n"], tuple(row["precision"]), tuple(row["recall"]), *_turn(*row["recall"]))
        for row in rows
    ]
    return sorted(found, key=lambda one: -abs(one.recall[1] - one.recall[0]))


def _turn(old: float, new: float) -> tuple[str, str]:
    return points(new - old), "same" if old == new else "new" if new > old else "old"


@dataclass(frozen=True)
class Confused:
    """Texts that belong to `right` and were given to `said`, by the old and by the new one."""

    right: str
    said: str
    old: int
    new: int


@dataclass(frozen=True)
class Matrix:
    """Rows are what is right, columns what was said, in the same order; a cell is (texts, heat 0…HEATS)."""

    labels: Sequence[str]
    rows: Sequence[tuple[str, Sequence[tuple[int, int]], int]]  # label, cells, texts in all


def pairs(report: Report) -> list[Confused]:
    """The most frequent mistakes of either, those of the new one first."""
    old, new = (_counts(side) for side in _confusion(report))
    wrong = {pair for pair in {*old, *new} if pair[0] != pair[1]}
    ranked = sorted(wrong, key=lambda pair: (-new.get(pair, 0), -old.get(pair, 0), pair))
    return [Confused(*pair, old.get(pair, 0), new.get(pair, 0)) for pair in ranked[:PAIRS]]


def matrices(report: Report) -> list[Matrix]:
    """The old one's and the new one's, with the departments that have most texts first."""
    return [_matrix(_counts(side)) for side in _confusion(report)]


def _matrix(counts: Mapping[tuple[str, str], int]) -> Matrix:
    totals: dict[str, int] = {}
    for (right, said), n in counts.items():
        totals[right] = totals.get(right, 0) + n
        totals.setdefault(said, 0)
    labels = sorted(totals, key=lambda label: (-totals[label], label))
    rows = [
        (right, [_cell(counts.get((right, said), 0), totals[right]) for said in labels], totals[right])
        for right in labels
    ]
    return Matrix(labels, rows)


def _cell(n: int, of: int) -> tuple[int, int]:
    share = n / of if of else 0.0
    return n, min(HEATS, 1 + int(share / STEP)) if share >= STEP / 4 else 0


def _confusion(report: Report) -> list[Sequence[Any]]:
    return (report.get("comparison") or {}).get("confusion") or [[], []]


def _counts(side: Iterable[Sequence[Any]]) -> dict[tuple[str, str], int]:
    return {(right, said): n for right, said, n in side}


def calibration(report: Report, names: Sequence[str], exact: str) -> LineChart | None:
    """How often each was right where it was so sure; `names` are the old one's and the new one's."""
    found = (report.get("comparison") or {}).get("calibration")
    if not found:
        return None
    sides = [{round(begins, 1): right for begins, n, _, right in side["curve"] if n >= FEW} for side in found]
    bins = [n / 10 for n in range(10) if any(n / 10 in side for side in sides)]
    if len(bins) < 2:
        return None
    series: dict[str, list[float | None]] = {exact: [begins + 0.05 for begins in bins]}
    series |= {name: [side.get(begins) for begins in bins] for name, side in zip(names, sides, strict=True)}
    labels = [f"{100 * begins:.0f}–{100 * begins + 10:.0f}%" for begins in bins]
    kinds = {exact: "guide", names[0]: "quiet", names[1]: "second"}
    return charts.lines(labels, series, kinds=kinds, unit="%", low=0, high=100, width=560, height=300)


def drifts(
    weeks: Sequence[Week], found: Sequence[Finding], names: Mapping[str, str]
) -> list[tuple[Kind, LineChart, list[Finding]]]:
    """For each figure its chart with the limits of each week, and the weeks outside. `names` of the lines."""
    labels = [f"{week.monday.month}/{week.monday.day}" for week in weeks]
    return [_drift(kind, weeks, labels, {one.week: one for one in found if one.kind is kind}, names) for kind in Kind]


def _drift(
    kind: Kind, weeks: Sequence[Week], labels: Sequence[str], judged: Mapping[Any, Finding], names: Mapping[str, str]
) -> tuple[Kind, LineChart, list[Finding]]:
    limits = [judged[week.monday].limits if week.monday in judged else None for week in weeks]
    outside = [one for one in judged.values() if one.outside]
    series = {
        names["value"]: [_share(week, kind) for week in weeks],
        names["lower"]: [one.lower if one else None for one in limits],
        names["upper"]: [one.upper if one else None for one in limits],
        names["outside"]: [one.value if (one := judged.get(w.monday)) and one.outside else None for w in weeks],
    }
    kinds = {names["lower"]: "guide", names["upper"]: "guide", names["outside"]: "second"}
    return kind, charts.lines(labels, series, kinds=kinds, unit="%", height=180), outside


def _share(week: Week, kind: Kind) -> float | None:
    if kind is Kind.NOVELTY:
        return week.novelty
    return week.count(kind) / week.cases if week.cases else None


def accuracy(live: Live, names: Sequence[str]) -> LineChart:
    """By week: how often it was right, how often it was corrected."""
    labels = [f"{week.month}/{week.day}" for week, _ in live.weeks]
    right, corrected = ([getattr(count, name) for _, count in live.weeks] for name in ("accuracy", "rate"))
    series = dict(zip(names, (right, corrected), strict=True))
    return charts.lines(labels, series, kinds={names[1]: "second"}, unit="%", low=0, high=100, width=560, height=240)


def used(rows: Sequence[ModelVersion]) -> list[ModelVersion]:
    """Those put to use and not taken back, the one in use first."""
    return sorted((row for row in rows if row.promoted_at), key=lambda row: str(row.promoted_at), reverse=True)
