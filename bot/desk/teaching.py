"""What admins do with the classifier from a chat: train, look, let watch, promote as the second person, roll back."""

from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.desk import lines
from bot.messages import Button, Say
from cases import shadow
from cases.errors import Missing, NotFound
from cases.gate import Attempt
from cases.learning import Failure, Learning, State, told
from models import DeskChat, DeskMessage, ModelVersion, Person

SHOWN = 6
TRAINING = "task.models.begun"  # the line whose later rows tell how far it is
STEPS_OF_PROGRESS = 10  # percent: fewer edits than a messenger minds


async def begun(learning: Learning | None, session: AsyncSession, person: Person, now: datetime) -> Say:
    row = await _here(learning).begin_training(session, person, now)
    return Say(TRAINING, {"version": row.version})


async def listed(learning: Learning | None, session: AsyncSession, person: Person) -> Say:
    here = _here(learning)
    rows, current = (await here.versions(session))[:SHOWN], await here.in_use(session)
    if not rows:
        return Say("task.models.none")
    used = current.version if current else ""
    ready = [row for row in rows if row.report.get("state") == State.READY and row.version != used]
    offered = [
        Button("promote", "task.button.promote", {"version": row.version}, {"version": row.version})
        for row in ready
        if row.promoted_at is None and row.trained_by != person.code
    ]
    offered += [
        Button("shadow", "task.button.shadow", {"version": row.version}, {"version": row.version})
        for row in ready
        if not shadow.watches(row)
    ]
    return Say("task.models.list", {"lines": [_line(row, used) for row in rows]}, offered)


async def promoted(
    learning: Learning | None,
    session: AsyncSession,
    person: Person,
    version: str,
    now: datetime,
    *,
    knowingly: bool,
) -> Say:
    """Asked once more where the new one decides otherwise than the old."""
    try:
        row = await _here(learning).promote(session, version, person, now, knowingly=knowingly)
    except Missing as why:
        anyway = Button("promote", "task.button.promote_anyway", payload={"version": version, "knowingly": True})
        return Say(why.key, why.values, (anyway,))
    return Say("task.models.promoted", {"version": row.version})


async def rolled_back(learning: Learning | None, session: AsyncSession, person: Person, now: datetime) -> Say:
    row = await _here(learning).rollback(session, person, now)
    return Say("task.models.rolled_back", {"version": row.version})


async def watches(session: AsyncSession, person: Person, version: str, now: datetime) -> Say:
    """The version reads new cases for a week, and nothing follows from it; how it did, `python -m app shadow` tells."""
    row = await shadow.begin(session, version, person, shadow.DAYS, now)
    return Say("task.models.watches", {"version": row.version, "until": row.report["shadow"]["until"]})


async def progress(session: AsyncSession, row: ModelVersion, now: datetime) -> None:
    """How far a training is, in the lines that told of its beginning; called within the transaction that knows."""
    say, mark = _progress(row)
    told = select(DeskMessage).where(DeskMessage.text_key == TRAINING, col(DeskMessage.edits).is_(None))
    for line in (await session.exec(told.where(col(DeskMessage.args)["version"].astext == row.version))).all():
        chat = await session.get(DeskChat, (line.channel, line.chat))
        if chat is not None and chat.person == line.person:
            await lines.said(session, chat, say, f"progress:{line.id}:{mark}", now, edits=line.id, quiet=True)


def _progress(row: ModelVersion) -> tuple[Say, str]:
    """The line, and what it is called: the same progress is told once."""
    state = row.report.get("state", "")
    if state == State.READY:
        gate = row.report.get("gate", {})
        key = "task.models.ready" if gate.get("passed") else "task.models.ready_but_worse"
        return Say(key, {"version": row.version, "lines": told(Attempt(row.report))}), "ready"
    if state == State.FAILED:
        key = "task.models.cancelled" if _called_off(row) else "task.models.failed"
        return Say(key, {"version": row.version}), "failed"
    done = row.report["progress"]
    percent = int(done["fraction"] * 100) // STEPS_OF_PROGRESS * STEPS_OF_PROGRESS
    args = {"version": row.version, "percent": percent, "bar": _bar(percent)}
    return Say(f"task.models.stage.{done['stage']}", args), f"{done['stage']}:{percent}"


def _bar(percent: int) -> str:
    full = percent // STEPS_OF_PROGRESS
    return "▓" * full + "░" * (10 - full)


def _line(row: ModelVersion, used: str) -> tuple[str, dict[str, str]]:
    state = "in_use" if row.version == used else str(row.report.get("state", State.READY))
    args = {"version": row.version, "at": row.trained_at.isoformat()}
    if shadow.watches(row) and state == State.READY:
        return "task.models.state.watching", args | {"until": row.report["shadow"]["until"]}
    return f"task.models.state.{'cancelled' if _called_off(row) else state}", args


def _called_off(row: ModelVersion) -> bool:
    """By an admin: nothing went wrong."""
    return row.report.get("failure") == Failure.CANCELLED


def _here(learning: Learning | None) -> Learning:
    if learning is None:
        raise NotFound("task.models.not_here")
    return learning
