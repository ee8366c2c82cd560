"""A version beside the one it was compared with, and how the model does at work: to look at, with the steps beside."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from cases import access, drift, learning, live_figures, shadow, shadow_report
from cases.errors import NotFound
from cases.gate import Attempt
from cases.learning import State
from cases.masking import redact
from models import Case, ModelVersion, Role
from web.console import learning_view as view
from web.console.lately import lately
from web.console.learning import Here, kept_of, moment
from web.console.shell import Console

MISTAKES = 20
MINUTE, WEEK = timedelta(minutes=1), timedelta(weeks=1)

router = APIRouter()


@router.get("/console/learning/work", response_model=None)
async def at_work(here: Here) -> Response:
    """Live accuracy, corrections by department, and weeks unlike those before."""
    async with here.parts.transactions.read() as session:
        live = await lately(here, "live", MINUTE, lambda: live_figures.live(session, here.now))
        # weeks that are over stay as they were: each is held to what its own Monday knew
        until = drift.monday(here.now)
        weeks = await lately(here, f"weeks until {until}", WEEK, lambda: drift.weeks(session, here.now))
        found = await drift.past(session, weeks)
    names = {name: here.say(key) for name, key in LINES.items()}
    return here.show(
        "learning_work",
        tab="work",
        live=live,
        accuracy=view.accuracy(live, [here.say("console.learning.accuracy"), here.say("console.learning.corrected")]),
        weeks=weeks,
        drifts=view.drifts(weeks, found, names),
        judged=bool(found),
        least=drift.LEAST_WEEKS,
        least_cases=drift.LEAST_CASES,
    )


LINES = {
    "value": "console.learning.line_value",
    "lower": "console.learning.line_lower",
    "upper": "console.learning.line_upper",
    "outside": "console.learning.line_outside",
}


@router.get("/console/learning/{version}", response_model=None)
async def one_version(version: str, here: Here) -> Response:
    async with here.parts.transactions.read() as session:
        row = await session.get(ModelVersion, version)
        if row is None:
            raise NotFound("learning.unknown", version=version)
        used = view.used(await learning.headings(session))
        sides = await _sides(session, here, row)
        watched = await shadow_report.report(session, version) if row.report.get("shadow") else None
    current = used[0].version if used else None
    admin = here.person.role is Role.ADMIN
    attempt = Attempt(row.report, row.trained_by, here.person.code if admin else None, current)
    ready = row.report.get("state") == State.READY
    checks = view.tested(attempt) if ready else []
    return here.show(
        "learning_version",
        tab="learning",
        row=row,
        report=row.report,
        ready=ready,
        current=current,
        old=row.report.get("old"),
        kept=(await kept_of(here.parts, [row])).get(version),
        checks=checks,
        tally=view.tally(checks),
        figures=view.figures(row.report),
        departments=view.departments(row.report),
        pairs=view.pairs(row.report),
        matrices=view.matrices(row.report),
        calibration=_calibration(here, row),
        sides=sides,
        shown=view.SIDES,
        watched=watched,
        watching=shadow.watches(row),
        mistakes=watched.mistakes[:MISTAKES] if watched else [],
        days=shadow.DAYS,
        most_days=shadow.MOST_DAYS,
        admin=admin,
        moment=moment,
    )


def _calibration(here: Console, row: ModelVersion) -> Any:
    names = [row.report.get("old") or here.say("console.learning.before"), row.version]
    return view.calibration(row.report, names, here.say("console.learning.exact"))


async def _sides(session: AsyncSession, here: Console, row: ModelVersion) -> dict[str, Sequence[dict[str, Any]]]:
    """Of the texts that change sides: those right now, those wrong now, each with its words or its case's."""
    found = row.report.get("comparison") or {}
    lists: dict[str, list[list[str]]] = {side: found.get(side, []) for side in ("gained", "lost")}
    names = {one[0] for rows in lists.values() for one in rows}
    ours = await here.parts.models.texts(names)
    ids = [UUID(name) for name in names if not name.startswith("text:")]
    chosen = select(Case.id, Case.number, Case.text).where(col(Case.id).in_(ids), access.sees(here.person))
    cases = {str(id_): (number, redact(said)) for id_, number, said in (await session.exec(chosen)).all()}
    return {
        side: [
            {"right": right, "before": before, "now": now}
            | dict(zip(("number", "text"), cases.get(name, ("", ours.get(name, ""))), strict=True))
            for name, right, before, now in rows
        ]
        for side, rows in lists.items()
    }
