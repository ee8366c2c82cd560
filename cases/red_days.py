"""A grid that turned red is told of once, with the reasons in words: to whoever leads it and to the supervisors."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from cases.book import Book
from cases.notices import NEW_NOTICES
from models import AreaDay, Notification, Role
from models.hot import Colour
from models.town import GRID
from routing.assign import held


async def tell(session: AsyncSession, book: Book, rows: Sequence[AreaDay], now: datetime) -> int:
    """To be called once for a day's rows; how many grids were red. What they lie in is not told of besides."""
    red = [row for row in rows if row.colour is Colour.RED and book.areas[row.area].level == GRID]
    for row in red:
        for person in dict.fromkeys([*_leading(book, row.area), *book.of_role(Role.SUPERVISOR)]):
            note = Notification(
                unique_key=f"red:{row.area}:{row.day}:{person}", person=person, text_key="warn.red", created_at=now,
                args={"place": book.area_name(row.area), "day": _day(row.day), "lines": reasons(row)},
            )  # fmt: skip
            session.add(note)
            session.info.setdefault(NEW_NOTICES, []).append(note)
    return len(red)


def reasons(row: AreaDay) -> list[tuple[str, dict[str, object]]]:
    """In words, the strongest first: what was seen, and what is usual there."""
    return [
        (f"warn.kind.{one['kind']}", {"seen": one["seen"], "usual": f"{one['expected']:.1f}"}) for one in row.reasons
    ]


def _leading(book: Book, grid: str) -> list[str]:
    """Of the grid, else of the smallest area around it that has a leader."""
    for area in reversed(book.path(grid)):
        if found := [one.code for one in book.heads if one.role is Role.LEADER and area in held(one)]:
            return found
    return []


def _day(day: date) -> str:
    return f"{day.month}-{day.day}"
