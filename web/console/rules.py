"""The rule table (派单规则): rows as sentences, searched; a row's form, saved when nothing speaks against it."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Body, Query
from fastapi.responses import JSONResponse, Response
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from cases.clock import TOWN_TIME
from cases.errors import NotFound
from models import Kind, Role, RoutingRule
from routing.rules import ordered
from town import edit, rule_table
from town.edit import Unsound
from town.problems import Problem
from town.sheets import Cells
from web.console.rules_view import RULES, Reading, faults, folded, unfolded
from web.console.shell import Console, at
from web.console.tables_view import Words, in_force, options

PER_PAGE = 40

router = APIRouter()
Here = Annotated[Console, at("rules")]
Choice = Annotated[str, Query(max_length=64)]


def reading_of(here: Console) -> Reading:
    return Reading(here.book, Words(here.book, here.locale))


@router.get("/console/rules", response_model=None)
async def rules_page(
    here: Here, q: Annotated[str, Query(max_length=100)] = "", category: Choice = "", unit: Choice = "",
    area: Choice = "", off: bool = False, page: Annotated[int, Query(ge=1, le=100_000)] = 1,
) -> Response:  # fmt: skip
    """In the order of trial."""
    async with here.parts.transactions.read() as session:
        rules = (await session.exec(select(RoutingRule).where(col(RoutingRule.active)))).all()
    view, book = reading_of(here), here.book
    asked = {"q": q, "category": category, "unit": unit, "area": area, "off": off}
    every = ordered(rules, {code: one.level for code, one in book.areas.items()})
    found = [rule for rule in every if _fits(here, rule, asked)]
    rows = [view.row(rule) for rule in found[(page - 1) * PER_PAGE : page * PER_PAGE]]
    return here.show(
        "rules", rows=rows, total=len(found), page_number=page, pages=max(1, -(-len(found) // PER_PAGE)), asked=asked,
        choices=_choices(view, rules), editable=here.person.role is Role.ADMIN,
    )  # fmt: skip


def _fits(here: Console, rule: RoutingRule, asked: Mapping[str, Any]) -> bool:
    book, category = here.book, here.book.categories.get(rule.category or "")
    names = (rule.code, rule.note, book.category_name(rule.category, here.locale), book.area_name(rule.area),
             book.unit_name(rule.unit, here.locale))  # fmt: skip
    return (
        (rule.enabled or asked["off"])
        and asked["q"].strip().lower() in " ".join(names).lower()
        and (not asked["category"] or asked["category"] in (rule.category, category.parent if category else None))
        and (not asked["unit"] or asked["unit"] in (rule.unit, *rule.co_units))
        and (not asked["area"] or asked["area"] in book.path(rule.area))
    )


def _choices(view: Reading, rules: Sequence[RoutingRule]) -> dict[str, list[tuple[str, str]]]:
    """To search by: only what some row names."""
    book = view.book
    used: Mapping[str, dict[str, Any]] = {
        "category": {
            (known.parent or known.code): None for rule in rules if (known := book.categories.get(rule.category or ""))
        },
        "unit": dict.fromkeys(rule.unit for rule in rules),
        "area": dict.fromkeys(rule.area for rule in rules if rule.area),
    }
    tables = {"category": "categories", "unit": "units", "area": "areas"}
    return {
        name: sorted((code, view.words.names[tables[name]].get(code, code)) for code in codes)
        for name, codes in used.items()
    }


@router.get("/console/rules/row", response_model=None)
async def rule_page(here: Here, code: Choice = "", like: Choice = "") -> Response:
    """Without a code a new one, which may begin as a copy."""
    async with here.parts.transactions.read() as session:
        sheet = await edit.sheet(session, RULES.file)
        row = await session.get(RoutingRule, code) if code in sheet else None
    if code and row is None:
        raise NotFound("request.not_found")
    view, cells = reading_of(here), sheet.get(code or like)
    shown = {**cells, "code": code} if cells else {"enabled": "true", "priority": "300", "assign": "unit"}
    return here.show(
        "rule", code=code, seen=edit.mark(sheet.get(code) if code else None), cells=_called(view.words, shown),
        more=unfolded(cells), row=view.row(row) if row else None, options=options(view.words, RULES), words=view.words,
        units=[(unit, view.words.names["units"][unit]) for unit in in_force(view.words, "units")],
        clocks=[(one, f"{here.book.policies[one].name} · {view.span(one)}") for one in in_force(view.words, "clocks")],
        place_kinds=_named(view.words, "place_kind"), assigns=_named(view.words, "assign"), kinds=list(Kind),
        editable=here.person.role is Role.ADMIN,
    )  # fmt: skip


def _named(words: Words, name: str) -> list[tuple[str, str]]:
    """The values a column may take, with what they are called."""
    column = next(column for column in RULES.columns if column.name == name)
    return [(value, words.choice(column, value)) for value in column.choices]


def _called(words: Words, cells: Cells) -> Cells:
    """Codes of other tables with what they are called, as the fields' lists offer them."""
    of = {"category": "categories", "area": "areas", "assignee": "people"}
    return cells | {
        name: f"{cells[name]} {words.names[table].get(cells[name], '')}".strip()
        for name, table in of.items()
        if cells.get(name)
    }


@router.post("/console/rules/row", response_model=None)
async def save(here: Here, body: Annotated[dict[str, Any], Body()]) -> Response:
    """Kept if the town stays sound, the check finds nothing that forbids it, and nobody changed the row meanwhile."""
    try:
        async with here.parts.transactions.begin() as session:
            weighed = await draft(session, here, body, to_change=True)
            if weighed.errors:
                lines = [here.say("console.rules.refused"), *faults(reading_of(here), weighed.errors)]
                return refused("console.rules.refused", lines)
            await edit.carry_out(session, weighed.proposal, here.person.code, here.now)
    except Unsound as unsound:
        return unsound_row(here, body, unsound.problems)
    await here.parts.reread()
    return JSONResponse({"to": "/console/rules"})


async def draft(
    session: AsyncSession, here: Console, body: Mapping[str, Any], *, to_change: bool = False
) -> rule_table.Weighed:
    """The table with the form's row in it. Raises Unsound for what no table could hold, Stale."""
    cells = folded(Words(here.book, here.locale), body)
    edit.readable(RULES.file, cells)
    now = await edit.current(session, to_change=to_change)
    key, seen = str(body.get("_key") or ""), str(body.get("_seen") or "")
    sheets, _ = edit.with_row(now.sheets, RULES.file, key or None, seen, cells)
    weighed = await rule_table.weigh(session, now.sheets, sheets, here.now.astimezone(TOWN_TIME).date())
    if weighed.problems:
        raise Unsound(weighed.problems)
    return weighed


def unsound_row(here: Console, body: Mapping[str, Any], problems: Sequence[Problem]) -> JSONResponse:
    """Beside its field what is wrong with a cell; all else under the form."""
    words, code = Words(here.book, here.locale), str(body.get("code") or "").strip()
    fields: dict[str, str] = {}
    rest = list[str]()
    for one in problems:
        if one.file == RULES.file and one.subject == code and one.column:
            fields.setdefault(one.column, words.problem(one))
        else:
            rest.append(f"{words.where(one)} · {words.problem(one)}")
    return refused("console.tables.unsound", rest or [here.say("console.tables.fields_wrong", n=len(fields))], fields)


def refused(key: str, lines: Sequence[str], fields: Mapping[str, str] | None = None) -> JSONResponse:
    said = {"key": key, "message": "\n".join(lines[:20]), "fields": fields or {}}
    return JSONResponse({"error": said}, 422, {"cache-control": "no-store"})
