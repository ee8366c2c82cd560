"""What everybody may know of the town's work (公开): the last full week, in figures too large to point at anybody.

Only weeks that are over, told once: a figure that moved with every case would tell of each. Of areas and of fields only
what was filed and finished, for what is open is the difference of what came and went. See cases/small_cells.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from bot.texts import LOCALES, say
from cases import board, cells, small_cells
from cases.book import Book
from cases.cells import Cells, Key
from cases.periods import Period, today, week
from cases.rates import Share
from models.town import STREET
from web import charts, maps, pages
from web.board import of_week
from web.languages import locale_of
from web.maps import Point
from web.parts import Parts, PartsHere

KEPT = timedelta(minutes=5)
WEEKS = 8
_WEEK = timedelta(days=7)
_ELSEWHERE = ""  # where the area, or the field, is not known

router = APIRouter()


@dataclass(frozen=True)
class Row:
    name: str
    filed: int | None  # None: not told
    finished: int | None = None


@dataclass(frozen=True)
class Shape:
    name: str
    path: str
    at: Point | None
    filed: int | None
    shade: int  # 0 not told, 1 … 3 by how many


@router.get("/public", response_class=HTMLResponse)
async def public_page(request: Request, parts: PartsHere) -> Response:
    locale, now = locale_of(request), parts.now()

    async def make() -> bytes:
        shown = await _shown(parts, locale, now)
        return bytes(pages.page(request, "public.html", parts, locale=locale, **shown).body)

    body = await parts.kept.get(("public", locale), now, make, fresh=KEPT)
    headers = {"cache-control": f"public, max-age={int(KEPT.total_seconds())}", "vary": "accept-language"}
    return HTMLResponse(body, headers=headers)


async def _shown(parts: Parts, locale: str, now: datetime) -> dict[str, Any]:
    book, monday = parts.senses.book, week(today(now)).start
    periods = [Period(monday - ago * _WEEK, monday - ago * _WEEK + timedelta(days=6)) for ago in range(WEEKS, 0, -1)]
    weeks = [await of_week(parts, now, period) for period in periods]
    last, told = periods[-1], by_area(book, weeks[-1])
    return {
        "last": last, "day": lambda day: _day(day, locale), "locales": LOCALES,
        "figures": _figures(weeks[-1], locale),
        "areas": _rows(book, told, locale), "shapes": _shapes(book, told), "frame": _frame(book),
        "fields": _fields(book, weeks[-1], locale),
        "trend": _trend(periods, weeks, locale),
    }  # fmt: skip


def _figures(cells_: Cells, locale: str) -> list[tuple[str, str]]:
    one = cells.rates_of(cells_.sums(_every))
    return [
        (say("public.filed", locale), _count(one.filed, locale)),
        (say("public.finished", locale), _count(one.finished.part, locale)),
        (say("public.in_time", locale), _share(one.in_time, locale)),
        (say("public.contacted", locale), _share(one.contacted, locale)),
        (say("public.solved", locale), _share(one.solved, locale)),
        (say("public.satisfied", locale), _share(one.satisfied, locale)),
    ]


def by_area(book: Book, found: Cells) -> dict[str, tuple[int | None, int | None]]:
    """Filed and finished of each street, and of what lies in none."""
    sums = found.parted(_every, lambda key: [_street(book, key)])
    areas = [*(one.code for one in board.children(book, book.town.code)), _ELSEWHERE]
    columns = [_told(sums, areas, name) for name in ("filed", "finished")]
    return dict(zip(areas, zip(*columns, strict=True), strict=True))


def by_field(book: Book, found: Cells) -> dict[str, int | None]:
    """Filed of each department's field."""
    sums = found.parted(_every, lambda key: [key.category or _ELSEWHERE])
    fields = [*sorted(code for code, one in book.categories.items() if one.parent is None), _ELSEWHERE]
    return dict(zip(fields, _told(sums, fields, "filed"), strict=True))


def _told(sums: Any, names: Sequence[str], column: str) -> list[int | None]:
    """What is left for areas and fields that are gone is told as of none."""
    values = [int(sums.get(name, {}).get(column, 0)) for name in names]
    values[-1] += sum(int(one[column]) for name, one in sums.items() if name not in names)
    return small_cells.parts(values)


def _rows(book: Book, told: dict[str, tuple[int | None, int | None]], locale: str) -> list[Row]:
    return [Row(book.area_name(code) or say("public.elsewhere", locale), *counts) for code, counts in told.items()]


def _fields(book: Book, found: Cells, locale: str) -> list[Row]:
    """Those that are told, the most first."""
    told = [(code, count) for code, count in by_field(book, found).items() if count is not None]
    told.sort(key=lambda one: (-one[1], one[0]))
    return [Row(book.category_name(code, locale) or say("word.unsorted", locale), count) for code, count in told]


def _frame(book: Book) -> maps.Frame | None:
    bounds = book.outlines.bounds(book.town.code)
    return maps.frame(bounds) if bounds else None


def _shapes(book: Book, told: dict[str, tuple[int | None, int | None]]) -> list[Shape]:
    frame = _frame(book)
    most = max((filed for filed, _ in told.values() if filed is not None), default=1)
    return [
        Shape(
            book.area_name(code), maps.outline(book.outlines, frame, code), maps.middle(book.outlines, frame, code),
            filed, 0 if filed is None else min(3, 1 + 3 * filed // (most + 1)),
        )
        for code, (filed, _) in told.items() if frame and code
    ]  # fmt: skip


def _trend(periods: Sequence[Period], weeks: Sequence[Cells], locale: str) -> charts.LineChart:
    sums = [one.sums(_every) for one in weeks]
    filed, finished = say("public.filed", locale), say("public.finished", locale)
    series = {
        filed: [small_cells.count(int(one["filed"])) for one in sums],
        finished: [small_cells.count(int(one["finished"])) for one in sums],
    }
    return charts.lines([f"{one.start:%m-%d}" for one in periods], series, kinds={finished: "second"})


def _every(_: Key) -> bool:
    return True


def _street(book: Book, key: Key) -> str:
    path = book.path(key.grid)
    return path[STREET] if len(path) > STREET else _ELSEWHERE


def _count(value: int, locale: str) -> str:
    told = small_cells.count(value)
    return say("public.untold", locale) if told is None else str(told)


def _share(share: Share, locale: str) -> str:
    told = small_cells.share(share.part, share.whole)
    return say("public.untold", locale) if told is None else say(f"public.share.{told.how}", locale, n=told.percent)


def _day(day: date, locale: str) -> str:
    parts = {"month": day.month, "day": day.day, "year": day.year}
    return say("paper.day", locale, month_name=f"{day:%b}", **parts)
