"""The town as a whole (全市设置): names, hours, telephone numbers; shown before they are kept, as an import is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Body
from fastapi.responses import JSONResponse, Response

from cases.errors import Missing, Stale
from models import TownImport
from town import edit
from town.describe import SETTINGS, Kind
from town.edit import Unsound
from town.read import PROFILE
from town.sheets import VALUE, Cells, Sheet, toml_of
from web.console.imports import forget_old
from web.console.shell import Console, at
from web.console.tables import words_of
from web.console.tables_view import Words, code_of, in_force

router = APIRouter()
Here = Annotated[Console, at("settings")]
FIXED = frozenset({"timezone"})  # deadlines, papers and pages speak one town time


@dataclass(frozen=True)
class Setting:
    name: str
    label: str
    value: str
    kind: Kind
    fixed: bool


@router.get("/console/settings", response_model=None)
async def settings_page(here: Here) -> Response:
    async with here.parts.transactions.read() as session:
        sheet = await edit.sheet(session, PROFILE)
    words = words_of(here)
    units = [f"{code} {words.names['units'][code]}" for code in in_force(words, "units")]
    groups = _groups(words, sheet)
    return here.show("settings", groups=groups, seen=edit.mark(_flat(sheet)), units=units)


@router.get("/console/settings/town.toml", response_model=None)
async def export(here: Here) -> Response:
    """As `seed` and the import read it."""
    async with here.parts.transactions.begin() as session:
        text = toml_of(await edit.sheet(session, PROFILE))
        here.note(session, "export", "town", PROFILE)
    headers = {"content-disposition": f'attachment; filename="{PROFILE}"', "cache-control": "no-store"}
    return Response(text, media_type="application/toml", headers=headers)


@router.post("/console/settings", response_model=None)
async def look(here: Here, body: Annotated[dict[str, str], Body()]) -> Response:
    """What would change, kept to be looked at: nothing of the town changes before that page is confirmed."""
    words = words_of(here)
    async with here.parts.transactions.begin() as session:
        now = await edit.current(session)
        old = now.sheets[PROFILE]
        if body.get("_seen") != edit.mark(_flat(old)):
            raise Stale("console.tables.changed_meanwhile")
        new = {name: {VALUE: _given(words, name, cells[VALUE], body)} for name, cells in old.items()}
        try:
            edit.readable(PROFILE, _flat(new))
            proposal = await edit.weigh(now.sheets, {**now.sheets, PROFILE: new})
        except Unsound as unsound:
            return _unsound(here, {one.column: words.problem(one) for one in unsound.problems})
        if proposal.problems:
            return _unsound(here, {one.subject: words.problem(one) for one in proposal.problems})
        if not proposal.changes:
            raise Missing("console.settings.nothing")
        await forget_old(session, here.now)
        rows = {PROFILE: {"sheet": new, "lines": {}}}
        waiting = TownImport(person=here.person.code, version=now.version, rows=rows, at=here.now)
        session.add(waiting)
    return JSONResponse({"to": f"/console/tables/import/{waiting.id}"})


def _given(words: Words, name: str, old: str, body: Mapping[str, str]) -> str:
    if name in FIXED or name not in body:
        return old
    text = body[name].strip()
    return code_of(words.names["units"], text) if _kind(name) is Kind.ROW else text


def _kind(name: str) -> Kind:
    return next((one.kind for one in SETTINGS if one.name == name), Kind.TEXT)


def _groups(words: Words, sheet: Sheet) -> dict[str, list[Setting]]:
    """By the file's sections; what a town added of its own has its own name for a label."""
    groups: dict[str, list[Setting]] = {}
    order = [column.name for column in SETTINGS]
    for name in [*order, *(name for name in sheet if name not in order)]:  # the database keeps no order
        value, kind = sheet[name][VALUE], _kind(name)
        shown = f"{value} {words.names['units'].get(value, '')}".strip() if kind is Kind.ROW else value
        one = Setting(name, words.setting(name), shown, kind, name in FIXED)
        groups.setdefault(name.rpartition(".")[0] or "whole", []).append(one)
    return groups


def _flat(sheet: Sheet) -> Cells:
    return {name: cells[VALUE] for name, cells in sheet.items()}


def _unsound(here: Console, fields: Mapping[str, str]) -> Response:
    said: dict[str, Any] = {
        "key": "console.tables.unsound",
        "message": here.say("console.tables.fields_wrong", n=len(fields)),
        "fields": fields,
    }
    return JSONResponse({"error": said}, 422, {"cache-control": "no-store"})
