"""The talk with somebody on the staff: one pure step for each message.

A press on a card begins a step; `asking` collects what it needs; commands are looked up with who may give them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.desk import asking, leaving, new
from bot.desk.choices import HAND_OVER
from bot.desk.effects import (
    Clearing,
    Duty,
    Models,
    Old,
    Open,
    Orders,
    Pictures,
    Promote,
    Rates,
    Release,
    RollBack,
    Speak,
    Take,
    TakeOver,
    Tasks,
    Toast,
    Train,
    Watch,
    Where,
)  # fmt: skip
from bot.desk.heard import Around, Heard, Turn
from bot.desk.state import FORGOTTEN_AFTER, Pending, State
from bot.messages import Button, Say
from bot.texts import LOCALES
from cases import access
from cases.behalf import MAY
from models import Role

STAFF = frozenset(Role) - {Role.RESIDENT, Role.SYSTEM}
ADMINS = frozenset({Role.ADMIN})
OVERSEES = frozenset({Role.LEADER, Role.DISPATCHER, Role.SUPERVISOR, Role.ADMIN, Role.AUDITOR})
WORDS: Mapping[str, frozenset[str]] = {
    "tasks": frozenset({"待办", "任务", "待辦", "任務", "tasks"}),
    "duty": frozenset({"值班", "duty"}),
    "away": frozenset({"请假", "不在岗", "請假", "不在崗", "away"}),
    "back": frozenset({"到岗", "我回来了", "到崗", "我回來了", "back"}),
    "orders": frozenset({"督办", "督办单", "督辦", "督辦單", "orders"}),
    "clearing": frozenset({"清零", "清零清单", "清零清單", "clearing"}),
    "rates": frozenset({"三率", "数字", "數字", "rates"}),
    "help": frozenset({"帮助", "幫助", "怎么用", "怎麼用", "help"}),
    "cancel": frozenset({"取消", "算了", "cancel"}),
}

ANY_CARD = access.ANYTIME | access.CALLED  # to answer the resident, an alarm or whoever called, no card has to be new

Listener = Callable[[State, Heard, Around, datetime], Turn]


def step(state: State, heard: Heard, around: Around, now: datetime) -> Turn:
    """One message in; the new state and what to say and do out. The state handed in stays as it was."""
    state = state.model_copy(deep=True)
    if state.pending and now - state.pending.since > FORGOTTEN_AFTER:
        state = State()
    if heard.action:
        return ACTIONS[heard.action](state, heard, around, now)
    if command := _command(heard.text):
        return _obey(command, state, heard, around, now)
    if heard.unreadable:
        return state, [Say("task.unreadable")]
    if heard.about:
        return _talk_back(state, heard, around, now)
    if state.pending and state.pending.step == new.STEP:
        return new.more(state, heard, around)
    if state.pending:
        return asking.told(state, heard, around)
    return state, [Say("task.idle")]


def unknown(state: State) -> Turn:
    """A button nobody gave to this chat, or one of a question that is over."""
    return state, [Say("task.over")]


def _obey(name: str, state: State, heard: Heard, around: Around, now: datetime) -> Turn:
    command = COMMANDS.get(name)
    if command is None:
        return state, [Say("task.no_command", {"command": f"/{name}"[:40]})]
    if around.person.role not in command.who:
        return state, [Say("task.not_your_role")]
    return command.listener(state, heard, around, now)


def _command(text: str) -> str | None:
    """`/promote v3` and `/tasks@some_bot` are commands; so are a few words, matched whole."""
    if text.startswith("/") and len(text) > 1:
        return text[1:].split(maxsplit=1)[0].partition("@")[0].lower()
    plain = text.strip("。.!！ ").lower()
    return next((name for name, words in WORDS.items() if plain in words), None)


def _argument(text: str) -> str:
    return text.partition(" ")[2].strip()


# Presses


def _step(state: State, heard: Heard, around: Around, now: datetime) -> Turn:
    """A step of a card. Old cards say so before anybody writes anything."""
    number, name, version = (heard.payload[part] for part in ("number", "step", "version"))
    if around.case is None or around.case.version != version:
        if name not in ANY_CARD or around.case is None:
            return state, [Old(number, name, version)]
        version = around.case.version
    pending = Pending(key=heard.key, step=name, number=number, version=version, since=now)
    if name not in around.allowed:  # whoever takes it is told why not
        return state, [Take(pending)]
    pending.asks = asking.questions(name, around.needs)
    pending.category = around.case.item or around.case.category
    return asking.begin(state, pending, around)


def _asked(listener: Callable[[State, Heard, Around], Turn]) -> Listener:
    """For a question's buttons: good only while just that is asked."""

    def listen(state: State, heard: Heard, around: Around, now: datetime) -> Turn:
        pending = state.pending
        if pending is None or pending.key != heard.payload["of"]:
            return unknown(state)
        if heard.payload["ask"] != pending.asks[0] and heard.action != "cancel":
            return state, [Toast("task.answered")]
        return listener(state, heard, around)

    return listen


def _open(state: State, heard: Heard, around: Around, now: datetime) -> Turn:
    return state, [Open(heard.payload["number"])]


def _where(state: State, heard: Heard, around: Around, now: datetime) -> Turn:
    return state, [Where(heard.payload["number"])]


