"""Learning: what there is to learn from, training with its bar, the versions, promotion by a second admin.

What a version is beside the one in use, and how the model does at work, are pages of their own: learning_pages.py.
"""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter
from fastapi.responses import Response
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel, Field
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.live import woken
from bot.transactions import LEARNING, wake
from cases import at_hand, learning, shadow
from cases.at_hand import REFUSED, WAITS, AtHand, Standing
from cases.errors import Missing
from models import ModelVersion, Role
from web.console import learning_view as view
from web.console.lately import lately
from web.console.shell import Console, at
from web.parts import Parts

QUIET_SECONDS = 15.0
REASON = 500
COUNTED = timedelta(minutes=1)

router = APIRouter()
Here = Annotated[Console, at("learning")]


class Reason(BaseModel):
    why: str = Field(max_length=REASON)


class Promotion(BaseModel):
    knowingly: bool = False


class Days(BaseModel):
    days: int = Field(shadow.DAYS, ge=0, le=10_000)


@router.get("/console/learning", response_model=None)
async def overview(here: Here) -> Response:
    async with here.parts.transactions.read() as session:
        rows = await learning.headings(session)
        hand = await lately(here, "lessons at hand", COUNTED, lambda: at_hand.counted(session))
    used = view.used(rows)
    kept = await kept_of(here.parts, rows)
    corpus = await here.parts.models.corpus()
    return here.show(
        "learning",
        tab="learning",
        rows=rows,
        used=used,
        kept=kept,
        answers=here.parts.models.answers,
        training=next((row for row in rows if learning.running(row, here.now)), None),
        last=rows[0] if rows else None,
        hand=hand,
        hands=_departments(hand, corpus),
        corpus=sum(corpus.values()),
        refused=[(one, hand.of(one)) for one in REFUSED if hand.of(one)],
        waits=[(one, hand.of(one)) for one in WAITS if hand.of(one)],
        Standing=Standing,
        dropped=at_hand.dropped(rows),
        admin=here.person.role is Role.ADMIN,
        moment=moment,
    )


@router.get("/console/learning/stream", response_class=EventSourceResponse)
async def stream(here: Here) -> AsyncIterator[ServerSentEvent]:
    """How far the training is, at once and whenever that changes; with no training `version` is null."""
    with here.parts.live.subscribe(LEARNING) as news:
        while not here.parts.live.stopping:
            yield ServerSentEvent(data=await _progress(here.parts), event="training", retry=2000)
            if not await woken(news, QUIET_SECONDS):
                yield ServerSentEvent(comment="quiet")


@router.post("/console/learning/train")
async def train(here: Here) -> dict[str, str]:
    async with here.parts.transactions.begin() as session:
        row = await here.parts.learning.begin_training(session, here.person, here.now)
        _noted(here, session, "train", row.version)
    return {"said": here.say("console.learning.begun", version=row.version)}


@router.post("/console/learning/cancel")
async def cancel(here: Here) -> dict[str, str]:
    async with here.parts.transactions.begin() as session:
        row = await here.parts.learning.cancel_training(session, here.person, here.now)
        _noted(here, session, "cancel", row.version)
    return {"said": here.say("console.learning.cancelled", version=row.version)}


@router.post("/console/learning/rollback")
async def rollback(given: Reason, here: Here) -> dict[str, str]:
    why = given.why.strip()
    if not why:
        raise Missing("console.learning.why_needed")
    async with here.parts.transactions.begin() as session:
        was = await here.parts.learning.in_use(session)
        row = await here.parts.learning.rollback(session, here.person, here.now, why=why)
        before = {"in_use": was.version if was else None}
        _noted(here, session, "roll back", row.version, before=before, after={"in_use": row.version}, reason=why)
    return {"said": here.say("console.learning.rolled_back", version=row.version)}


@router.post("/console/learning/{version}/promote")
async def promote(version: str, given: Promotion, here: Here) -> dict[str, str]:
    async with here.parts.transactions.begin() as session:
        was = await here.parts.learning.in_use(session)
        before = {"in_use": was.version if was else None}
        row = await here.parts.learning.promote(session, version, here.person, here.now, knowingly=given.knowingly)
        _noted(here, session, "promote", row.version, before=before, after={"in_use": row.version})
    return {"said": here.say("console.learning.promoted", version=row.version)}


@router.post("/console/learning/{version}/shadow")
async def begin_shadow(version: str, given: Days, here: Here) -> dict[str, str]:
    async with here.parts.transactions.begin() as session:
        row = await shadow.begin(session, version, here.person, given.days, here.now)
        _noted(here, session, "watch", row.version, after={"days": given.days})
    return {"said": here.say("console.learning.watches", version=row.version)}


@router.post("/console/learning/{version}/shadow/stop")
async def stop_shadow(version: str, here: Here) -> dict[str, str]:
    async with here.parts.transactions.begin() as session:
        row = await shadow.stop(session, version, here.person, here.now)
        _noted(here, session, "stop watching", row.version)
    return {"said": here.say("console.learning.watched", version=row.version)}


async def kept_of(parts: Parts, rows: list[ModelVersion] | Any) -> dict[str, str]:
    """How the file of each version that has one is: "signed", or what is wrong with it."""
    marks = {row.version: row.report["fingerprint"] for row in rows if "fingerprint" in row.report}
    return dict(await parts.models.kept(marks))


def moment(iso: str) -> datetime:
    return datetime.fromisoformat(iso)


def _departments(hand: AtHand, corpus: dict[str, int] | Any) -> list[tuple[str, int, int, int]]:
    """(field, messages of ours, lessons, waiting), those with most lessons first."""
    names = hand.departments | set(corpus)
    rows = [(one, corpus.get(one, 0), hand.by(one, Standing.TEACHES), hand.by(one, *WAITS)) for one in names]
    return sorted(rows, key=lambda row: (-row[2], -row[1], row[0]))


def _noted(here: Console, session: AsyncSession, action: str, version: str, **more: Any) -> None:
    here.note(session, action, "model", version, **more)
    wake(session, LEARNING)


async def _progress(parts: Parts) -> dict[str, Any]:
    async with parts.transactions.read() as session:
        rows = await learning.headings(session)
    row = next((row for row in rows if learning.running(row, parts.now())), None)
    if row is None:
        return {"version": None, "mark": "|".join(f"{row.version}{row.promoted_at}" for row in rows[:3])}
    return {"version": row.version, **row.report["progress"]}
