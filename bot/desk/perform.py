"""Does what the talk asked for, through the core, and says what came of it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from bot import filing
from bot.desk import away, binding, card, clearing, figures, lines, meanwhile, orders, roster, tasks, teaching
from bot.desk import effects as fx
from bot.desk.scene import Scene, first
from bot.desk.state import Pending
from bot.messages import Say
from bot.perform import attempt
from bot.texts import LOCALES
from bot.transactions import wake
from cases import queries, steps
from cases.behalf import How
from cases.errors import NotFound, Refusal, Stale
from models import Photo

LINES = frozenset(
    {
        "return", "ask", "relay", "reply", "send_back", "reject", "extend", "refuse_extension",
        "raise", "whistle", "co_answer", "co_decline", "co_waive", "false_alarm", "order", "answer_order",
        "note", "accuse", "exclude", "grant_exclusion", "refuse_exclusion", "uphold_appeal", "dismiss_appeal",
    }
)  # fmt: skip


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
            await meanwhile.stale(scene, effect, stale)
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
        ground=pending.ground,
        outcome=pending.outcome,
        photos=[UUID(photo) for photo in pending.photos],
        unit=pending.unit,
        units=dict.fromkeys(pending.units, ""),
        assignee=pending.assignee,
        category=pending.category if pending.step == "assign" else None,
        days=pending.days,
        master=pending.master,
    )


async def _count(scene: Scene, effect: fx.Count) -> None:
    """One line for all photos of a question."""
    if scene.state.counter is None:
        scene.state.counter = first(await scene.say(effect.say))
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


async def _away(scene: Scene, effect: fx.Away) -> None:
    await scene.say(await away.shown(scene.session, scene.reader, scene.person))


async def _leave(scene: Scene, effect: fx.Leave) -> None:
    said = await away.leave(scene.session, scene.reader, scene.person, effect.until, effect.cover)
    wake(scene.session, "staff")
    await scene.say(said)


async def _back(scene: Scene, effect: fx.Back) -> None:
    await scene.say(await away.back(scene.session, scene.reader, scene.person))


async def _orders(scene: Scene, effect: fx.Orders) -> None:
    await scene.say(await orders.listed(scene.session, scene.reader, scene.person))


async def _clearing(scene: Scene, effect: fx.Clearing) -> None:
    await scene.say(await clearing.listed(scene.session, scene.reader, scene.person))


async def _rates(scene: Scene, effect: fx.Rates) -> None:
    await scene.say(await figures.shown(scene.session, scene.reader, scene.person))


async def _hand_over(scene: Scene, effect: fx.HandOver) -> None:
    await scene.say(await roster.hand_over(scene.session, scene.reader, scene.person, effect.pending))


async def _file_new(scene: Scene, effect: fx.FileNew) -> None:
    assert scene.senses is not None, "the door hands them in"
    photos = [UUID(photo) for photo in effect.photos]
    asked = filing.Asked(key=f"bot:{effect.key}", how=How(effect.how), text=effect.text, photos=photos)
    reader = scene.reader
    receipt = await filing.file(
        scene.session, scene.senses, reader.wording.keys, scene.person, asked, reader.locale, scene.now
    )
    wake(scene.session, "staff")
    await scene.say(Say("task.filed", receipt.args, number=receipt.case.number), case=receipt.case.id)


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


async def _watch(scene: Scene, effect: fx.Watch) -> None:
    await scene.say(await teaching.watches(scene.session, scene.person, effect.version, scene.now))


async def _roll_back(scene: Scene, effect: fx.RollBack) -> None:
    await scene.say(await teaching.rolled_back(scene.learning, scene.session, scene.person, scene.now))


PERFORM: Mapping[type, Callable[[Scene, Any], Awaitable[None]]] = {
    fx.Take: _take,
    fx.HandOver: _hand_over,
    fx.TakeOver: _take_over,
    fx.FileNew: _file_new,
    fx.Count: _count,
    fx.Toast: _toast,
    fx.Old: meanwhile.old,
    fx.Open: _open,
    fx.Where: _where,
    fx.Pictures: _pictures,
    fx.Tasks: _tasks,
    fx.Duty: _duty,
    fx.Away: _away,
    fx.Leave: _leave,
    fx.Back: _back,
    fx.Orders: _orders,
    fx.Rates: _rates,
    fx.Clearing: _clearing,
    fx.Speak: _speak,
    fx.Release: _release,
    fx.Train: _train,
    fx.Models: _models,
    fx.Promote: _promote,
    fx.Watch: _watch,
    fx.RollBack: _roll_back,
}
