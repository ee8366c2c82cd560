"""The town's tables (基础台账): lists, a form for each row, what a change would break, and whoever may not stay."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Body, Query
from fastapi.responses import JSONResponse, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from cases.errors import NotAllowed, NotFound
from cases.keys import new_password
from models import Role
from town import edit, pointing
from town.describe import BY_NAME, TABLES, Described
from town.edit import Proposal, Unsound
from town.listing import PER_PAGE, Asked, count, search
from town.problems import Problem
from town.tables import key_of
from web.console import passwords
from web.console.shell import Console, at
from web.console.tables_view import Words, form, given, options

router = APIRouter()
Here = Annotated[Console, at("tables")]
Key = Annotated[str, Query(max_length=400)]


def described(name: str) -> Described:
    """Raises NotFound."""
    if name not in BY_NAME:
        raise NotFound("request.not_found")
    return BY_NAME[name]


def words_of(here: Console) -> Words:
    return Words(here.book, here.locale)


@router.get("/console/tables", response_model=None)
async def all_tables(here: Here) -> Response:
    async with here.parts.transactions.read() as session:
        counts = {table.name: await count(session, table) for table in TABLES}
    return here.show("tables", tables=TABLES, counts=counts, words=words_of(here), editable=_editable(here))


@router.get("/console/tables/{name}", response_model=None)
async def one_table(
    here: Here,
    name: str,
    q: Annotated[str, Query(max_length=100)] = "",
    sort: Annotated[str, Query(max_length=40)] = "",
    down: bool = False,
    resting: bool = False,
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
) -> Response:
    table, words = described(name), words_of(here)
    asked = Asked(q, sort, down, resting, page)
    async with here.parts.transactions.read() as session:
        found = await search(session, table, asked, words.names)
    shown = [column for column in table.columns if column.listed]
    keys = [key_of(table.file, cells) for cells in found.rows]
    pages = max(1, -(-found.total // PER_PAGE))
    return here.show(
        "table", table=table, words=words, asked=asked, found=found, keys=keys, columns=shown, pages=pages,
        editable=_editable(here), rests=name not in ("calendar", "duty"),
    )  # fmt: skip


@router.get("/console/tables/{name}/row", response_model=None)
async def one_row(here: Here, name: str, key: Key = "") -> Response:
    """Without a key a new one."""
    table, words = described(name), words_of(here)
    async with here.parts.transactions.read() as session:
        cells = await pointing.row(session, table, key) if key else None
        resting = bool(key) and not cells
        if resting:
            cells = await pointing.row(session, table, key, resting=True)
        told = await pointing.to(session, here.book, table, key) if cells else None
    if key and cells is None:
        raise NotFound("request.not_found")
    return here.show(
        "table_row", table=table, words=words, key=key, seen=edit.mark(None if resting else cells), cells=cells,
        fields=form(words, table, cells), options=options(words, table), told=told, resting=resting,
        editable=_editable(here) and not table.page,
    )  # fmt: skip


@router.post("/console/tables/{name}/row", response_model=None)
async def save_row(here: Here, name: str, body: Annotated[dict[str, Any], Body()]) -> Response:
    """Kept if the town as a whole stays sound and nobody changed the row since it was shown."""
    table, words = described(name), words_of(here)
    key, seen = str(body.get("_key", "")), str(body.get("_seen", ""))
    cells = given(words, table, body)
    try:
        edit.readable(table.file, cells)
        async with here.parts.transactions.begin() as session:
            now = await edit.current(session, to_change=True)
            sheets, key = edit.with_row(now.sheets, table.file, key or None, seen, cells)
            await carry_out(here, session, await edit.weigh(now.sheets, sheets))
    except Unsound as unsound:
        return _unsound(here, table, key_of(table.file, cells), unsound.problems)
    await here.parts.reread()
    return JSONResponse({"to": f"/console/tables/{name}"})


@router.post("/console/tables/{name}/retire", response_model=None)
async def retire_row(here: Here, name: str, body: Annotated[dict[str, str], Body()]) -> Response:
    """Nothing that old cases name is deleted: it rests."""
    table, key = described(name), body.get("_key", "")
    try:
        async with here.parts.transactions.begin() as session:
            now = await edit.current(session, to_change=True)
            sheets = edit.without_row(now.sheets, table.file, key, body.get("_seen", ""))
            await carry_out(here, session, await edit.weigh(now.sheets, sheets))
    except Unsound as unsound:
        return _unsound(here, table, "", unsound.problems)
    await here.parts.reread()
    return JSONResponse({"to": table.page or f"/console/tables/{name}"})


@router.post("/console/tables/people/password", response_model=None)
async def post_password(here: Here, code: Annotated[str, Body(embed=True, max_length=64)]) -> Response:
    """A new one, shown this once to the admin; whoever is signed in as them is signed out."""
    made = new_password()
    async with here.parts.transactions.begin() as session:
        await passwords.give(session, code, made)
        here.note(session, "password", "people", code)
    return JSONResponse({"password": made}, headers={"cache-control": "no-store"})


async def carry_out(here: Console, session: AsyncSession, proposal: Proposal) -> None:
    """Nobody takes their own role away: whoever changes the tables is an admin, so that one always stays."""
    for change in proposal.changes:
        role = (change.after or {}).get("role")
        if (change.file, change.key) == ("people.csv", here.person.code) and role != here.person.role:
            raise NotAllowed("console.tables.not_yourself")
    await edit.carry_out(session, proposal, here.person.code, here.now)


def _unsound(here: Console, table: Described, key: str, problems: Sequence[Problem]) -> Response:
    """Beside its field what is wrong with this row's cell; all else under the form."""
    words = words_of(here)
    fields: dict[str, str] = {}
    rest: list[str] = []
    for one in problems:
        if one.file == table.file and one.subject == key and one.column:
            fields.setdefault(one.column, words.problem(one))
        else:
            rest.append(f"{words.where(one)} · {words.problem(one)}")
    message = "\n".join(rest[:20]) if rest else here.say("console.tables.fields_wrong", n=len(fields))
    said: Mapping[str, Any] = {"key": "console.tables.unsound", "message": message, "fields": fields}
    return JSONResponse({"error": said}, 422, {"cache-control": "no-store"})


def _editable(here: Console) -> bool:
    return here.person.role is Role.ADMIN
