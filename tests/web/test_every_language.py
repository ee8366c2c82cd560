"""Every page in English and in Traditional Chinese: nothing sticks out, no key stands where its words belong.

What the town itself is called stays as its people wrote it, in every language.
"""

import re
from collections.abc import AsyncIterator, Callable, Iterator
from functools import cache
from typing import Any

import opencc
import pytest
from sqlmodel import select

from bot.texts import by_subject, catalogue
from models import RoutingRule
from tests.bot.test_texts import ALSO_TRADITIONAL
from tests.support.site import Site
from tests.web.conftest import DESKTOP, Window, listening
from web.console import menu

pytestmark = pytest.mark.browser
NARROW = {"width": 360, "height": 740}
LOCALES = {"en": "en-GB", "zh-Hant": "zh-TW"}
ALSO = ["/", "/p/{place}", "/p/{place}/talks", "/p/forged/talks", "/public", "/staff", "/staff/sheets",
        "/staff/bulletins", "/staff/clearing", "/board", "/console/cases/{number}", "/console/settings",
        "/console/tables/people", "/console/tables/import", "/console/learning/work"]  # fmt: skip
OF_THE_TOWN = ("/console/services", "/console/rules", "/console/texts", "/console/tables/people", "/console/partners")
"""Pages full of what others wrote, in their script: the town's sentences, the headings of a hotline's files."""

KEY = re.compile(rf"\b(?:{'|'.join(sorted({key.split('.')[0] for key in catalogue('en')}))})\.[a-z_]+(?:\.[a-z_]+)*\b")
SHOWN = """() => [...document.querySelectorAll("body *:not(script, style)")].flatMap((one) =>
    [...one.childNodes].filter((node) => node.nodeType === 3).map((node) => node.data.trim())
        .concat(["title", "aria-label", "placeholder", "alt"].map((name) => one.getAttribute(name) ?? ""))
).filter((text, n, all) => text && all.indexOf(text) === n)"""
TRADITIONAL = opencc.OpenCC("s2t")


@pytest.fixture(scope="module")
async def address(shared_site: Site) -> AsyncIterator[str]:
    async with listening(shared_site) as address:
        yield address


@pytest.fixture(scope="module")
async def number(shared_site: Site) -> str:
    return await (await shared_site.resident("B0103")).file("楼下烧烤店油烟太大")


async def names(site: Site) -> list[str]:
    """What the town calls its own, the longest first."""
    book = site.parts.senses.book
    tables = (book.areas, book.places, book.units, book.categories, book.policies)
    found = {row.name for table in tables for row in table.values()} | {*book.people.values()}
    found |= {"楼下烧烤店油烟太大", "简体中文"}  # told by a resident; a language's own name
    found |= {place.address for place in book.places.values()}
    async with site.parts.sessions() as session:
        found |= set((await session.exec(select(RoutingRule.note))).all()) - {""}
    return sorted(found, key=len, reverse=True)


@cache
def written() -> frozenset[str]:
    """Characters of our Traditional texts, which are held against OpenCC elsewhere: 鄰里, 群組."""
    return frozenset("".join(catalogue("zh-Hant").values())) | ALSO_TRADITIONAL


def simplified(text: str, own: list[str]) -> str:
    """The characters of it that Traditional Chinese writes otherwise."""
    for name in own:
        text = text.replace(name, "")
    return "".join(one for one in text if TRADITIONAL.convert(one) != one and one not in written())


def faults(path: str, locale: str, texts: list[str], own: list[str]) -> Iterator[str]:
    for text in texts:
        if KEY.fullmatch(text) and path != "/console/texts":
            yield f"a key stands there: {text}"
        if locale == "zh-Hant" and not path.startswith(OF_THE_TOWN) and (wrong := simplified(text, own)):
            yield f"Simplified {wrong} in {text[:60]!r}"


@pytest.mark.parametrize("locale", LOCALES)
async def test_nothing_sticks_out_and_every_word_is_there(
    shared_site: Site, address: str, number: str, window: Callable[..., Any], locale: str
) -> None:
    assert len(by_subject(locale)) == len(by_subject("zh-Hans"))
    own, wrong = await names(shared_site), dict[str, list[str]]()
    seen: Window = await window(address, "/", DESKTOP, LOCALES[locale])
    paths = [page.path for page in menu.PAGES if "admin" in page.who] + ALSO
    await seen.enter("jiangyan")
    for path in paths:
        await seen.page.set_viewport_size(DESKTOP)
        await seen.go(path.format(place=shared_site.code("B0103"), number=number))
        found = list(faults(path, locale, await seen.page.evaluate(SHOWN), own))
        if (is_ := await seen.page.evaluate("document.documentElement.lang")) != locale:
            found.append(f"it is in {is_}")
        for size in (DESKTOP, NARROW):
            await seen.page.set_viewport_size(size)
            if (wide := await seen.page.evaluate("document.documentElement.scrollWidth - innerWidth")) > 0:
                found.append(f"{wide} px too wide at {size['width']}")
        if found:
            wrong[path] = found
    await seen.go("/console/cases")
    assert await seen.page.locator(".bar-name b").text_content() == {"en": "Chengxi", "zh-Hant": "澄溪市"}[locale]
    assert not wrong, "\n".join(f"{path}: {one}" for path, found in wrong.items() for one in found)


def test_the_walk_would_see_it() -> None:
    assert list(faults("/", "zh-Hant", ["办理"], [])) and list(faults("/", "en", ["console.page.cases"], []))
    assert not list(faults("/", "zh-Hant", ["辦理", "丹桂苑 3 栋"], ["丹桂苑 3 栋"]))
