"""Beside the rule table: checked, tried with a message, replayed over the cases there were. Writes nothing."""

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, replace
from datetime import date, datetime, time
from typing import Annotated, Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response, StreamingResponse
from pydantic import BaseModel, Field, NaiveDatetime
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from bot import trying
from bot.wording import when
from cases import replaying
from cases.book import Book
from cases.clock import TOWN_TIME
from cases.replaying import Change, Tally
from cases.trial import Trial, try_out
from models import RoutingRule
from routing.rules import RuleBook
from routing.runners_up import runners_up
from town import rule_table
from town.edit import Unsound
from web.console.rules import Here, draft, reading_of, unsound_row
from web.console.rules_view import Reading, faults
from web.console.shell import NOT_BLANK, Console

SHOWN = 60  # changed cases of a replay

Moment = Annotated[NaiveDatetime, Field(ge=datetime(2000, 1, 1), lt=datetime(2100, 1, 1))]  # noqa: DTZ001 – the town's

router = APIRouter(prefix="/console/rules")


class Asked(BaseModel):
    """`draft`: the form's row as it stands; None: the table in force."""

    draft: dict[str, Any] | None = None


class Tried(Asked):
    text: str = Field(min_length=1, max_length=2000)
    place: str = Field(default="", max_length=100)
    category: str = Field(default="", max_length=64)
    at: Annotated[Moment | None, NOT_BLANK] = None


class Since(Asked):
    since: date = Field(ge=date(2000, 1, 1), lt=date(2100, 1, 1))


@router.post("/check", response_model=None)
async def check(here: Here, asked: Asked) -> Response:
    """With a draft only what it would bring."""
    view = reading_of(here)
    try:
        async with here.parts.transactions.read() as session:
            if asked.draft is None:
                report = await rule_table.in_force(session, here.now.astimezone(TOWN_TIME).date())
                found = list(report.findings)
            else:
                found = list((await draft(session, here, asked.draft)).findings)
    except Unsound as unsound:
        return unsound_row(here, asked.draft or {}, unsound.problems)
    graver = [one for one in found if one.kind in rule_table.FORBID]
    other = [one for one in found if one.kind not in rule_table.FORBID]
    return JSONResponse({"forbids": faults(view, graver), "tells": faults(view, other)})


@router.post("/try", response_model=None)
async def try_(here: Here, asked: Tried) -> Response:
    """Which row, to whom, by when and why; and which came close."""
    wish = trying.Wish(asked.text, asked.place.strip() or None, asked.at, asked.category or None, here.locale)
    moment = asked.at.replace(tzinfo=TOWN_TIME) if asked.at else here.now
    try:
        async with here.parts.transactions.read() as session:
            rules = await _rules(session, here, asked)
            book = _with(here.book, rules)
            tried = trying.complaint(here.parts.senses, wish)
            trial = await try_out(session, book, tried, moment)
    except Unsound as unsound:
        return unsound_row(here, asked.draft or {}, unsound.problems)
    told = trying.told(book, wish, tried, trial)
    return JSONResponse(_told(here, trial, dict(told)) | {"lost": _lost(reading_of(here), rules, trial)})


async def _rules(session: AsyncSession, here: Console, asked: Asked) -> Sequence[RoutingRule]:
    if asked.draft is not None:
        return (await draft(session, here, asked.draft)).rules
    return (await session.exec(select(RoutingRule).where(col(RoutingRule.active)))).all()


def _with(book: Book, rules: Sequence[RoutingRule]) -> Book:
    return replace(book, rules=RuleBook(rules, {code: area.level for code, area in book.areas.items()}))


def _told(here: Console, trial: Trial, told: dict[str, Any]) -> dict[str, Any]:
    """In words, line by line."""
    say, model, person = here.say, told["model"], told["person"]
    sure = f"{100 * model['sure']:.0f}%" if model else ""
    named = here.book.category_name(model["item"] or model["says"], here.locale) if model else ""
    held = say("console.rules.held")
    who = f"{told['unit_name']} · {person['name']} ({say('role.' + person['role'])})" if person else held
    due = {"sign": "due.sign", "contact": "due.contact", "resolve": "due.resolve"}
    moments = [(say(due[name]), moment) for name, moment in asdict(trial.due).items() if moment]
    lines = [
        (say("console.rules.says"), f"{named} {sure}" if model else say("console.rules.no_model")),
        (say("console.rules.where"), " · ".join([*told["area"], *([told["place"]] if told["place"] else [])])),
        (say("console.rules.who"), who),
        (say("console.rules.by"), "；".join(f"{what} {when(at, here.locale, here.now)}" for what, at in moments)),
    ]
    return {"lines": [line for line in lines if line[1]], "because": told["because"], "rule": told["rule"]}


def _lost(view: Reading, rules: Sequence[RoutingRule], trial: Trial) -> list[dict[str, str]]:
    levels = {code: area.level for code, area in view.book.areas.items()}
    won = trial.decision.rule if trial.decision else None
    if trial.decision is None and trial.facts.category is None and not trial.facts.danger:
        return []  # no rule was asked: somebody sorts it by hand
    return [
        {"rule": one.rule.code, "asks": view.asks(one.rule), "goes": view.goes(one.rule), "why": view.lost(one)}
        for one in runners_up(rules, levels, trial.facts, won)
    ]


@router.post("/replay", response_model=None)
async def replay(here: Here, asked: Since) -> Response:
    """A line of JSON for every thousand cases, so that the page can tell how far it is; the last one sums up."""
    try:
        async with here.parts.transactions.read() as session:
            rules = await _rules(session, here, asked)
    except Unsound as unsound:
        return unsound_row(here, asked.draft or {}, unsound.problems)
    begun = datetime.combine(asked.since, time(), TOWN_TIME)
    lines = _replayed(here, _with(here.book, rules).rules, begun)
    return StreamingResponse(lines, media_type="application/x-ndjson", headers={"cache-control": "no-store"})


async def _replayed(here: Console, rules: RuleBook, begun: datetime) -> AsyncIterator[str]:
    tally, shown = Tally(), list[Change]()
    async with here.parts.transactions.read(held=True) as session:
        total = await replaying.how_many(session, begun)
        yield _line({"done": 0, "total": total})
        async for changes in replaying.replay(session, rules, begun, tally):
            shown += changes[: SHOWN - len(shown)]
            yield _line({"done": tally.cases, "total": total})
    yield _line(_summed(here, tally, shown))


def _summed(here: Console, tally: Tally, shown: Sequence[Change]) -> dict[str, Any]:
    """Units whose number changes, and the cases by number: whoever may see them can look them up."""
    book, held = here.book, here.say("console.rules.held")

    def unit(code: str | None) -> str:
        return book.unit_name(code, here.locale) or held

    moved = [code for code in {*tally.before, *tally.after} if tally.before[code] != tally.after[code]]
    return {
        "cases": tally.cases,
        "changed": tally.changed,
        "units": [
            [unit(code), tally.before[code], tally.after[code]]
            for code in sorted(moved, key=lambda code: (-tally.before[code], code))
        ],
        "shown": [
            {"number": one.number, "from": unit(one.unit), "to": unit(one.new_unit), "rule": one.new_rule or ""}
            for one in shown
        ],
    }


def _line(said: dict[str, Any]) -> str:
    return json.dumps(said, ensure_ascii=False) + "\n"
