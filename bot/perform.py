"""Does what a flow asked for, through the core, and says what came of it."""

import base64
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, replace
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from bot import neighbours, numbered
from bot.flows import effects as fx
from bot.flows.danger import ALONE
from bot.flows.neighbours import AskScore
from bot.flows.progress import buttons_for, on_the_line
from bot.flows.state import Draft
from bot.messages import Button, Say
from bot.scene import Said, Scene
from bot.texts import say
from cases import exclusion, feedback, guide, intake, joining, sealed
from cases.actors import SYSTEM
from cases.errors import NotAllowed, NotFound, Refusal, Stale
from cases.intake import Complaint, Guess
from cases.lifecycle import told_args
from cases.notices import NEW_NOTICES
from classifiers.manner import manner
from models import OPEN, Case


async def perform(scene: Scene, effects: Sequence[fx.Effect]) -> Said:
    """In order; a refusal ends the turn with its reason and how things stand, and leaves nothing behind."""
    said: Said = []
    for effect in effects:
        if isinstance(effect, Say):
            said.append((effect, None))
            continue
        if isinstance(effect, REFUSES_NOTHING):
            said += await PERFORM[type(effect)](scene, effect)
            continue
        try:
            async with attempt(scene.session):
                said += await PERFORM[type(effect)](scene, effect)
        except Refusal as refusal:
            said.append((Say(refusal.key, refusal.values), None))
            said += await _as_it_stands(scene, effect)
            break
    return said


@asynccontextmanager
async def attempt(session: AsyncSession) -> AsyncIterator[None]:
    """A part that is undone by itself when refused, the notices it wanted sent included."""
    notices = session.info.setdefault(NEW_NOTICES, [])
    before = len(notices)
    try:
        async with session.begin_nested():
            yield
    except Refusal:
        del notices[before:]
        raise


async def _file(scene: Scene, effect: fx.File) -> Said:
    complaint = complaint_of(effect.draft)
    filed = await intake.file(scene.session, scene.book, scene.keys, scene.resident, complaint, scene.now)
    case = filed.case
    await _belongs(scene, case, effect.draft.numbers)
    code = base64.b64encode(scene.keys.seal(filed.code)).decode()
    args = {**_args(scene, case), "code": code}
    if case.danger:
        said = Say(_reported(case), args, (_receipt(case),), number=case.number)
        return [(said, case), *((_about(ask, case.number), case) for ask in effect.asks)]
    key = "filed.held" if case.assignee is None else "filed"
    buttons = (*_buttons(case), _receipt(case), Button("new", "button.new"))
    return [(Say(key, args, buttons, number=case.number), case)]


def _reported(case: Case) -> str:
    if case.danger in ALONE:
        return "reported.despair"
    return "reported.filed_at" if case.grid else "reported.filed"


def _about(asked: Say, number: str) -> Say:
    """What was asked before anybody knew the number."""
    buttons = [replace(button, payload={**button.payload, "number": number}) for button in asked.buttons]
    return replace(asked, buttons=buttons, number=number)


async def _join(scene: Scene, effect: fx.Join) -> Said:
    """Where it is over by now, theirs is filed after all."""
    draft, now = effect.draft, scene.now
    where = draft.model_dump(include={"place", "place_text", "grid", "lon", "lat"})
    try:
        case = await joining.join(
            scene.session, scene.book, effect.number, scene.resident, draft.text, draft.photos, where, now
        )
    except Stale as over:
        return [(Say(over.key, over.values), None), *await _file(scene, fx.File(draft))]
    await _belongs(scene, case, draft.numbers)
    args = _args(scene, case) | {"count": case.joined}
    return [(Say("join.done", args, (Button("new", "button.new"),), number=case.number), case)]


async def _show_joined(scene: Scene, effect: fx.ShowJoined) -> Said:
    found = await joining.theirs(scene.session, scene.resident.id)
    said: Said = []
    for case in reversed(found):
        args = _args(scene, case) | {"count": case.joined}
        said.append((Say("joined.status", args, number=case.number), case))
    return said or ([(Say("my.none"), None)] if effect.alone else [])


async def _supplement(scene: Scene, effect: fx.Supplement) -> Said:
    case = await _mine(scene, effect.number)
    await feedback.supplement(scene.session, scene.book, case, effect.text, effect.photos, scene.now)
    await _belongs(scene, case, effect.numbers)
    return _done(scene, case, "supplement.done")


