"""What each check of the gate measured, beside its limit: for a page that shows passed ones too. Pure."""

from collections.abc import Callable, Mapping
from typing import Any

from cases.gate import AGREEMENT, ENOUGH, RECALL, ROUTED, WORSE, Attempt, points

Args = dict[str, Any]


def measured(name: str, attempt: Attempt) -> Args | None:
    """Fills the texts of a check's figure and limit; None where nothing was measured: there was no old model."""
    return FIGURES[name](attempt)


def _second_person(attempt: Attempt) -> Args:
    return {"who": attempt.trained_by or ""}


def _worse(attempt: Attempt) -> Args | None:
    beside = attempt.report.get("beside")
    if not beside:
        return None
    lower, seen, _ = beside["difference"]["accuracy"]
    return {"seen": points(seen), "lower": points(lower), "most": points(-WORSE)}


def _departments(attempt: Attempt) -> Args | None:
    rows = [row for row in (attempt.report.get("beside") or {}).get("departments", []) if row["n"] >= ENOUGH]
    if not rows:
        return None
    fell = min(rows, key=lambda row: float(row["recall"][1] - row["recall"][0]))
    change = points(fell["recall"][1] - fell["recall"][0])
    return {"department": fell["label"], "change": change, "most": f"{100 * RECALL:.0f}", "enough": ENOUGH}


def _canaries(attempt: Attempt) -> Args | None:
    heard = attempt.report.get("canaries")
    if not heard:
        return None
    known = round(heard["recall"] * heard["count"])
    return {"told": heard["told"], "words": heard["words"], "known": known, "count": heard["count"]}


def _words(attempt: Attempt, *, planted: bool) -> Args | None:
    words = attempt.report.get("poison")
    return None if words is None else {"found": sum(word["planted"] is planted for word in words)}


def _agreement(attempt: Attempt) -> Args | None:
    recent = attempt.report.get("agreement")
    if not recent:
        return None
    return {"cases": recent["cases"], "percent": round(100 * recent["share"]), "least": round(100 * AGREEMENT)}


def _routed(attempt: Attempt) -> Args | None:
    recent = attempt.report.get("agreement")
    if not recent:
        return None
    before, after = (round(100 * share) for share in recent["routed"])
    return {"before": before, "after": after, "most": round(100 * ROUTED)}


def _elsewhere(attempt: Attempt) -> Args | None:
    old = attempt.report.get("old")
    return {"old": old, "used": attempt.in_use} if old and attempt.in_use else None


FIGURES: Mapping[str, Callable[[Attempt], Args | None]] = {
    "second_person": _second_person,
    "worse": _worse,
    "departments": _departments,
    "canaries": _canaries,
    "planted": lambda attempt: _words(attempt, planted=True),
    "words": lambda attempt: _words(attempt, planted=False),
    "agreement": _agreement,
    "routed": _routed,
    "elsewhere": _elsewhere,
}
