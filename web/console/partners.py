"""Other platforms (平台对接): the keys of partners who come by Open311, and a hotline's work orders as a table."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, File, Query, UploadFile
from fastapi.responses import Response
from pydantic import BaseModel, Field

from bot import hotline
from bot.transactions import wake
from bot.wording import on_paper
from cases import export, ports
from cases.masking import mask
from models import Case
from web.console.shell import Console, at

AT_ONCE = 25  # work orders filed by one request: it stays short, and the page shows how far it is
PROBLEMS_MOST = 200
ANSWERED = ("status", "unit", "outcome", "result", "submitted", "resolved")

router = APIRouter()
Here = Annotated[Console, at("partners")]


class NewKey(BaseModel):
    partner: str = Field(max_length=64)
    name: str = Field(max_length=80)
    per_minute: int = Field(default=60, ge=1, le=6000)


@router.get("/console/partners", response_model=None)
async def partners_page(here: Here) -> Response:
    async with here.parts.transactions.read() as session:
        keys = await ports.keys(session)
    return here.show("partners", keys=keys, url=here.parts.url, columns=hotline.COLUMNS, needed=hotline.NEEDED)


@router.post("/console/partners/keys")
async def post_key(asked: NewKey, here: Here) -> dict[str, str]:
    """The key itself is told once, here."""
    async with here.parts.transactions.begin() as session:
        key, words = await ports.issue(
            session, asked.partner.strip(), asked.name, asked.per_minute, here.person.code, here.now
        )
        after = {"partner": key.partner, "name": key.name, "hint": key.hint, "per_minute": key.per_minute}
        here.note(session, "add", "api_key", str(key.id), after=after)
    return {"key": words}


@router.post("/console/partners/keys/{key_id}/revoke")
async def post_revoke(key_id: int, here: Here) -> dict[str, str]:
    async with here.parts.transactions.begin() as session:
        key = await ports.revoke(session, key_id, here.person.code, here.now)
        here.note(session, "remove", "api_key", str(key.id), before={"partner": key.partner, "hint": key.hint})
    return {"said": here.say("console.partners.revoked")}


@router.post("/console/partners/hotline/preview")
async def post_preview(file: Annotated[UploadFile, File()], here: Here) -> dict[str, Any]:
    """What a table would bring; keeps nothing."""
    lines = hotline.read(await file.read(), here.book)
    externals = [line.told.external for line in lines if line.told]
    async with here.parts.transactions.read() as session:
        known = await ports.numbers(session, ports.HOTLINE, externals)
    problems = [line for line in lines if line.problem]
    return {
        "good": len(externals) - len(known),
        "known": len(known),
        "bad": len(problems),
        "said": here.say("console.partners.preview", good=len(externals) - len(known), known=len(known)),
        "problems": [_problem(here, line) for line in problems[:PROBLEMS_MOST]],
    }


@router.post("/console/partners/hotline/take")
async def post_take(
    file: Annotated[UploadFile, File()], here: Here, after: Annotated[int, Query(ge=0, lt=2**31)] = 0
) -> dict[str, Any]:
    """The next few lines after line `after`, in one transaction; the same again files nothing twice."""
    lines = [line for line in hotline.read(await file.read(), here.book) if line.told]
    some = [line for line in lines if line.number > after][:AT_ONCE]
    parts = here.parts
    async with parts.transactions.begin() as session:
        told = [line.told for line in some if line.told]
        new, known = await hotline.take(session, parts.senses, parts.keys, told, here.now)
        if new:
            wake(session, "staff")
            here.note(session, "import", "hotline", file.filename or "csv", after={"new": new, "known": known})
    done = sum(line.number <= (some[-1].number if some else after) for line in lines)
    return {"done": done, "all": len(lines), "new": new, "next": some[-1].number if done < len(lines) else None}


@router.post("/console/partners/hotline/answers", response_model=None)
async def post_answers(file: Annotated[UploadFile, File()], here: Here) -> Response:
    """The same table answered: what became of each work order, to be handed back to the hotline."""
    externals = [line.told.external for line in hotline.read(await file.read(), here.book) if line.told]
    async with here.parts.transactions.begin() as session:
        answers = await hotline.answers(session, externals)
        here.note(session, "export", "hotline", file.filename or "csv", after={"lines": len(answers)})
    return _sheet(here, answers)


def _sheet(here: Console, answers: Sequence[hotline.Answer]) -> Response:
    heading = [here.say(f"hotline.column_{name}") for name in ("external", "number", *ANSWERED)]
    rows = [[one.external, one.case.number, *_answered(here, one.case)] for one in answers]
    name = f'attachment; filename="answers-{here.now:%Y%m%d-%H%M}.csv"'
    return Response(
        export.as_csv(heading, rows),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": name, "cache-control": "private, no-store"},
    )


def _answered(here: Console, case: Case) -> Sequence[str]:
    times = [on_paper(at, here.locale) if at else "" for at in (case.submitted_at, case.resolved_at)]
    outcome = here.say(f"outcome.{case.outcome}") if case.outcome else ""
    status = here.say(f"status_name.{case.status}")
    return [status, here.book.unit_name(case.unit, here.locale), outcome, mask(case.result), *times]


def _problem(here: Console, line: hotline.Line) -> dict[str, Any]:
    return {"line": line.number, "problem": here.say(line.problem)}
