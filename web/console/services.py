"""What residents are told of errands (办事指南): found, tried, written, looked over, and how often it helped."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Body, Query
from fastapi.responses import Response
from sqlmodel.ext.asyncio.session import AsyncSession

from bot import services as words
from bot.texts import LOCALES
from cases import guide
from cases.errors import NotAllowed, Refusal
from cases.export import as_csv
from classifiers.asking import asks
from models import Role, Service
from routing.topics import Topic
from town import edit, service_edit
from town.edit import Unsound
from town.sheets import Cells
from town.tables import COLUMNS
from web import roles
from web.console.shell import Console, at

PER_PAGE = 50
LISTS = ("asked", "steps", "materials")  # a line each in the form, `;` between them in the file
EDITORS = roles.DESKS

router = APIRouter()
Here = Annotated[Console, at("services")]
Body_ = Annotated[dict[str, Any], Body()]


@router.get("/console/services", response_model=None)
async def services_page(
    here: Here,
    q: Annotated[str, Query(max_length=100)] = "",
    unit: Annotated[str, Query(max_length=64)] = "",
    due: bool = False,
    resting: bool = False,
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
    ask: Annotated[str, Query(max_length=500)] = "",
) -> Response:
    """`ask`: a question to try, as a resident would say it."""
    async with here.parts.transactions.read() as session:
        rows = await guide.every(session, active=not resting)
        counts = await guide.counts(session)
    found = [row for row in rows if _has(row, q) and unit in ("", row.unit) and not (due and not _due(here, row))]
    pages = max(1, -(-len(found) // PER_PAGE))
    return here.show(
        "services", rows=found[(page - 1) * PER_PAGE : page * PER_PAGE], total=len(found), pages=pages, counts=counts,
        units=sorted({row.unit for row in rows}), due=lambda row: _due(here, row), title=words.title,
        asked={"q": q, "unit": unit, "due": due, "resting": resting, "page": page, "ask": ask},
        tried=_tried(here, ask) if ask else None, adds=here.person.role in roles.EDITS_SERVICES,
    )  # fmt: skip


@router.get("/console/services/one", response_model=None)
async def one_service(here: Here, code: Annotated[str, Query(max_length=64)] = "") -> Response:
    """Without a code a new one."""
    async with here.parts.transactions.read() as session:
        service = await service_edit.find(session, code) if code else None
        counts = await guide.counts(session)
    own = here.person.unit if here.person.role is Role.CLERK else ""
    cells = service_edit.cells_of(service) if service else {"unit": own, "call": "12345"}
    if not service:
        _may(here, own)
    return here.show(
        "service", service=service, cells=_lines(cells), seen=edit.mark(cells), topics=list(Topic),
        editable=not service or _edits(here, service.unit), own=own, counts=counts.get(code),
        told=_told(service) if service else None, due=service is not None and _due(here, service),
    )  # fmt: skip


@router.post("/console/services/preview")
async def preview(here: Here, body: Body_) -> dict[str, Any]:
    """As the resident would see it, not kept."""
    cells = _cells(body)
    try:
        return {"told": _told(service_edit.built(here.book, {**cells, "code": cells["code"] or "new"}))}
    except Unsound as unsound:
        raise _wrong(here, unsound) from None


@router.post("/console/services/save")
async def save(here: Here, body: Body_) -> dict[str, str]:
    code, cells = str(body.get("_code", "")), _cells(body)
    try:
        async with here.parts.transactions.begin() as session:
            _may(here, cells["unit"])
            if code:
                await _change(here, session, code, str(body.get("_seen", "")), cells)
            else:
                await service_edit.add(session, here.book, cells, here.person.code, here.now)
    except Unsound as unsound:
        raise _wrong(here, unsound) from None
    await here.parts.reread()
    return {"to": f"/console/services/one?code={code or cells['code']}"}


async def _change(here: Console, session: AsyncSession, code: str, seen: str, cells: Cells) -> None:
    service = await service_edit.find(session, code, to_change=True)
    _may(here, service.unit)
    await service_edit.change(session, here.book, service, seen, cells, here.person.code, here.now)


@router.post("/console/services/active")
async def set_active(
    here: Here, code: Annotated[str, Body(max_length=64)], active: Annotated[bool, Body()]
) -> dict[str, str]:
    async with here.parts.transactions.begin() as session:
        service = await service_edit.find(session, code, to_change=True)
        _may(here, service.unit)
        await service_edit.set_active(session, service, active=active, who=here.person.code, now=here.now)
    await here.parts.reread()
    return {"to": f"/console/services/one?code={code}"}


@router.get("/console/services/export", response_model=None)
async def export(here: Here) -> Response:
    """The table as an import takes it, its headings as in the file."""
    async with here.parts.transactions.begin() as session:
        rows = [list(service_edit.cells_of(row).values()) for row in await guide.every(session, active=True)]
        here.note(session, "export", "services", "csv", after={"rows": len(rows)})
    headers = {"content-disposition": 'attachment; filename="services.csv"', "cache-control": "private, no-store"}
    return Response(as_csv(COLUMNS[service_edit.FILE], rows), media_type="text/csv; charset=utf-8", headers=headers)


def _has(row: Service, q: str) -> bool:
    said = " ".join([row.code, row.title, row.title_en, *row.asked]).lower()
    return all(word in said for word in q.lower().split())


def _due(here: Console, row: Service) -> bool:
    return guide.is_due(row, here.now)


def _edits(here: Console, unit: str) -> bool:
    """Clerks keep what is their own unit's."""
    return here.person.role in EDITORS or (here.person.role is Role.CLERK and here.person.unit == unit)


def _may(here: Console, unit: str) -> None:
    if not _edits(here, unit):
        raise NotAllowed("console.services.not_your_unit")


def _tried(here: Console, text: str) -> Mapping[str, Any]:
    near = here.book.guide.finder.near(text)
    answers = here.book.guide.answers(text, here.now)
    return {"asks": asks(text), "danger": here.parts.senses.danger(text), "near": near, "answers": answers}


def _told(service: Service) -> Mapping[str, str]:
    """By language, and short as elder mode says it."""
    whole = {locale: f"{words.title(service, locale)}\n{words.told(service, locale)}" for locale in LOCALES}
    return {**whole, "large": words.briefly(service, LOCALES[0])}


def _lines(cells: Cells) -> Cells:
    return {name: text.replace(";", "\n") if name in LISTS else text for name, text in cells.items()}


def _cells(body: Mapping[str, Any]) -> Cells:
    """A field that was not sent is empty; lines become a list."""
    given = {name: str(body.get(name) or "").strip() for name in COLUMNS[service_edit.FILE]}
    lists = {name: ";".join(filter(None, map(str.strip, given[name].splitlines()))) for name in LISTS}
    return {**{name: " ".join(text.split()) for name, text in given.items()}, **lists}


def _wrong(here: Console, unsound: Unsound) -> Refusal:
    """The first, with its field."""
    problem = unsound.problems[0]
    name = problem.column if problem.column in COLUMNS[service_edit.FILE] else problem.value
    field = here.say(f"console.tables.column.{name}") if name in COLUMNS[service_edit.FILE] else problem.file
    return Refusal("console.services.wrong", field=field, why=problem.say(here.locale))
