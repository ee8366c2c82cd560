"""The ledger as a spreadsheet: CSV, a line for each case and the totals of each person under theirs."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby

from bot.texts import say
from cases import ledger
from cases.book import Book
from cases.clock import TOWN_TIME
from cases.export import as_csv
from cases.ledger import Line

COLUMNS = (
    "ledger.person", "ledger.code", "ledger.unit", "ledger.number", "ledger.round", "ledger.category", "ledger.grid",
    "ledger.began", "ledger.signed", "ledger.finished", "ledger.hours", "ledger.in_time", "ledger.contacted",
    "ledger.solved", "ledger.satisfied", "ledger.excluded",
)  # fmt: skip


def sheet(book: Book, lines: Sequence[Line], locale: str) -> str:
    """`lines` as `cases.ledger.lines` gives them."""
    rows = list[Iterable[object]]()
    for _, theirs in groupby(lines, key=lambda line: line.person):
        mine = list(theirs)
        rows += [*(_line(book, line, locale) for line in mine), _total(book, mine, locale)]
    return as_csv([say(key, locale) for key in COLUMNS], ([*map(str, row)] for row in rows)).decode()


def _line(book: Book, line: Line, locale: str) -> Iterable[object]:
    word = {True: say("ledger.yes", locale), False: say("ledger.no", locale), None: ""}
    given = {"solved": line.solved, "satisfied": line.satisfied}
    answers = [say(f"rating.{question}_{answer}", locale) if answer else "" for question, answer in given.items()]
    return (
        *_who(book, line, locale), line.number, line.round, book.category_name(line.category, locale),
        book.area_name(line.grid), _at(line.began), _at(line.signed), _at(line.finished), f"{line.hours:.1f}",
        word[line.in_time], word[line.contacted], *answers, word[line.excluded],
    )  # fmt: skip


def _total(book: Book, mine: Sequence[Line], locale: str) -> Iterable[object]:
    """Its counts stand under the columns they count."""
    sums = ledger.totals(mine)
    finished = say("ledger.total", locale, count=sums.finished)
    rated = say("ledger.rated", locale, count=sums.rated)
    between = [""] * 6  # round to hours
    return (
        *_who(book, mine[0], locale), finished, *between, "", sums.in_time, rated, sums.solved, sums.satisfied,
        sums.excluded,
    )  # fmt: skip


def _who(book: Book, line: Line, locale: str) -> Sequence[str]:
    return book.people[line.person], line.person, book.unit_name(book.unit_of[line.person], locale)


def _at(moment: datetime | None) -> str:
    return f"{moment.astimezone(TOWN_TIME):%Y-%m-%d %H:%M}" if moment else ""
