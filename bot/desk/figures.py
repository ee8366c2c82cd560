"""/rates: the three rates and what is late, this week and this month, of what somebody answers for."""

from collections.abc import Iterator
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.desk.card import Reader
from bot.messages import Say
from bot.texts import say
from cases import periods
from cases.periods import Period
from cases.rates import By, Rates, Share, nothing, rates, total
from models import Person, Role


async def shown(session: AsyncSession, reader: Reader, person: Person) -> Say:
    """A leader's unit, and the area where they look after less than the town; for the others all of it."""
    today = periods.today(reader.now)
    lines = []
    for scope, by, key in _scopes(reader, person):
        lines.append(("rates.of", {"scope": scope}))
        for line, period in (("rates.week", periods.week(today)), ("rates.month", periods.month(today))):
            lines.append((line, _args(reader, await _of(session, by, key, period), period)))
    return Say("rates.all", {"lines": lines})


def _scopes(reader: Reader, person: Person) -> Iterator[tuple[str, By, str]]:
    book = reader.book
    if person.role is Role.LEADER:
        yield book.unit_name(person.unit, reader.locale), By.UNIT, person.unit
    if person.role is not Role.LEADER or person.area != book.town.code:
        yield book.area_name(person.area), By.AREA, person.area


async def _of(session: AsyncSession, by: By, key: str, period: Period) -> Rates:
    if by is By.AREA:
        return await total(session, start=period.start, end=period.end, within=key)
    rows = await rates(session, by=by, start=period.start, end=period.end)
    return next((row for row in rows if row.key == key), nothing(key))


def _args(reader: Reader, row: Rates, period: Period) -> dict[str, Any]:
    shares = ("contacted", "solved", "satisfied", "finished", "in_time", "returned")
    told = {name: _share(getattr(row, name), reader.locale) for name in shares}
    return {**told, "start": f"{period.start:%m-%d}", "late": row.overdue_open}


def _share(share: Share, locale: str) -> str:
    if share.value is None:
        return say("rates.none", locale)
    return say("rates.share", locale, percent=f"{100 * share.value:.0f}", part=share.part, whole=share.whole)
