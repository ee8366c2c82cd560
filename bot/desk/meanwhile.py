"""The case moved before somebody's step came: who did it, how it stands now, and what they wrote is not lost."""

from sqlmodel import col, select

from bot.desk import asking
from bot.desk import effects as fx
from bot.desk.heard import Around
from bot.desk.scene import Scene
from bot.desk.state import Pending
from bot.messages import Say
from cases import access, queries, timeline
from cases.errors import NotFound, Stale
from models import Case, Event


async def stale(scene: Scene, effect: fx.Effect, found: Stale) -> None:
    """Somebody was faster. What was written is kept while the step can still be taken."""
    pending = effect.pending if isinstance(effect, fx.Take) else None
    if pending is None:
        await scene.say(Say(found.key, found.values))
        return
    case = await _mine(scene, pending.number)
    if case is None:
        await scene.say(Say("case.not_found", {"number": pending.number}))
        return
    still = {step.name for step in access.steps_for(scene.reader.book, scene.person, case, scene.now)}
    if pending.step in still and case.version != pending.version and (pending.text or pending.photos):
        await _once_more(scene, pending, case)
        return
    await _what_happened(scene, case, pending.step, pending.version, found)


async def _once_more(scene: Scene, pending: Pending, case: Case) -> None:
    """The case moved while they wrote: they see it as it is now, and decide."""
    pending.version, pending.asks = case.version, ["confirm"]
    scene.state.pending = pending
    scene.pressed = None
    await scene.show(case)
    await scene.say(Say("task.meanwhile", {"number": case.number}))
    around = Around(scene.person, scene.reader.book, case)
    await scene.say(asking.question(pending, around))


async def old(scene: Scene, effect: fx.Old) -> None:
    case = await queries.case_for(scene.session, scene.reader.book, scene.person, effect.number)
    await _what_happened(scene, case, effect.step, effect.version, Stale("step.stale", number=case.number))


async def _what_happened(scene: Scene, case: Case, step: str, version: int, found: Stale) -> None:
    """这一步已由王兴在 10:32 办过了，最新情况如下 — and the card anew."""
    done = select(Event).where(*timeline.of(case), Event.kind == step, col(Event.seq) > version)
    event = (await scene.session.exec(done.order_by(col(Event.seq)).limit(1))).first()
    if event is None:
        said = Say(found.key, found.values)
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
