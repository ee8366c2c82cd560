"""The one door through which tables leave the console: CSV or xlsx, inert in any spreadsheet, and in the log."""

import asyncio
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response
from sqlmodel.ext.asyncio.session import AsyncSession

from cases.clock import TOWN_TIME
from cases.export import as_csv, as_xlsx
from town import edit
from town.export import geojson
from town.listing import Asked, everything
from town.read import OUTLINES
from web.console.shell import Console, at
from web.console.tables import described, words_of
from web.console.tables_view import headings

router = APIRouter()


class To(StrEnum):
    CSV = "csv"
    XLSX = "xlsx"


MEDIA = {
    To.CSV: "text/csv; charset=utf-8",
    To.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


async def sent(
    here: Console, session: AsyncSession, name: str, title: str, to: To,
    heading: Sequence[str], rows: Iterable[Sequence[str]], asked: str,
) -> Response:  # fmt: skip
    """Made in a thread; `name` is the file's and the log's, `title` the sheet's, `asked` what was asked for."""
    some = list(rows)
    made = await asyncio.to_thread(as_csv, heading, some) if to is To.CSV else await asyncio.to_thread(
        as_xlsx, heading, some, title
    )  # fmt: skip
    here.note(session, "export", name, str(to), after={"rows": len(some), "query": asked})
    return file(here, made, f"{name}-{here.now.astimezone(TOWN_TIME):%Y%m%d}.{to}", MEDIA[to])


def file(here: Console, made: bytes, name: str, media: str) -> Response:
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "private, no-store"}
    return Response(made, media_type=media, headers=headers)


@router.get("/console/tables/{name}/export", response_model=None)
async def export_table(
    here: Annotated[Console, at("tables")],
    name: str,
    to: To = To.CSV,
    q: Annotated[str, Query(max_length=100)] = "",
    sort: Annotated[str, Query(max_length=40)] = "",
    down: bool = False,
    resting: bool = False,
) -> Response:
    """What the list shows, all its pages; the headings are those an import knows."""
    if name == "outlines":
        return await _outlines(here)
    table, words = described(name), words_of(here)
    async with here.parts.transactions.begin() as session:
        found = await everything(session, table, Asked(q, sort, down, resting), words.names)
        rows = ([cells[column.name] for column in table.columns] for cells in found)
        return await sent(here, session, name, words.table(name), to, headings(words, table), rows, q)


async def _outlines(here: Console) -> Response:
    async with here.parts.transactions.begin() as session:
        outlines = await edit.sheet(session, OUTLINES)
        here.note(session, "export", "grids", "geojson", after={"rows": len(outlines)})
    name = f"grids-{here.now.astimezone(TOWN_TIME):%Y%m%d}.geojson"
    written = await asyncio.to_thread(geojson, outlines)
    return file(here, written.encode(), name, "application/geo+json")
