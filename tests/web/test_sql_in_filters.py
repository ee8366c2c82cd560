"""Words of SQL in every filter, sort and path of every page and list there is: they stay words."""

import re
import time
from collections.abc import Callable, Iterator
from urllib.parse import quote

import httpx
import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel
from sqlmodel import select

from models import Case
from tests.support.counts import counts, grown
from tests.support.promises import size
from tests.support.site import Site
from web import gate
from web.roles import RULES_OF, Opens

SLEEPS = 4.0  # seconds, were it done
SOME = (
    f"'; SELECT pg_sleep({SLEEPS:.0f}); --",
    "' OR '1'='1",
    "number; DELETE FROM cases; --",
    f"(SELECT pg_sleep({SLEEPS:.0f}))::text",
    "desc, (SELECT 1/0)",
)
WORDS = size(SOME[:1], SOME)
ENDLESS = ("/stream",)
NOTED = {"audit", "tries"}  # what one asks for is noted


def places(route: APIRoute) -> Iterator[str]:
    """What may be asked of it: names after the question mark, and the parts of its path in braces."""
    yield from queried(route.dependant)
    yield from re.findall(r"\{\w+\}", route.path)


def queried(dependant: Dependant) -> Iterator[str]:
    for field in dependant.query_params:
        kind = field.field_info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from (told.alias or name for name, told in kind.model_fields.items())
        else:
            yield field.alias
    for inner in dependant.dependencies:
        yield from queried(inner)


@pytest.mark.promise("I12")
async def test_words_of_sql_stay_words_at_every_door(shared_site: Site, record_property: Callable[..., None]) -> None:
    site = shared_site
    number = await (await site.resident()).file("楼下烧烤店油烟太大")
    await site.settle()
    people = [(await site.staff(name)).http for name in ("jiangyan", "chenlu", "guwenbo")]
    before, asked, wrong = await counts(site), set[tuple[str, str]](), list[str]()
    for name, route in gate.doors(list(site.transport.app.routes)):  # type: ignore[attr-defined]
        if not name.startswith("GET ") or not isinstance(route, APIRoute) or route.path.endswith(ENDLESS):
            continue
        for place in places(route):
            asked.add((name, place))
            for word in WORDS:
                for http in people if RULES_OF[name].opens is Opens.STAFF else people[:1]:
                    begun = time.monotonic()
                    answer = await ask(http, route.path, place, word, number)
                    if answer.status_code >= 500 or time.monotonic() - begun > SLEEPS:
                        wrong.append(f"{name} {place} {word}: {answer.status_code}")
                    if answer.status_code not in (303, 403):
                        break  # the first who may
    assert wrong == []
    assert grown(before, await counts(site)).keys() <= NOTED
    async with site.parts.sessions() as session:
        assert (await session.exec(select(Case.number))).all() == [number]
    assert asked >= {
        ("GET /console/cases", "sort"),
        ("GET /console/cases", "unit"),
        ("GET /console/tables/{name}", "q"),
    }
    record_property("tried", f"{len(WORDS)} pieces of SQL in each of {len(asked)} filters, sorts and parts of paths")
    record_property("reached", "0 done, 0 server errors, nothing changed")


async def ask(http: httpx.AsyncClient, path: str, place: str, word: str, number: str) -> httpx.Response:
    known = {"{number}": number, "{name}": "places", "{form}": "json", place: quote(word, safe="")}
    there = re.sub(r"\{\w+\}", lambda part: known.get(part[0], "1"), path)
    return await http.get(there, params={} if place.startswith("{") else {place: word})
