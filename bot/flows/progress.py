"""After filing: where it stands, adding to it, answering, urging, taking back, rating, reopening."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.flows import danger
from bot.flows.effects import (
    Alarm,
    Answer,
    Appeal,
    Effect,
    HandReceipt,
    HangUp,
    Rate,
    RelayBack,
    Reopen,
    Show,
    ShowJoined,
    Supplement,
    Urge,
    Withdraw,
    Words,
)
from bot.flows.heard import Heard, Listener, Turn, put_aside, taken_up
from bot.flows.neighbours import AskScore
from bot.flows.state import Draft, Kept, Mode, State
from bot.flows.surroundings import Surroundings
from bot.messages import Button, Say
from models import STEPS, Role, Status
from models.status import APPEAL_WITHIN_DAYS, REOPEN_WITHIN_DAYS

SHOWN = 5
ASKS_WORDS = {
    "answer": Mode.ANSWER,
    "relay_back": Mode.RELAY,
    "supplement": Mode.SUPPLEMENT,
    "reopen": Mode.WHY,
    "appeal": Mode.APPEAL,
}
ON_THE_LINE = ("relay_back", "hang_up")  # only while a line is open
OFFERED = ("appeal", "answer", *ON_THE_LINE, "rate", "reopen", "supplement", "urge", "withdraw")


def buttons_for(number: str, status: Status, *, relay: bool = False, appeal: bool = False) -> Sequence[Button]:
    """What a resident may do about a case now, drawn from STEPS.

    `relay`: whoever handles it opened a line. `appeal`: it was left out of the rates.
    """
    without = {*(() if relay else ON_THE_LINE), *(() if appeal else ("appeal",))}
    names = [name for name in OFFERED if name not in without]
    may = [n for n in names if Role.RESIDENT in STEPS[n].who and status in STEPS[n].before]
    return [Button(name, f"button.{name}", payload={"number": number}) for name in may]


def on_the_line(number: str) -> Sequence[Button]:
    """Under what was said on an open line."""
    return [Button(name, f"button.{name}", payload={"number": number}) for name in ON_THE_LINE]


def moved_on(state: State, heard: Heard, around: Surroundings) -> Turn | None:
    """A button for what can no longer be done: said at once, before anybody writes words for nothing."""
    number = heard.payload.get("number", "")
    case = next((case for case in around.cases if case.number == number), None)
    step = STEPS.get(heard.action.removeprefix("confirm_"))
    if case is None or step is None:
        return None
    if step.name == "reopen" and case.too_late:
        return state, [Say("reopen.too_late", {"number": number, "days": REOPEN_WITHIN_DAYS})]
    if step.name == "appeal" and not case.appeal:
        return state, [Say("appeal.over", {"number": number, "days": APPEAL_WITHIN_DAYS})]
    if step.name in ON_THE_LINE and not case.relay:
        return state, [Say("relay.closed", {"number": number}), Show(number)]
    if case.status in step.before:
        return None
    return state, [Say("step.stale", {"number": number}), Show(number)]


def my(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    shown: list[Effect] = [Show(case.number) for case in reversed(around.cases[:SHOWN])]
    return state, [ShowJoined(alone=not shown), *shown]


def status(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    return state, [Show(heard.payload["number"])]


def ask_words(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    """The step needs words, which come with the next message — unless they were already said."""
    number = heard.payload["number"]
    before, state.pending = taken_up(state.pending), Kept()
    state.mode, state.case = ASKS_WORDS[heard.action], number
    if not before.empty:
        return said(state, before, around, now)
    return state, [Say(f"ask.{heard.action}", {"number": number}, buttons=(_never_mind(number),))]


def said(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    """The words a step was waiting for. A photo alone is enough for all but a reason, which it then goes with."""
    if state.mode in REASONS and not heard.text:
        put_aside(state.pending, heard)
        return state, [Say(REASONS[state.mode], {"number": state.case})]
    if not (heard.text or heard.photos):
        return state, [Say("ask.words")]
    done, kind = _effects(state, heard), around.danger(heard.text)
    if not kind:
        return _home(state), done
    return _home(state), [Say("danger.call"), *done, Alarm(state.case, kind), danger.are_you_safe(state.case)]


def which(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    """More words before it was settled what the first ones belong to: keep them together."""
    put_aside(state.pending, heard)
    return state, [ask_which(around)]


def unclear(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    """A worker's question or a line is open and words come in: for them, or something new? Rather ask."""
    state.mode, state.pending = Mode.WHICH, Kept()
    put_aside(state.pending, heard)
    return state, [ask_which(around)]


