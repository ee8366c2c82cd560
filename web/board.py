"""The dashboard's figures in words: what one person sees of one area, now and over the last weeks."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from bot.desk.card import span
from bot.texts import say
from cases import board, cells, hot, week_sums
from cases.board import Count, Issue, Scope
from cases.book import Book
from cases.bulletin import ENOUGH
from cases.cells import Cells, Key
from cases.periods import Period, today, week
from cases.rates import Rates, Share
from models import AreaDay, Case, Person
from web.parts import Parts
from web.sparks import Spark, spark

SECOND, MOMENT = timedelta(seconds=1), timedelta(seconds=2)  # together the oldest that is shown as now
MINUTE, HALF_A_MINUTE = timedelta(minutes=1), timedelta(seconds=30)
AWHILE, LONG = timedelta(minutes=15), timedelta(days=400)
WEEKS, LEAGUE_WEEKS = week_sums.BACK, 4  # full ones before the running one
CARDS, UNITS, NEWEST = 4, 9, 8  # of hot issues, units and cases just filed that are shown at once
MARKED = 1.1  # times what it was, from which more is marked as worse
TELLING = 20  # cases from which a running week's rate says something
RATES = ("contacted", "solved", "satisfied")  # 三率
_WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Shared:
    """Counted once for everybody. `weeks`: the oldest first, the running one last."""

    weeks: Sequence[Cells]
    days: Sequence[date]
    by_day: Sequence[Cells]
    signing: Cells
    issues: Sequence[Issue]
    judged: date | None
    colours: Mapping[str, AreaDay]


@dataclass(frozen=True)
class Moment:
    """Of one person and area, as it is now."""

    standing: board.Standing
    ending: Sequence[board.Ending]
    recent: Sequence[board.Dot]
    cases: Sequence[Case]


@dataclass(frozen=True)
class Unit:
    """A row of the league (红黑榜 without the colours): `mean` of the three rates over LEAGUE_WEEKS."""

    code: str
    place: int | None
    rates: Rates
    mean: float | None
    line: Spark


@dataclass(frozen=True)
class Sums:
    """What the cells add up to."""

    weeks: Sequence[Rates]
    filed: Sequence[int]
    finished: Sequence[int]
    signing: Mapping[str, float]
    units: Sequence[Unit]


@dataclass(frozen=True)
class Figure:
    name: str
    value: str
    change: str
    worse: bool


async def shared(parts: Parts, now: datetime) -> Shared:
    weeks = [await _week(parts, now, ago) for ago in range(WEEKS, -1, -1)]
    days, by_day = await _kept(parts, now, "days", cells.by_day)
    signing = await _kept(parts, now, "signing", cells.signing)
    issues = await _kept(parts, now, "issues", board.issues)
    judged, colours = await _kept(parts, now, "colours", _colours)
    return Shared(weeks, days, by_day, signing, issues, judged, colours)


async def _kept(parts: Parts, now: datetime, name: str, ask: Any) -> Any:
    async def make() -> Any:
        async with parts.transactions.read() as session:
            return await ask(session, now)

    return await parts.kept.get(name, now, make, fresh=MINUTE, stale=AWHILE)


async def _colours(session: Any, now: datetime) -> Any:
    return await board.colours(session, today(now))


async def _week(parts: Parts, now: datetime, ago: int) -> Cells:
    return await of_week(parts, now, Period(week(today(now)).start - ago * _WEEK, week(today(now)).end - ago * _WEEK))


async def of_week(parts: Parts, now: datetime, period: Period) -> Cells:
    """From the sums of those that are over; what no worker has kept yet is counted here, as the running one is."""
    since = (await _in_force(parts, now)).get(period.start)

    async def make() -> Cells:
        async with parts.transactions.read() as session:
            found = await week_sums.read(session, period.start) if since else None
            return found or await cells.of_period(session, period)

    fresh, stale = (LONG, LONG) if since else (MINUTE, AWHILE)
    return await parts.kept.get(("week", period.start, since), now, make, fresh=fresh, stale=stale)


async def _in_force(parts: Parts, now: datetime) -> Mapping[date, datetime]:
    async def make() -> Mapping[date, datetime]:
        async with parts.transactions.read() as session:
            return await week_sums.in_force(session, parts.senses.book, week_sums.over(now))

    return await parts.kept.get("weeks", now, make, fresh=MINUTE)


async def moment(parts: Parts, person: Person, area: str, place: str | None, now: datetime) -> Moment:
    book = parts.senses.book

    async def count() -> Sequence[board.Tally]:
        async with parts.transactions.read() as session:
            return await board.tallies(session, person)

    async def make() -> Moment:
        found = await parts.kept.get(("open", board.counts_for(person)), now, count, fresh=MOMENT)
        async with parts.transactions.read() as session:
            return Moment(
                board.standing(book, person, found),
                await board.ending(session, book, person, area, now),
                await board.recent(session, book, person, area, now),
                await board.at_place(session, person, place) if place else (),
            )

    return await parts.kept.get(("moment", person.code, area, place), now, make, fresh=SECOND)


async def sums(parts: Parts, found: Shared, scope: Scope, area: str, now: datetime) -> Sums:
    async def make() -> Sums:
        return await asyncio.to_thread(_sums, parts.senses.book, found, scope, area)

    return await parts.kept.get(("sums", scope, area), now, make, fresh=HALF_A_MINUTE, stale=HALF_A_MINUTE)


def _sums(book: Book, found: Shared, scope: Scope, area: str) -> Sums:
    mine = partial(board.wanted, book, scope, area)
    filed = "handed" if scope.unit else "filed"
    by_day = [one.sums(mine) for one in found.by_day]
    return Sums(
        [cells.rates_of(one.sums(mine)) for one in found.weeks],
        [int(day[filed]) for day in by_day],
        [int(day["finished"]) for day in by_day],
        found.signing.sums(mine),
        league(book, found.weeks, replace(scope, unit=None), area),
    )


def league(book: Book, weeks: Sequence[Cells], scope: Scope, area: str) -> list[Unit]:
    """As the weekly bulletin ranks them: by the mean of the three rates where there is enough to tell."""
    mine = partial(board.wanted, book, scope, area)
    by_week = [one.parted(mine, _unit) for one in weeks]
    units = {code for one in by_week[-1 - LEAGUE_WEEKS : -1] for code in one if code in book.units}
    rows = []
    for code in units:
        added: dict[str, float] = {}
        for one in by_week[-1 - LEAGUE_WEEKS : -1]:
            for name, value in one.get(code, {}).items():
                added[name] = added.get(name, 0.0) + value
        line = [mean(cells.rates_of(one[code])) if code in one else None for one in by_week]
        rows.append((code, cells.rates_of(added), line))
    rows.sort(key=lambda row: (not _tells(row[1]), -(mean(row[1]) or 0.0), row[1].overdue_open, row[0]))
    ranked = sum(_tells(row[1]) for row in rows)
    places = [*range(1, ranked + 1), *[None] * (len(rows) - ranked)]
    made = [(place, code, one, line) for place, (code, one, line) in zip(places, rows, strict=True)]
    return [Unit(code, place, one, mean(one) if place else None, spark(line)) for place, code, one, line in made]


def _unit(key: Key) -> Sequence[str]:
    return (key.unit,) if key.unit else ()


def _tells(one: Rates) -> bool:
    return one.contacted.whole + one.solved.whole >= ENOUGH


def mean(one: Rates) -> float | None:
    """Of those of the three rates that are known."""
    known = [value for name in RATES if (value := getattr(one, name).value) is not None]
    return sum(known) / len(known) if known else None


@dataclass(frozen=True)
class Words:
    """Says it in the reader's language."""

    book: Book
    locale: str
    now: datetime

    def say(self, key: str, **args: object) -> str:
        return say(key, self.locale, **args)

    def figures(self, scope: Scope, standing: Count, told: Sums) -> list[Figure]:
        """The four numbers that matter, each beside what it was."""
        last = told.weeks[-2]
        filed, before = sum(told.filed[-7:]), sum(told.filed[-14:-7])
        name = "console.board.handed" if scope.unit else "console.board.filed"
        return [
            self._figure("console.board.open", standing.open, last.finished.whole - last.finished.part, "week_end"),
            replace(self._figure(name, filed, before, "days_before"), worse=False),
            self._figure("console.board.overdue", standing.overdue, last.overdue_open, "week_end"),
            self._signing(told.signing),
        ]

    def _figure(self, name: str, value: int, before: int, than: str) -> Figure:
        then = self.say("console.board.week_end") if than == "week_end" else self.say("console.board.days_before")
        key = "console.board.more" if value > before else "console.board.fewer"
        key = "console.board.same" if value == before else key
        return Figure(
            self.say(name), str(value), self.say(key, than=then, n=abs(value - before)), value > MARKED * before
        )

    def _signing(self, told: Mapping[str, float]) -> Figure:
        name, none = self.say("console.board.signing"), self.say("console.board.not_yet")
        if not told["signed"]:
            return Figure(name, "–", none, False)
        value = timedelta(seconds=told["seconds"] / told["signed"])
        if not told["signed_before"]:
            return Figure(name, span(value, self.locale), none, False)
        before = timedelta(seconds=told["seconds_before"] / told["signed_before"])
        if abs(value - before) < timedelta(minutes=1):
            change = self.say("console.board.same", than=self.say("console.board.days_before"))
        else:
            key = "console.board.slower" if value > before else "console.board.faster"
            change = self.say(
                key, than=self.say("console.board.days_before"), span=span(abs(value - before), self.locale)
            )
        return Figure(name, span(value, self.locale), change, value > MARKED * before)

    def clocks(self, found: Sequence[board.Ending]) -> list[dict[str, Any]]:
        return [
            {
                "number": one.case.number,
                "what": self.say(f"due.{one.what}"),
                "left": span(one.at - self.now, self.locale),
                "soon": one.at - self.now < timedelta(hours=1),
                "kind": self.category(one.case),
                "where": self.where(one.case.place, one.case.grid),
            }
            for one in found
        ]

    def cases(self, found: Sequence[Case]) -> list[dict[str, Any]]:
        """No word of what was written: who opens one is led to its own page."""
        return [
            {
                "number": one.number,
                "kind": self.category(one),
                "status": self.say(f"status_name.{one.status}"),
                "overdue": one.overdue,
                "left": span(one.due_at - self.now, self.locale) if one.due_at and one.due_at > self.now else "",
            }
            for one in found
        ]

    def category(self, case: Case) -> str:
        return self.book.category_name(case.item or case.category, self.locale) or self.say("word.unsorted")

    def where(self, place: str | None, grid: str | None) -> str:
        return self.book.place_name(place) or self.book.area_name(grid) or self.say("word.no_place")

    def issues(self, found: Sequence[hot.Card]) -> list[dict[str, Any]]:
        return [
            {
                "id": one.issue.id, "where": hot.where(self.book, one.issue), "title": one.issue.title,
                "words": one.issue.words, "count": one.issue.count, "week": one.week, "before": one.before,
            }
            for one in found
        ]  # fmt: skip

    def rates(self, told: Sums, names: Sequence[str]) -> list[dict[str, Any]]:
        """Each of the three with its line over the weeks. The running week speaks once there is enough to tell."""
        shown = []
        for rate in RATES:
            shares: list[Share] = [getattr(one, rate) for one in told.weeks]
            running = shares[-1].whole >= TELLING
            now, then = (shares[-1], shares[-2]) if running else (shares[-2], shares[-3])
            values = [share.value for share in (shares if running else shares[:-1])]
            before = "console.board.last_week" if running else "console.board.week_before_last"
            shown.append({
                "name": self.say(f"console.board.rate.{rate}"),
                "value": percent(now.value),
                "when": self.say("console.board.this_week" if running else "console.board.whole_last_week"),
                "before": self.say(before, value=percent(then.value)),
                "line": spark(values, low=min([0.5, *(v for v in values if v is not None)]), width=200),
                "weeks": list(zip(names, shares, strict=True)),
            })  # fmt: skip
        return shown

    def reasons(self, day: AreaDay | None) -> list[str]:
        return [
            self.say(f"warn.kind.{one['kind']}", seen=one["seen"], usual=one["expected"]).lstrip("· ")
            for one in (day.reasons if day else ())
        ]


def percent(share: float | None) -> str:
    return "–" if share is None else f"{share * 100:.0f}%"


def week_names(now: datetime) -> list[str]:
    """By their Mondays."""
    monday = week(today(now)).start
    return [f"{monday - ago * _WEEK:%m-%d}" for ago in range(WEEKS, -1, -1)]