async def _urgent(scene: Scene, effect: fx.Urgent) -> Said:
    case = await _mine(scene, effect.number)
    await feedback.supplement(scene.session, scene.book, case, effect.text, effect.photos, scene.now)
    await _belongs(scene, case, effect.numbers)
    return _still_urgent(scene, case, "reported.added")


async def _locate(scene: Scene, effect: fx.Locate) -> Said:
    case = await _mine(scene, effect.number)
    await feedback.locate(scene.session, scene.book, case, effect.where, effect.text, effect.photos, scene.now)
    await _belongs(scene, case, effect.numbers)
    return _still_urgent(scene, case, "reported.located" if case.ringing else "reported.located_answered")


async def _alarm(scene: Scene, effect: fx.Alarm) -> Said:
    case = await _mine(scene, effect.number)
    rings = await feedback.alarm(scene.session, scene.book, case, effect.kind, scene.now)
    return [(Say("reported.rings", {"number": case.number}, number=case.number), case)] if rings else []


def _still_urgent(scene: Scene, case: Case, key: str) -> Said:
    return [(Say(key, _args(scene, case), (Button("new", "button.new"),), number=case.number), case)]


async def _answer(scene: Scene, effect: fx.Answer) -> Said:
    case = await _mine(scene, effect.number)
    text = effect.text or "·"  # a photo alone is an answer too
    await feedback.answer(scene.session, scene.book, case, text, effect.photos, scene.now)
    await _belongs(scene, case, effect.numbers)
    return _done(scene, case, "answer.done")


async def _relay_back(scene: Scene, effect: fx.RelayBack) -> Said:
    case = await _mine(scene, effect.number)
    await feedback.relay_back(scene.session, scene.book, case, effect.text or "·", effect.photos, scene.now)
    await _belongs(scene, case, effect.numbers)
    return [(Say("relay_back.done", _args(scene, case), on_the_line(case.number), number=case.number), case)]


async def _hang_up(scene: Scene, effect: fx.HangUp) -> Said:
    case = await _mine(scene, effect.number)
    await feedback.hang_up(scene.session, scene.book, case, scene.now)
    return _done(scene, case, "hang_up.done")


async def _correct(scene: Scene, effect: fx.Correct) -> Said:
    case = await _mine(scene, effect.number)
    text = say("edit.correction", scene.resident.locale, text=effect.text)
    await feedback.supplement(scene.session, scene.book, case, text, effect.photos, scene.now)
    await _belongs(scene, case, effect.numbers)
    return _done(scene, case, "edit.done")


async def _safety(scene: Scene, effect: fx.Safety) -> Said:
    """Told as any supplement is, to everybody who was called while nobody has answered."""
    case = await _mine(scene, effect.number)
    text = say(f"safety.note_{effect.how}", scene.resident.locale)
    await feedback.supplement(scene.session, scene.book, case, text, (), scene.now)
    return [(Say(f"safety.told_{effect.how}", {"number": case.number}, number=case.number), case)]


async def _urge(scene: Scene, effect: fx.Urge) -> Said:
    case = await _mine(scene, effect.number)
    await feedback.urge(scene.session, scene.book, case, scene.now)
    return _done(scene, case, "urge.done")


async def _withdraw(scene: Scene, effect: fx.Withdraw) -> Said:
    case = await _mine(scene, effect.number)
    await feedback.withdraw(scene.session, scene.book, case, scene.now)
    return _done(scene, case, "withdraw.done")


async def _rate(scene: Scene, effect: fx.Rate) -> Said:
    case = await _mine(scene, effect.number)
    await feedback.rate(
        scene.session,
        scene.book,
        case,
        contacted=effect.contacted,
        solved=effect.solved,
        satisfied=effect.satisfied,
        now=scene.now,
    )
    return []


async def _reopen(scene: Scene, effect: fx.Reopen) -> Said:
    case = await _mine(scene, effect.number)
    await feedback.reopen(scene.session, scene.book, case, effect.text, scene.now)
    await _belongs(scene, case, effect.numbers)
    return _done(scene, case, "reopen.done" if case.assignee else "reopen.held")


async def _appeal(scene: Scene, effect: fx.Appeal) -> Said:
    case = await _mine(scene, effect.number)
    await exclusion.appeal(scene.session, scene.book, case, effect.text, effect.photos, scene.now)
    await _belongs(scene, case, effect.numbers)
    return _done(scene, case, "appeal.done")


async def _look_up(scene: Scene, effect: fx.LookUp) -> Said:
    case = await feedback.look_up(scene.session, scene.keys, scene.resident, effect.code, scene.now)
    return [standing(scene, case)]


async def _show(scene: Scene, effect: fx.Show) -> Said:
    return [standing(scene, await _mine(scene, effect.number))]


