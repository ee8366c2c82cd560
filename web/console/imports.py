"""Import: files in, what they would change shown first, and done only when somebody says so, just as it was shown."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, File, Form, Query, UploadFile
from fastapi.responses import JSONResponse, Response
from sqlmodel import col, delete
from sqlmodel.ext.asyncio.session import AsyncSession

from cases.errors import Missing, NotFound, Stale
from models import TownImport
from town import edit, intake
from town.describe import TABLES
from town.edit import Proposal, Unsound
from town.intake import WhatFile, Wish
from town.read import PROFILE
from town.sheets import Change, Sheets
from web.console.shell import Console, at
from web.console.tables import carry_out, words_of
from web.console.tables_view import columns_by_heading

router = APIRouter()
Here = Annotated[Console, at("tables")]
KEPT = timedelta(days=1)
SHOWN = 200  # rows of a preview


@cache
def headings() -> dict[str, str]:
    return columns_by_heading()


@router.get("/console/tables/import", response_model=None)
async def import_form(here: Here, table: Annotated[str, Query(max_length=40)] = "") -> Response:
    return here.show("table_import", tables=TABLES, chosen=table, words=words_of(here))


@router.post("/console/tables/import", response_model=None)
async def take_in(
    here: Here,
    files: Annotated[list[UploadFile] | None, File()] = None,
    table: Annotated[str, Form(max_length=40)] = "",
    missing: Annotated[str, Form(max_length=10)] = "keep",
    coordinates: Annotated[str, Form(max_length=10)] = "wgs",
) -> Response:
    """Kept for a day, to be looked at. Nothing of the town changes."""
    given = [one for one in files or () if one.filename]
    if not given:
        raise Missing("console.tables.no_file")
    wish = Wish(table if len(given) == 1 else "", missing == "retire", coordinates == "gcj")
    async with here.parts.transactions.begin() as session:
        await forget_old(session, here.now)
        now = await edit.current(session)
        try:
            read = [intake.read(one.filename or "", await one.read(), wish, headings(), now.sheets) for one in given]
        except WhatFile as error:
            raise Missing("console.tables.what_file", name=str(error)) from None
        except Unsound as unsound:
            return _refused(here, unsound)
        rows = {one.file: {"sheet": one.sheet, "lines": dict(one.lines)} for one in read}
        waiting = TownImport(person=here.person.code, version=now.version, rows=rows, at=here.now)
        session.add(waiting)
    return JSONResponse({"to": f"/console/tables/import/{waiting.id}"})


async def forget_old(session: AsyncSession, now: datetime) -> None:
    """What nobody said yes to within a day."""
    await session.execute(delete(TownImport).where(col(TownImport.at) < now - KEPT))


def _refused(here: Console, unsound: Unsound) -> Response:
    words = words_of(here)
    lines = [f"{words.where(one)} · {words.problem(one)}" for one in unsound.problems[:20]]
    said = {"key": unsound.key, "message": "\n".join(lines)}
    return JSONResponse({"error": said}, 422, {"cache-control": "no-store"})


@router.get("/console/tables/import/{which}", response_model=None)
async def preview(here: Here, which: UUID) -> Response:
    async with here.parts.transactions.read() as session:
        waiting = await session.get(TownImport, which)
        if waiting is None or waiting.person != here.person.code:
            raise NotFound("request.not_found")
        now = await edit.current(session)
    proposal = await _weighed(now.sheets, waiting)
    return here.show(
        "table_preview", which=which, words=words_of(here), changes=proposal.changes[:SHOWN],
        problems=proposal.problems[:SHOWN], wrong=len(proposal.problems), sums=sums(proposal.changes),
        stale=now.version != waiting.version, shown=SHOWN, settings=_of_settings(waiting),
    )  # fmt: skip


def sums(changes: Sequence[Change]) -> dict[str, int]:
    return {kind: sum(one.action == kind for one in changes) for kind in ("add", "change", "retire")}


@router.post("/console/tables/import/{which}", response_model=None)
async def confirm(here: Here, which: UUID, _: Annotated[dict[str, Any] | None, Body()] = None) -> Response:
    """What was shown and nothing else: a town that changed since is looked at anew."""
    try:
        async with here.parts.transactions.begin() as session:
            now = await edit.current(session, to_change=True)
            waiting = await session.get(TownImport, which, with_for_update=True)
            if waiting is None or waiting.person != here.person.code:
                raise NotFound("request.not_found")
            if waiting.version != now.version:
                raise Stale("console.tables.town_changed")
            proposal = await _weighed(now.sheets, waiting)
            here.note(session, "import", "tables", ", ".join(waiting.rows), after=sums(proposal.changes))
            to = "/console/settings" if _of_settings(waiting) else "/console/tables"
            await session.delete(waiting)
            await carry_out(here, session, proposal)
    except Unsound as unsound:
        return _refused(here, unsound)
    await here.parts.reread()
    return JSONResponse({"to": to})


def _of_settings(waiting: TownImport) -> bool:
    return set(waiting.rows) == {PROFILE}


async def _weighed(now: Sheets, waiting: TownImport) -> Proposal:
    new = {**now, **{file: one["sheet"] for file, one in waiting.rows.items()}}
    return await edit.weigh(now, new, {file: one["lines"] for file, one in waiting.rows.items()})
