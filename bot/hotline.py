"""A hotline's work orders (12345 工单) as a table: read, checked line by line, filed once for each number, answered.

The table is never kept: it is read where it is needed, and what it tells of people goes where a complaint's goes.
"""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.brought import Told, file
from bot.flows import words
from bot.scrub import LONGEST, scrub
from bot.senses import Senses
from cases import ports
from cases.book import Book
from cases.errors import Refusal
from cases.keys import Keys
from models import Brought, Case

COLUMNS: Mapping[str, Sequence[str]] = {  # ours → what hotlines call it; the first is what we write ourselves
    "external": ("工单编号", "工单号", "诉求编号", "受理编号", "编号", "order_id", "id"),
    "text": ("诉求内容", "工单内容", "来电内容", "主要内容", "内容", "问题描述", "content", "text"),
    "place": ("诉求地点", "事发地址", "事发地点", "详细地址", "地址", "地点", "address", "place"),
    "phone": ("联系电话", "来电号码", "电话", "手机", "phone"),
    "category": ("诉求类别", "问题分类", "类别", "category"),
    "private": ("是否保密", "保密", "匿名", "anonymous"),
}
NEEDED = ("external", "text")
YES = frozenset({"是", "保密", "匿名", "y", "yes", "true", "1"})
MOST_ROWS = 20_000
EXTERNAL_MOST = 64


class Unreadable(Refusal):
    """The table as a whole cannot be read."""


@dataclass(frozen=True)
class Line:
    """One work order, or why it is none. `number`: of the line in the file, the heading being the first."""

    number: int
    told: Told | None = None
    problem: str = ""  # a text key


def read(data: bytes, book: Book) -> Sequence[Line]:
    """Every line, good or not. Raises Unreadable for a file that is no such table."""
    rows = list(csv.reader(io.StringIO(_decoded(data), newline=""), strict=False))
    if not rows:
        raise Unreadable("hotline.empty")
    at = _columns(rows[0])
    if missing := [name for name in NEEDED if name not in at]:
        raise Unreadable("hotline.columns", names="、".join(COLUMNS[name][0] for name in missing))
    if len(rows) - 1 > MOST_ROWS:
        raise Unreadable("hotline.too_long", most=MOST_ROWS)
    names = _names(book)
    lines, seen = list[Line](), set[str]()
    for number, row in enumerate(rows[1:], 2):
        if any(cell.strip() for cell in row):
            lines.append(_line(number, {name: row[n] for name, n in at.items() if n < len(row)}, names, seen))
    return lines


def _decoded(data: bytes) -> str:
    """UTF-8, or what spreadsheets in China write."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding).replace("\x00", "")
        except UnicodeDecodeError:
            continue
    raise Unreadable("hotline.encoding")


def _columns(heading: Sequence[str]) -> Mapping[str, int]:
    said = [re.sub(r"\s", "", cell).lower() for cell in heading]
    found = {name: next((said.index(one) for one in known if one in said), None) for name, known in COLUMNS.items()}
    return {name: at for name, at in found.items() if at is not None}


def _line(number: int, cells: Mapping[str, str], names: Mapping[str, tuple[str, str | None]], seen: set[str]) -> Line:
    external, text = cells["external"].strip(), scrub(cells.get("text", "")).strip()
    phone = cells.get("phone", "").strip()
    if not external or len(external) > EXTERNAL_MOST or "\n" in external:
        return Line(number, problem="hotline.no_number")
    if external in seen:
        return Line(number, problem="hotline.twice")
    if not text:
        return Line(number, problem="hotline.no_text")
    if len(text) > LONGEST:
        return Line(number, problem="hotline.text_long")
    seen.add(external)
    field, item = names.get(cells.get("category", "").strip(), (None, None))
    told = Told(
        external=external, text=text, category=field, item=item, place=scrub(cells.get("place", "")).strip(),
        phone=words.phone(phone) if phone else None, anonymous=cells.get("private", "").strip().lower() in YES,
        who=words.phone(phone) or "" if phone else "",
    )  # fmt: skip
    return Line(number, told)


def _names(book: Book) -> Mapping[str, tuple[str, str | None]]:
    """Categories by code and by name; a name that two share says nothing."""
    named: dict[str, tuple[str, str | None]] = {}
    twice = set[str]()
    for one in book.categories.values():
        label = (one.parent, one.code) if one.parent else (one.code, None)
        named[one.code] = label
        twice |= {one.name} & named.keys() - {one.code}
        named.setdefault(one.name, label)
    return {name: label for name, label in named.items() if name not in twice}


async def take(
    session: AsyncSession, senses: Senses, keys: Keys, told: Sequence[Told], now: datetime
) -> tuple[int, int]:
    """Files what is new: how many were, and how many had come before."""
    new = 0
    for one in told:
        _, fresh = await file(session, senses, keys, ports.HOTLINE, one, now)
        new += fresh
    return new, len(told) - new


@dataclass(frozen=True)
class Answer:
    external: str
    case: Case


async def answers(session: AsyncSession, externals: Sequence[str]) -> Sequence[Answer]:
    """What became of these work orders, in their order; those we do not know are left out."""
    chosen = select(Brought.external, Case).join(Case, col(Case.id) == Brought.case_id)
    theirs = chosen.where(Brought.port == ports.HOTLINE, col(Brought.external).in_(externals))
    known = dict((await session.exec(theirs)).all())
    return [Answer(one, known[one]) for one in externals if one in known]
