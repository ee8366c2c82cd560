"""/away: until when, then who covers; two messages and no question kept in mind. Pure."""

import re
from datetime import date, datetime, timedelta

from bot.desk.choices import handlers
from bot.desk.effects import Away, Back, Leave
from bot.desk.heard import Around, Heard, Turn
from bot.desk.state import State
from bot.messages import Button, Say
from cases.clock import TOWN_TIME
from cases.cover import HANDLERS, end_of, last_minute

OFFERED = 12
_DAY = re.compile(r"(?:(\d{4})[-/年])?(\d{1,2})[-/月](\d{1,2})日?")
_DAYS = re.compile(r"(\d{1,3})\s*(?:天|日|days?)?")


def asked(state: State, heard: Heard, around: Around, now: datetime) -> Turn:
    """`/away` tells how it stands; `/away 3`, `/away 11-30` asks who covers for three days, until that day."""
    _, _, said = heard.text.partition(" ")
    if not said.strip() or around.person.role not in HANDLERS:
        return state, [Away()]
    until = last_moment(said.strip(), now)
    if until is None:
        return state, [Say("away.when")]
    colleagues = [one for one in handlers(around, around.person.unit) if one.code != around.person.code]
    chosen = [_button("task.button.person", until, one.code, one.name) for one in colleagues[:OFFERED]]
    return state, [
        Say("away.whose", {"until": last_minute(until)}, (*chosen, _button("away.button.leader", until, "")))
    ]


def leave(state: State, heard: Heard, around: Around, now: datetime) -> Turn:
    return state, [Leave(datetime.fromisoformat(heard.payload["until"]), heard.payload["cover"] or None)]


def back(state: State, heard: Heard, around: Around, now: datetime) -> Turn:
    return state, [Back()]


def last_moment(said: str, now: datetime) -> datetime | None:
    """The end of the day that was said, or of so many days with today; None for no day we understand."""
    today = now.astimezone(TOWN_TIME)
    if found := _DAYS.fullmatch(said):
        return end_of(today + timedelta(days=int(found[1]) - 1)) if int(found[1]) else None
    found = _DAY.fullmatch(said)
    if not found:
        return None
    try:
        day = date(int(found[1] or today.year), int(found[2]), int(found[3]))
        if not found[1] and day < today.date():
            day = day.replace(year=day.year + 1)
        return end_of(datetime(day.year, day.month, day.day, tzinfo=TOWN_TIME))
    except (ValueError, OverflowError):  # no such day
        return None


def _button(label: str, until: datetime, cover: str, name: str = "") -> Button:
    return Button("away", label, {"name": name}, {"until": until.isoformat(), "cover": cover})
