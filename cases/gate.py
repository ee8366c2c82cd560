"""What a version must pass before it decides anything: a table of named checks, and what each says when it fails.

A check sees the version's report and who promotes it. Some forbid; others ask the second person to say that they know.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

WORSE = 0.005
"""How much accuracy the new one may lose at worst (lower bound of a paired bootstrap, one side, 5%).

With our corpus and 300 lessons more the two differ on one message in 140, of 6,200 judged, and the bound is −0.001.
Half a point lets five times that pass, and is less than anybody would notice.
"""

RECALL = 0.02
"""No department's recall may fall by more than this …"""

ENOUGH = 50
"""… where there are so many messages of it that one of them is no more than the fall that is looked for …"""

CHANCE = 1.645
"""… and it lost more messages than it won beyond what chance explains with 5% (sign test, one side)."""

AGREEMENT = 0.95
"""Below this share of the last cases on which old and new model agree, whoever promotes has to say that they know."""

ROUTED = 0.10
"""So they have when the share that goes to a desk without a question would change by more than this."""

SHOWN = 8
"""Departments or words named in a refusal."""


@dataclass(frozen=True)
class Attempt:
    """A version that somebody wants to put to use."""

    report: Mapping[str, Any]
    trained_by: str | None = None
    by: str | None = None  # None: nobody yet, as when the training ends
    in_use: str | None = None


Fails = Callable[[Attempt], bool]
Tells = Callable[[Attempt], dict[str, Any]]


def nothing(attempt: Attempt) -> dict[str, Any]:
    return {}


@dataclass(frozen=True)
class Check:
    """`name` is the text's key under `learning.check`, `tells` fills its holes. `forbids`: no word overcomes it."""

    name: str
    fails: Fails
    tells: Tells = nothing
    forbids: bool = True


def failed(attempt: Attempt) -> Sequence[Check]:
    """All that fail, in the table's order."""
    return [check for check in CHECKS if check.fails(attempt)]


def outcome(report: Mapping[str, Any]) -> dict[str, Any]:
    """{"passed", "against": what forbids it, "ask": what the second person must know}, whoever that will be."""
    checks = failed(Attempt(report))
    against = [check.name for check in checks if check.forbids]
    return {"passed": not against, "against": against, "ask": [c.name for c in checks if not c.forbids]}


def _second_person(attempt: Attempt) -> bool:
    return attempt.by is not None and attempt.by == attempt.trained_by


def _worse(attempt: Attempt) -> bool:
    beside = attempt.report.get("beside")
    return bool(beside and beside["difference"]["accuracy"][0] < -WORSE)


def _worse_by(attempt: Attempt) -> dict[str, Any]:
    lower, seen, _ = attempt.report["beside"]["difference"]["accuracy"]
    return {"seen": points(seen), "lower": points(lower), "most": points(-WORSE)}


def _sinking(attempt: Attempt) -> list[Mapping[str, Any]]:
    """Departments whose recall fell too far."""
    rows = (attempt.report.get("beside") or {}).get("departments", [])
    return [row for row in rows if row["n"] >= ENOUGH and _fell(row)]


def _fell(row: Mapping[str, Any]) -> bool:
    lost, won = row["only_old"], row["only_new"]
    return bool(lost - won > RECALL * row["n"] and lost - won > CHANCE * (lost + won) ** 0.5)


def _which(attempt: Attempt) -> dict[str, Any]:
    fell = [f"{row['label']} {points(row['recall'][1] - row['recall'][0])}" for row in _sinking(attempt)]
    return {"departments": _listed(fell)}


def _deaf(attempt: Attempt) -> bool:
    heard = attempt.report.get("canaries")
    return bool(heard and (heard["told"] < heard["words"] or heard["recall"] < 1.0))


def _heard(attempt: Attempt) -> dict[str, Any]:
    heard = attempt.report["canaries"]
    lost = round((1 - heard["recall"]) * heard["count"])
    return {"words": heard["words"] - heard["told"], "lost": lost}


def _words(attempt: Attempt, *, planted: bool) -> list[Mapping[str, Any]]:
    return [word for word in attempt.report.get("poison") or [] if word["planted"] is planted]


def _named(attempt: Attempt, *, planted: bool) -> dict[str, Any]:
    found = [f"“{w['word']}” → {w['label']} ({w['residents']})" for w in _words(attempt, planted=planted)]
    return {"found": _listed(found)}


def _disagrees(attempt: Attempt) -> bool:
    recent = attempt.report.get("agreement")
    return bool(recent and recent["share"] < AGREEMENT)


def _routes(attempt: Attempt) -> bool:
    recent = attempt.report.get("agreement")
    return bool(recent and abs(recent["routed"][1] - recent["routed"][0]) > ROUTED)


def _recent(attempt: Attempt) -> dict[str, Any]:
    recent = attempt.report["agreement"]
    percent, before, after = (round(100 * share) for share in (recent["share"], *recent["routed"]))
    return {"percent": percent, "before": before, "after": after}


def _elsewhere(attempt: Attempt) -> bool:
    """Compared with a version that is not the one it would replace."""
    compared = attempt.report.get("old")
    return compared is not None and attempt.in_use is not None and compared != attempt.in_use


def _compared_with(attempt: Attempt) -> dict[str, Any]:
    return {"old": attempt.report["old"], "used": attempt.in_use}


def points(share: float) -> str:
    """−0.4: a difference of shares in percentage points."""
    return f"{100 * share:+.1f}".replace("-", "−")


def _listed(names: Sequence[str]) -> str:
    return " · ".join(names[:SHOWN]) + (" …" if len(names) > SHOWN else "")


CHECKS = (
    Check("second_person", _second_person),
    Check("worse", _worse, _worse_by),
    Check("departments", lambda attempt: bool(_sinking(attempt)), _which),
    Check("canaries", _deaf, _heard),
    Check("planted", lambda a: bool(_words(a, planted=True)), lambda a: _named(a, planted=True)),
    Check("words", lambda a: bool(_words(a, planted=False)), lambda a: _named(a, planted=False), forbids=False),
    Check("agreement", _disagrees, _recent, forbids=False),
    Check("routed", _routes, _recent, forbids=False),
    Check("elsewhere", _elsewhere, _compared_with, forbids=False),
)
