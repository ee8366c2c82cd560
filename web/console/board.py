"""The dashboard (大屏, 一张图): a page of the console, and the same full screen for the wall."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response

from cases import board
from cases.board import Count, Scope
from cases.clock import TOWN_TIME
from cases.errors import NotFound
from models import Area, Place
from models.town import GRID
from web import auth, charts
from web import board as figures
from web.board import Moment
from web.board_map import Atlas
from web.board_sums import Shared, Sums
from web.board_words import Words, percent, week_names
from web.console.shell import Console, at

CARDS, UNITS, NEWEST = 4, 9, 8  # of hot issues, units and cases just filed that are shown at once

router = APIRouter()
Here = Annotated[Console, at("board")]
Code = Annotated[str, Query(max_length=64)]
Flag = Annotated[str, Query(max_length=1, pattern="^1?$")]


@router.get("/console/board", response_model=None)
async def board_page(here: Here, area: Code = "", place: Code = "", special: Flag = "") -> Response:
    return here.show("board", **await _shown(here, "/console/board", area, place, bool(special)))


@router.get("/board", response_model=None)
async def wall(here: Here, area: Code = "", place: Code = "", special: Flag = "") -> Response:
    """Without a menu. It stands for days: whoever signed in for it stays signed in while it is asked for."""
    answer = here.show("wall", **await _shown(here, "/board", area, place, bool(special)))
    await auth.prolong(here.parts, here.request, answer, here.me, here.now)
    return answer


async def _shown(here: Console, base: str, area: str, place: str, special: bool) -> dict[str, Any]:
    scope = board.scope_of(here.book, here.person)
    at_, building = _where(here, scope, area, place)
    told = await figures.shared(here.parts, here.now)
    now = await figures.moment(here.parts, here.person, at_.code, building.code if building else None, here.now)
    sums = await figures.sums(here.parts, told, scope, at_.code, here.now)
    words = Words(here.book, here.locale, here.now)
    atlas = Atlas(here.book, here.locale, base, now.standing, told.colours, words.reasons)
    return {
        "asked": {"area": at_, "place": building, "special": special, "grid": at_.level == GRID, "unit": scope.unit},
        "crumbs": _crumbs(here, atlas, scope, at_, building, special),
        "toggle": atlas.href(**_address(scope, at_, building), special="" if special else "1"),
        "map": await asyncio.to_thread(atlas.map, at_.code, building.code if building else None, now.recent, special),
        "inside": atlas.parts(None, at_.code, building.code if building else None, special),
        "elsewhere": now.standing.elsewhere.get(at_.code),
        **_side(here, words, scope, at_, told, now, sums),
        **_foot(here, words, scope.unit, told, sums),
    }


def _side(
    here: Console, words: Words, scope: Scope, area: Area, told: Shared, now: Moment, sums: Sums
) -> dict[str, Any]:
    day = told.colours.get(area.code)
    issues = board.shown(here.book, scope, area.code, told.issues)
    return {
        "figures": words.figures(scope, now.standing.areas.get(area.code, Count()), sums),
        "safety": day,
        "judged": told.judged,
        "reasons": words.reasons(day),
        "clocks": words.clocks(now.ending),
        "cases": words.cases(now.cases),
        "recent": [
            (one.number, f"{one.at.astimezone(TOWN_TIME):%H:%M}", words.where(one.place, one.grid))
            for one in now.recent
        ],
        "shown_recent": NEWEST,
        "issues": words.issues(issues[:CARDS]),
        "more_issues": max(0, len(issues) - CARDS),
    }


def _foot(here: Console, words: Words, unit: str | None, told: Shared, sums: Sums) -> dict[str, Any]:
    names = week_names(here.now)
    filed = here.say("console.board.handed_a_day" if unit else "console.board.filed_a_day")
    finished = here.say("console.board.finished_a_day")
    full = slice(None, -1)  # today is not over
    days = {filed: sums.filed[full], finished: sums.finished[full]}
    trend = charts.lines(
        [f"{day:%m-%d}" for day in told.days[full]], days,
        kinds={finished: "second"}, high=max(4, *days[filed], *days[finished]), width=560, height=136,
    )  # fmt: skip
    return {
        "rates": words.rates(sums, names),
        "units": sums.units,
        "shown_units": sums.units[:UNITS],
        "trend": trend,
        "said_rate": lambda share: charts.said(share.value, "%"),
        "percent": percent,
        "filed_today": here.say("console.board.with_today", name=filed, n=sums.filed[-1]),
        "finished_today": here.say("console.board.with_today", name=finished, n=sums.finished[-1]),
    }


def _where(here: Console, scope: Scope, area: str, place: str) -> tuple[Area, Place | None]:
    """Raises NotFound for what is not there or not theirs, which look the same."""
    building = here.book.places.get(place)
    code = building.grid if building else area or scope.root
    found = here.book.areas.get(code)
    if (place and not building) or found is None or found.level > GRID or scope.root not in found.path:
        raise NotFound("console.board.no_area")
    return found, building


def _crumbs(
    here: Console, atlas: Atlas, scope: Scope, area: Area, place: Place | None, special: bool
) -> list[tuple[str, str]]:
    """From what is theirs down to here, each with where it leads."""
    path = here.book.path(area.code)
    some = path[path.index(scope.root) :]
    flag = "1" if special else ""
    crumbs = [
        (here.book.area_name(one), atlas.href(area="" if one == scope.root else one, special=flag)) for one in some
    ]
    return [*crumbs, *([(place.name, atlas.href(place=place.code, special=flag))] if place else [])]


def _address(scope: Scope, area: Area, place: Place | None) -> dict[str, str]:
    if place:
        return {"place": place.code}
    return {"area": "" if area.code == scope.root else area.code}
