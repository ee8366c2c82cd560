"""The dashboard's figures in the reader's language, each beside what it was."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from bot.desk.card import span
from bot.texts import say
from cases import board, hot, week_sums
from cases.board import Count, Scope
from cases.book import Book
from cases.periods import today, week
from cases.rates import Share
from models import AreaDay, Case
from web.board_sums import RATES, Sums
from web.sparks import spark

MARKED = 1.1  # times what it was, from which more is marked as worse
TELLING = 20  # cases from which a running week's rate says something


@dataclass(frozen=True)
class Figure:
    name: str
    value: str
    change: str
    worse: bool


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
    return [f"{monday - ago * timedelta(days=7):%m-%d}" for ago in range(week_sums.BACK, -1, -1)]
