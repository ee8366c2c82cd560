"""Does what the talk asked for, through the core, and says what came of it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.desk import asking, binding, card, cards, lines, roster, tasks, teaching
from bot.desk import effects as fx
from bot.desk.card import Reader
from bot.desk.heard import Around
from bot.desk.state import Pending, State
from bot.messages import Say
from bot.perform import attempt
from bot.texts import LOCALES
from bot.transactions import wake
from cases import access, queries, steps
from cases.errors import NotFound, Refusal, Stale
from cases.learning import Learning
from models import Case, DeskChat, DeskMessage, Event, Person, Photo

LINES = frozenset({"return", "ask", "relay", "reply", "send_back", "reject", "extend", "refuse_extension"})


@dataclass
class Scene:
    """All that performing an effect needs. `pressed` is the question whose button it was: what is said replaces it."""

    session: AsyncSession
    reader: Reader
    chat: DeskChat
    person: Person
    key: str
    state: State
    learning: Learning | None = None
    pressed: DeskMessage | None = None
    toast: str = ""
    said: int = 0
    released: bool = False

    @property
    def now(self) -> datetime:
        return self.reader.now

    async def say(self, say: Say, *, case: UUID | None = None) -> DeskMessage:
        """The first line after a press takes the place of the question; the others are new."""
        edits, self.pressed = _first(self.pressed) if self.pressed and not say.photos else None, None
        self.said += 1
        key = f"re:{self.key}:{self.said}"
        return await lines.said(self.session, self.chat, say, key, self.now, case=case, edits=edits)

    async def show(self, case: Case) -> None:
        """The case as a new card."""
        self.said += 1
        await cards.open_card(self.session, self.chat, case.id, f"re:{self.key}:{self.said}", self.now)

    def toasts(self, key: str, **args: Any) -> None:
        self.toast = self.reader.word(key, **args)


async def perform(scene: Scene, effects: Sequence[fx.Effect]) -> None:
    """In order; a refusal ends the turn with its reason and leaves nothing behind."""
    for effect in effects:
        try:
            if isinstance(effect, Say):
                await scene.say(effect)
            else:
                async with attempt(scene.session):
                    await PERFORM[type(effect)](scene, effect)
        except Stale as stale:
            await _stale(scene, effect, stale)
            break
        except Refusal as refusal:
            await scene.say(Say(refusal.key, refusal.values))
            break


async def _take(scene: Scene, effect: fx.Take) -> None:
    pending, s, book = effect.pending, scene.session, scene.reader.book
    case = await queries.case_for(s, book, scene.person, pending.number)
    if not await steps.take(s, book, case, scene.person, _asked(pending), scene.now):
        scene.toasts("task.answered")
        return
    wake(s, "staff")
    wake(s, f"chat:{case.resident}")
    args = {"number": case.number, "assignee": case.assignee or "", "unit": case.unit or ""}
    if scene.pressed is None and pending.step not in LINES:
        scene.toasts(f"task.done.{pending.step}", **args)
    else:
        await scene.say(Say(f"task.done.{pending.step}", args, number=case.number), case=case.id)


def _asked(pending: Pending) -> steps.Asked:
    return steps.Asked(
        key=f"bot:{pending.key}",
        step=pending.step,
        version=pending.version,
        text=pending.text,
        reason=pending.reason,
        outcome=pending.outcome,
        photos=[UUID(photo) for photo in pending.photos],
        unit=pending.unit,
        assignee=pending.assignee,
        category=pending.category if pending.step == "assign" else None,
        days=pending.days,
    )


async def _stale(scene: Scene, effect: fx.Effect, stale: Stale) -> None:
    """Somebody was faster. What was written is kept while the step can still be taken."""
    pending = effect.pending if isinstance(effect, fx.Take) else None
    if pending is None:
        await scene.say(Say(stale.key, stale.values))
        return
    case = await _mine(scene, pending.number)
    if case is None:
        await scene.say(Say("case.not_found", {"number": pending.number}))
        return
    still = {step.name for step in access.steps_for(scene.reader.book, scene.person, case, scene.now)}
    if pending.step in still and case.version != pending.version and (pending.text or pending.photos):
        await _once_more(scene, pending, case)
        return
    await _what_happened(scene, case, pending.step, pending.version, stale)


async def _once_more(scene: Scene, pending: Pending, case: Case) -> None:
    """The case moved while they wrote: they see it as it is now, and decide."""
    pending.version, pending.asks = case.version, ["confirm"]
    scene.state.pending = pending
    scene.pressed = None
    await scene.show(case)
    await scene.say(Say("task.meanwhile", {"number": case.number}))
    around = Around(scene.person, scene.reader.book, case)
    await scene.say(asking.question(pending, around))


async def _old(scene: Scene, effect: fx.Old) -> None:
    case = await queries.case_for(scene.session, scene.reader.book, scene.person, effect.number)
    await _what_happened(scene, case, effect.step, effect.version, Stale("step.stale", number=case.number))


async def _what_happened(scene: Scene, case: Case, step: str, version: int, stale: Stale) -> None:
    """这一步已由王兴在 10:32 办过了，最新情况如下 — and the card anew."""
    done = select(Event).where(Event.case_id == case.id, Event.kind == step, col(Event.seq) > version)
    event = (await scene.session.exec(done.order_by(col(Event.seq)).limit(1))).first()
    if event is None:
        said = Say(stale.key, stale.values)
    elif event.actor == scene.person.code:
        said = Say("task.yours_already", {"number": case.number, "at": event.at.isoformat()})
    else:
        who = (await queries.people(scene.session, {event.actor})).get(event.actor, "")
        said = Say("task.somebody_did", {"number": case.number, "name": who, "at": event.at.isoformat()})
    scene.toasts(said.key, **said.args)
    await scene.say(said, case=case.id)
    await scene.show(case)


async def _mine(scene: Scene, number: str) -> Case | None:
    try:
        return await queries.case_for(scene.session, scene.reader.book, scene.person, number)
    except NotFound:
        return None


async def _count(scene: Scene, effect: fx.Count) -> None:
    """One line for all photos of a question."""
    if scene.state.counter is None:
        scene.state.counter = (await scene.say(effect.say)).id
        return
    scene.said += 1
    key = f"re:{scene.key}:{scene.said}"
    await lines.said(scene.session, scene.chat, effect.say, key, scene.now, edits=scene.state.counter, quiet=True)


async def _toast(scene: Scene, effect: fx.Toast) -> None:
    scene.toasts(effect.key)


async def _open(scene: Scene, effect: fx.Open) -> None:
    await scene.show(await queries.case_for(scene.session, scene.reader.book, scene.person, effect.number))


async def _where(scene: Scene, effect: fx.Where) -> None:
    """A link that opens a map: on a telephone, the one that leads there."""
    case = await queries.case_for(scene.session, scene.reader.book, scene.person, effect.number)
    found, place = card.point(scene.reader.book, case), scene.reader.book.places.get(case.place or "")
    if found is None:
        raise NotFound("task.no_point", number=case.number)
    lon, lat = found
    args = {"number": case.number, "place": card.where(scene.reader, case), "address": place.address if place else ""}
    await scene.say(Say("task.where", {**args, "lon": f"{lon:.6f}", "lat": f"{lat:.6f}"}, number=case.number))


async def _pictures(scene: Scene, effect: fx.Pictures) -> None:
    case = await queries.case_for(scene.session, scene.reader.book, scene.person, effect.number)
    theirs = (
        select(Photo.id).where(Photo.case_id == case.id, Photo.kind == "photo").order_by(col(Photo.at), col(Photo.id))
    )
    photos = [str(id_) for id_ in (await scene.session.exec(theirs)).all()]
    say = Say("task.pictures", {"number": case.number, "count": len(photos)}, photos=photos, number=case.number)
    await scene.say(say, case=case.id)


async def _tasks(scene: Scene, effect: fx.Tasks) -> None:
    await scene.say(await tasks.listed(scene.session, scene.reader, scene.person, effect.page))


async def _duty(scene: Scene, effect: fx.Duty) -> None:
    await scene.say(await roster.shown(scene.session, scene.reader, scene.person))


async def _hand_over(scene: Scene, effect: fx.HandOver) -> None:
    await scene.say(await roster.hand_over(scene.session, scene.reader, scene.person, effect.pending))


async def _take_over(scene: Scene, effect: fx.TakeOver) -> None:
    await scene.say(await roster.accept(scene.session, scene.reader, scene.person, effect.handover))


async def _speak(scene: Scene, effect: fx.Speak) -> None:
    assert effect.locale in LOCALES, "from one of our own buttons"
    scene.chat.locale = effect.locale


async def _release(scene: Scene, effect: fx.Release) -> None:
    session, chat = scene.session, scene.chat
    scene.released = True
    await binding.release(session, chat, scene.now)
    await lines.to_stranger(
        session, chat.channel, chat.address, "task.released", chat.locale, f"re:{scene.key}:bye", scene.now
    )


async def _train(scene: Scene, effect: fx.Train) -> None:
    await scene.say(await teaching.begun(scene.learning, scene.session, scene.person, scene.now))


async def _models(scene: Scene, effect: fx.Models) -> None:
    await scene.say(await teaching.listed(scene.learning, scene.session, scene.person))


async def _promote(scene: Scene, effect: fx.Promote) -> None:
    await scene.say(
        await teaching.promoted(
            scene.learning, scene.session, scene.person, effect.version, scene.now, knowingly=effect.knowingly
        )
    )


async def _roll_back(scene: Scene, effect: fx.RollBack) -> None:
    await scene.say(await teaching.rolled_back(scene.learning, scene.session, scene.person, scene.now))


def _first(row: DeskMessage) -> int | None:
    """An edited line is edited where it stands."""
    return row.edits or row.id


PERFORM: Mapping[type, Callable[[Scene, Any], Awaitable[None]]] = {
    fx.Take: _take,
    fx.HandOver: _hand_over,
    fx.TakeOver: _take_over,
    fx.Count: _count,
    fx.Toast: _toast,
    fx.Old: _old,
    fx.Open: _open,
    fx.Where: _where,
    fx.Pictures: _pictures,
    fx.Tasks: _tasks,
    fx.Duty: _duty,
    fx.Speak: _speak,
    fx.Release: _release,
    fx.Train: _train,
    fx.Models: _models,
    fx.Promote: _promote,
    fx.RollBack: _roll_back,
}
