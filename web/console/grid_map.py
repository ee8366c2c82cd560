"""The map of grids: their outlines drawn as they are, points that can be moved, the same checks as everywhere."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import cos, radians
from typing import Annotated, Any

import shapely  # type: ignore[import-untyped]  # it ships no types
from fastapi import APIRouter, Body, Query
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field

from cases.book import Book
from cases.errors import Stale
from models import Area, Role
from models.town import COMMUNITY, GRID, SPECIAL, STREET
from town import edit
from town.edit import Proposal, Unsound
from town.read import OUTLINES
from town.sheets import OUTLINE, Sheets, outline
from web.console.shell import Console, at
from web.console.tables import words_of

router = APIRouter()
Here = Annotated[Console, at("tables")]
WIDTH, ROOM, LEAST_ROOM = 1000.0, 0.04, 1e-4
MOST = 200  # outlines on one map: a county is looked at street by street
MOST_SPOTS = 600
MOST_TOLD = 12  # problems at once

Ring = list[tuple[float, float]]
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Drawn:
    code: str
    name: str
    path: str
    over: bool  # a special grid lies over others
    x: float
    y: float
    own: bool  # inside what was asked for, not only beside it


@dataclass(frozen=True)
class Sheet:
    """Degrees to the picture: x = (lon - west) * across, y = (north - lat) * down."""

    west: float
    north: float
    across: float
    down: float
    height: float

    def point(self, lon: float, lat: float) -> tuple[float, float]:
        return round((lon - self.west) * self.across, 2), round((self.north - lat) * self.down, 2)

    def path(self, rings: Iterable[Sequence[Sequence[float]]]) -> str:
        return "".join(
            "M" + "L".join(f"{x} {y}" for x, y in (self.point(*p) for p in ring[:-1])) + "Z" for ring in rings
        )


def sheet(box: Box) -> Sheet:
    west, south, east, north = box
    room = max((east - west) * ROOM, LEAST_ROOM)
    west, south, east, north = west - room, south - room, east + room, north + room
    across = WIDTH / (east - west)
    down = across / cos(radians((north + south) / 2))
    return Sheet(west, north, across, down, round((north - south) * down, 1))


@router.get("/console/tables/map", response_model=None)
async def map_page(here: Here, area: Annotated[str, Query(max_length=64)] = "", over: bool = False) -> Response:
    book = here.book
    level = SPECIAL if over else GRID
    cells = {one.code: one for one in book.areas.values() if one.level == level and one.active and one.outline}
    where = book.areas.get(area) or _first(book, len(cells))
    own = {code for code, one in cells.items() if where is None or where.code in one.path} or set(cells)
    shapes = {code: shapely.geometry.shape(one.outline) for code, one in cells.items()}
    if not own:
        return here.show("grid_map", drawn=(), places=places(book), area=area, over=over, data={}, spots=())
    box = tuple(float(edge) for edge in shapely.total_bounds([shapes[code] for code in own]))
    on = sheet(box)  # type: ignore[arg-type]
    near = [code for code, shape in shapes.items() if code in own or shape.intersects(shapely.box(*box))]
    drawn = [_drawn(on, cells[code], shapes[code], code in own) for code in near]
    async with here.parts.transactions.read() as session:
        version = await edit.version(session)
    data = {
        "version": version, "west": on.west, "north": on.north, "across": on.across, "down": on.down,
        "height": on.height, "editable": here.person.role is Role.ADMIN,
        "cells": {code: {"name": cells[code].name, "rings": _rings(cells[code])} for code in near},
    }  # fmt: skip
    dots = [on.point(one.lon, one.lat) for one in book.places.values() if one.active and one.grid in own]
    return here.show(
        "grid_map", drawn=drawn, places=places(book), area=where.code if where else "", over=over, data=data,
        spots=dots[:MOST_SPOTS], on=on, width=WIDTH,
    )  # fmt: skip


def places(book: Book) -> list[Area]:
    """The streets and communities somebody may look at."""
    found = [one for one in book.areas.values() if one.level in (STREET, COMMUNITY) and one.active]
    return sorted(found, key=lambda one: one.path)


def _first(book: Book, outlines: int) -> Area | None:
    """The whole town where it fits, else its first street."""
    return None if outlines <= MOST else next((one for one in places(book)), None)


def _drawn(on: Sheet, area: Area, shape: Any, own: bool) -> Drawn:
    middle = shape.representative_point()
    rings = (area.outline or {})["coordinates"]
    return Drawn(area.code, area.name, on.path(rings), area.level == SPECIAL, *on.point(middle.x, middle.y), own)


Degree = Annotated[float, Field(ge=-180, le=180)]
Point = Annotated[tuple[Degree, Degree], Field()]


class Redrawn(BaseModel):
    version: int
    outlines: Annotated[dict[str, list[Annotated[list[Point], Field(max_length=5000)]]], Field(max_length=MOST * 2)]


@router.post("/console/tables/map/check", response_model=None)
async def check(here: Here, drawn: Annotated[Redrawn, Body()]) -> Response:
    """What would be wrong, while it is drawn; nothing is kept."""
    async with here.parts.transactions.read() as session:
        now = await edit.current(session)
    proposal = await edit.weigh(now.sheets, _with(now.sheets, drawn.outlines))
    return JSONResponse({"changed": len(proposal.changes), "problems": _told(here, proposal)})


@router.post("/console/tables/map", response_model=None)
async def save(here: Here, drawn: Annotated[Redrawn, Body()]) -> Response:
    """Raises Stale where the town was changed since the map was drawn."""
    try:
        async with here.parts.transactions.begin() as session:
            now = await edit.current(session, to_change=True)
            if now.version != drawn.version:
                raise Stale("console.tables.town_changed")
            proposal = await edit.weigh(now.sheets, _with(now.sheets, drawn.outlines))
            await edit.carry_out(session, proposal, here.person.code, here.now)
    except Unsound as unsound:
        message = "\n".join(_told(here, Proposal((), None, unsound.problems)))
        return JSONResponse({"error": {"key": unsound.key, "message": message}}, 422, {"cache-control": "no-store"})
    await here.parts.reread()
    return JSONResponse({"said": here.say("console.live.saved")})


def _with(sheets: Sheets, outlines: Mapping[str, Sequence[Sequence[tuple[float, float]]]]) -> Sheets:
    new = {code: {OUTLINE: outline({"coordinates": rings})} for code, rings in outlines.items()}
    return {**sheets, OUTLINES: {**sheets[OUTLINES], **new}}


def _told(here: Console, proposal: Proposal) -> list[str]:
    words = words_of(here)
    return [f"{words.where(one)} · {words.problem(one)}" for one in proposal.problems[:MOST_TOLD]]


def _rings(area: Area) -> object:
    """The outline's points; every grid has one."""
    assert area.outline is not None
    return area.outline["coordinates"]