async def _hand_receipt(scene: Scene, effect: fx.HandReceipt) -> Said:
    """The line; the channel brings the paper itself."""
    case = await _mine(scene, effect.number)
    if case.resident != scene.resident.id:
        raise NotAllowed("receipt.not_yours")
    return [(Say("receipt.here", {"number": case.number}, _buttons(case), number=case.number), case)]


async def _speak(scene: Scene, effect: fx.Speak) -> Said:
    scene.resident.locale = effect.locale
    return [(Say("locale.done"), None)]


async def _enlarge(scene: Scene, effect: fx.Enlarge) -> Said:
    scene.resident.large = not scene.resident.large
    return [(Say("large.on" if scene.resident.large else "large.off"), None)]


async def _told(scene: Scene, effect: fx.Told) -> Said:
    await guide.count(scene.session, effect.service, effect.said, scene.now)
    return []


async def _keep_contact(scene: Scene, effect: fx.KeepContact) -> Said:
    sealed.keep(scene.keys, scene.resident, effect.phone)
    return []


def standing(scene: Scene, case: Case) -> tuple[Say, Case]:
    """Where a case stands, with what may be done about it."""
    args = _args(scene, case) | {"result": case.result}
    theirs = case.resident == scene.resident.id and case.status in OPEN
    buttons = [*_buttons(case), *([_receipt(case)] if theirs else [])]
    return Say(f"status.{case.status}", args, buttons, number=case.number), case


def complaint_of(draft: Draft) -> Complaint:
    guess = None
    if draft.guess:
        known = ("label", "confidence", "ranking", "item", "action", "model")
        guess = Guess(**{name: draft.guess[name] for name in known}, novelty=draft.guess.get("novelty"))
    return Complaint(
        text=draft.text,
        category=draft.category,
        item=draft.item,
        place=draft.place,
        place_text=draft.place_text,
        grid=draft.grid,
        lon=draft.lon,
        lat=draft.lat,
        placed={"how": draft.place_how, "sure": round(draft.place_sure, 2)} if draft.place_how else {},
        photos=draft.photos,
        anonymous=draft.anonymous,
        danger=draft.danger,
        guess=guess,
        chosen=draft.chosen,
        facts=asdict(manner(draft.text)),
    )


def _args(scene: Scene, case: Case) -> dict[str, Any]:
    return told_args(scene.book, case, SYSTEM, "")


def _done(scene: Scene, case: Case, key: str) -> Said:
    return [(Say(key, _args(scene, case), _buttons(case), number=case.number), case)]


def _buttons(case: Case) -> Sequence[Button]:
    return buttons_for(case.number, case.status, relay=case.relay is not None, appeal=exclusion.is_left_out(case))


def _receipt(case: Case) -> Button:
    return Button("receipt", "button.receipt", payload={"number": case.number})


async def _belongs(scene: Scene, case: Case, numbers: Sequence[str]) -> None:
    """Their messages of these numbers went to this case: what is changed in them later goes there too."""
    if numbers:
        await numbered.belong(scene.session, scene.resident.id, numbers, case.id)


async def _mine(scene: Scene, number: str) -> Case:
    return await feedback.followed(scene.session, scene.resident.id, number)


async def _as_it_stands(scene: Scene, effect: fx.Effect) -> Said:
    number = getattr(effect, "number", "")
    if not number:
        return []
    try:
        return [standing(scene, await _mine(scene, number))]
    except NotFound:
        return []


REFUSES_NOTHING = (fx.File, AskScore)  # so nothing has to be undone
PERFORM: Mapping[type, Callable[[Scene, Any], Awaitable[Said]]] = {
    fx.File: _file,
    fx.Join: _join,
    fx.ShowJoined: _show_joined,
    fx.Supplement: _supplement,
    fx.Urgent: _urgent,
    fx.Locate: _locate,
    fx.Alarm: _alarm,
    fx.Answer: _answer,
    fx.RelayBack: _relay_back,
    fx.HangUp: _hang_up,
    fx.Correct: _correct,
    fx.Safety: _safety,
    fx.Urge: _urge,
    fx.Withdraw: _withdraw,
    fx.Rate: _rate,
    fx.Reopen: _reopen,
    fx.Appeal: _appeal,
    fx.LookUp: _look_up,
    fx.Show: _show,
    fx.HandReceipt: _hand_receipt,
    fx.Speak: _speak,
    fx.Enlarge: _enlarge,
    fx.Told: _told,
    fx.KeepContact: _keep_contact,
    **neighbours.PERFORM,
}