def _pictures(state: State, heard: Heard, around: Around, now: datetime) -> Turn:
    return state, [Pictures(heard.payload["number"])]


def _turn_page(state: State, heard: Heard, around: Around, now: datetime) -> Turn:
    return state, [Tasks(int(heard.payload["page"]))]


def _speak(state: State, heard: Heard, around: Around, now: datetime) -> Turn:
    return state, [Speak(heard.payload["locale"]), Say("task.locale_done")]


def _hand_over(state: State, heard: Heard, around: Around, now: datetime) -> Turn:
    pending = Pending(key=heard.key, step=HAND_OVER, since=now, asks=list(asking.HAND_OVER_ASKS))
    return asking.begin(state, pending, around)


def _take_over(state: State, heard: Heard, around: Around, now: datetime) -> Turn:
    return state, [TakeOver(int(heard.payload["handover"]))]


def _promote_knowingly(state: State, heard: Heard, around: Around, now: datetime) -> Turn:
    if around.person.role not in ADMINS:
        return state, [Say("task.not_your_role")]
    return state, [Promote(heard.payload["version"], knowingly=bool(heard.payload.get("knowingly")))]


def _watch(state: State, heard: Heard, around: Around, now: datetime) -> Turn:
    if around.person.role not in ADMINS:
        return state, [Say("task.not_your_role")]
    return state, [Watch(heard.payload["version"])]


ACTIONS: Mapping[str, Listener] = {
    "step": _step,
    "answer": _asked(asking.answer),
    "page": _asked(asking.page),
    "category": _asked(asking.category),
    "skip": _asked(asking.skip),
    "redo": _asked(asking.redo),
    "cancel": _asked(asking.cancel),
    "open": _open,
    "where": _where,
    "photos": _pictures,
    "tasks": _turn_page,
    "locale": _speak,
    "hand_over": _hand_over,
    "take_over": _take_over,
    "away": leaving.leave,
    "back": leaving.back,
    "file_new": new.file,
    "promote": _promote_knowingly,
    "shadow": _watch,
}


# Words


def _talk_back(state: State, heard: Heard, around: Around, now: datetime) -> Turn:
    """An answer to what the resident said goes to the resident, without a press."""
    if around.case is None:
        return state, [Say("task.idle")]
    pending = Pending(key=heard.key, step="relay", number=heard.about, version=around.case.version, since=now)
    pending.asks = ["text"]
    state, _ = asking.begin(state, pending, around)
    return asking.told(state, heard, around)


def _start(state: State, heard: Heard, around: Around, now: datetime) -> Turn:
    return _help(state, heard, around, now)


def _tasks(state: State, heard: Heard, around: Around, now: datetime) -> Turn:
    return state, [Tasks(0)]


def _duty(state: State, heard: Heard, around: Around, now: datetime) -> Turn:
    return state, [Duty()]


def _orders(state: State, heard: Heard, around: Around, now: datetime) -> Turn:
    return state, [Orders()]


def _clearing(state: State, heard: Heard, around: Around, now: datetime) -> Turn:
    return state, [Clearing()]


def _rates(state: State, heard: Heard, around: Around, now: datetime) -> Turn:
    return state, [Rates()]


def _help(state: State, heard: Heard, around: Around, now: datetime) -> Turn:
    admin = around.person.role in ADMINS
    return state, [Say("task.help_admin" if admin else "task.help", {"name": around.person.name})]


def _lang(state: State, heard: Heard, around: Around, now: datetime) -> Turn:
    offered = [Button("locale", f"button.locale_{locale}", payload={"locale": locale}) for locale in LOCALES]
    return state, [Say("task.which_locale", buttons=offered)]


def _cancel(state: State, heard: Heard, around: Around, now: datetime) -> Turn:
    return asking.cancel(state, heard, around)


def _stop(state: State, heard: Heard, around: Around, now: datetime) -> Turn:
    return State(), [Release()]


def _train(state: State, heard: Heard, around: Around, now: datetime) -> Turn:
    return state, [Train()]


def _models(state: State, heard: Heard, around: Around, now: datetime) -> Turn:
    return state, [Models()]


def _promote(state: State, heard: Heard, around: Around, now: datetime) -> Turn:
    version = _argument(heard.text)
    return state, [Promote(version, knowingly=False)] if version else [Say("task.models.which"), Models()]


def _rollback(state: State, heard: Heard, around: Around, now: datetime) -> Turn:
    return state, [RollBack()]


@dataclass(frozen=True)
class Command:
    who: frozenset[Role]
    listener: Listener


COMMANDS: Mapping[str, Command] = {
    "new": Command(MAY, new.begin),
    "start": Command(STAFF, _start),
    "tasks": Command(STAFF, _tasks),
    "duty": Command(STAFF, _duty),
    "away": Command(STAFF, leaving.asked),
    "back": Command(STAFF, leaving.back),
    "orders": Command(STAFF, _orders),
    "clearing": Command(OVERSEES, _clearing),
    "rates": Command(OVERSEES, _rates),
    "help": Command(STAFF, _help),
    "lang": Command(STAFF, _lang),
    "cancel": Command(STAFF, _cancel),
    "stop": Command(STAFF, _stop),
    "train": Command(ADMINS, _train),
    "models": Command(ADMINS, _models),
    "promote": Command(ADMINS, _promote),
    "rollback": Command(ADMINS, _rollback),
}