def somebody_waits(around: Surroundings) -> bool:
    """For what this resident says next."""
    return any(case.relay or case.status is Status.WAITING for case in around.cases)


def hang_up(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    return state, [HangUp(heard.payload["number"])]


def receipt(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    return state, [HandReceipt(heard.payload["number"])]


def urge(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    return state, [Urge(heard.payload["number"])]


def withdraw(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    payload = dict(heard.payload)
    sure = (
        Button("confirm_withdraw", "button.confirm_withdraw", payload=payload),
        _never_mind(payload["number"]),
    )
    return state, [Say("ask.withdraw", {"number": payload["number"]}, buttons=sure)]


def confirm_withdraw(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    return state, [Withdraw(heard.payload["number"])]


def never_mind(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    if state.mode in ASKS_WORDS.values():
        state = _home(state)
    return state, [Say("never_mind")]


def rate(state: State, heard: Heard, around: Surroundings, now: datetime) -> Turn:
    """Three separate questions; what was answered so far travels in the buttons."""
    given = dict(heard.payload)
    for question, answers in QUESTIONS.items():
        if question not in given:
            return state, [
                Say(f"rate.{question}", {"number": given["number"]}, rating_buttons(question, answers, given))
            ]
    done = Rate(given["number"], given["contacted"] == "yes", given["solved"], given["satisfied"])
    if given["solved"] == "no":
        again = (Button("reopen", "button.reopen", payload={"number": given["number"]}),)
        return state, [done, Say("rated.unsolved", {"number": given["number"]}, again, number=given["number"])]
    return state, [done, Say("rated.thanks", {"number": given["number"]}, number=given["number"]), AskScore()]


QUESTIONS: Mapping[str, Sequence[str]] = {
    "contacted": ("yes", "no"),
    "solved": ("yes", "partly", "no"),
    "satisfied": ("yes", "so_so", "no"),
}


def rating_buttons(question: str, answers: Sequence[str], given: Mapping[str, str]) -> Sequence[Button]:
    return [Button("rate", f"button.{question}_{a}", payload={**given, question: a}) for a in answers]


REASONS: Mapping[Mode, str] = {Mode.WHY: "ask.reopen", Mode.APPEAL: "ask.appeal"}  # and how they are asked for
SAYS: Mapping[Mode, type[Words]] = {
    Mode.ANSWER: Answer,
    Mode.RELAY: RelayBack,
    Mode.SUPPLEMENT: Supplement,
}


def _effects(state: State, heard: Heard) -> list[Effect]:
    """A reason takes no photos: those go after it."""
    if state.mode is Mode.APPEAL:
        photos = [*state.pending.photos, *heard.photos]
        return [Appeal(state.case, heard.text, photos, [*state.pending.numbers, *heard.numbers])]
    if state.mode is not Mode.WHY:
        return [SAYS[state.mode](state.case, heard.text, heard.photos, heard.numbers)]
    reopen, photos = Reopen(state.case, heard.text, numbers=heard.numbers), [*state.pending.photos, *heard.photos]
    return [reopen, Supplement(state.case, "", photos, state.pending.numbers)] if photos else [reopen]


def ask_which(around: Surroundings) -> Say:
    answers = list[Button]()
    for case in around.cases:
        label, about = {"number": case.number, "category": case.category}, {"number": case.number}
        if case.relay:
            answers.append(Button("relay_back", "button.relay_to", label, about))
        if case.status is Status.WAITING:
            answers.append(Button("answer", "button.answer_to", label, about))
    return Say("ask.which", buttons=(*answers, Button("new_pending", "button.something_new")))


def _never_mind(number: str) -> Button:
    return Button("never_mind", "button.never_mind", payload={"number": number})


def _home(state: State) -> State:
    """Back to where the talk was: a draft begun before stays."""
    draft: Draft | None = state.draft
    return State(building=state.building, draft=draft, mode=Mode.CARD if draft else Mode.IDLE)


MODES: Mapping[Mode, Listener] = {
    Mode.ANSWER: said,
    Mode.RELAY: said,
    Mode.SUPPLEMENT: said,
    Mode.WHY: said,
    Mode.APPEAL: said,
    Mode.WHICH: which,
}
ACTIONS: Mapping[str, Listener] = {
    "status": status,
    "answer": ask_words,
    "relay_back": ask_words,
    "hang_up": hang_up,
    "supplement": ask_words,
    "reopen": ask_words,
    "appeal": ask_words,
    "urge": urge,
    "receipt": receipt,
    "withdraw": withdraw,
    "confirm_withdraw": confirm_withdraw,
    "never_mind": never_mind,
    "rate": rate,
}
