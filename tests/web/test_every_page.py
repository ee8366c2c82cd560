"""Every page at every width, full of what people could smuggle in: nothing runs, nothing sticks out, axe is content.

The town's own names, the complaints, the answers, the log: every text a person can have written carries one of two
hundred payloads, and all of them are on some page.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select

from app.build import utcnow
from app.database import engine as make_engine
from app.database import sessions as make_sessions
from models import Case, Photo
from tests.support.histories import Life, known
from tests.support.people import photo as drawn
from tests.support.poison import payloads, poison
from tests.support.site import Site, running
from tests.web.conftest import Window, listening
from web.console import menu

WIDTHS = {360: 740, 768: 1024, 1440: 900, 1920: 1080}
LOOKED_AT = (360, 1440)
PICTURE = drawn("teal")
TOWN = ("areas", "places", "units", "people", "categories", "routing_rules", "clock_policies", "workdays", "town")
ALSO = ["/", "/p/{place}", "/staff#case/{number}", "/staff/sheets?area=CX-DG-01", "/staff/bulletins", "/staff/clearing"]
DEEPER = ["/console/cases/{number}", "/board", "/public"]


@pytest.fixture
async def poisoned(town_url: str, tmp_path: Path) -> AsyncIterator[tuple[Site, str, str]]:
    """The program over such a town, where it listens, and the number of a case."""
    assert len(set(payloads())) == 200
    poison(town_url, tables=TOWN)
    engine = make_engine(town_url)
    async with make_sessions(engine)() as session:
        life = Life(session, *await known(session), seed=3, now=utcnow() - timedelta(days=4))
        await life.until(utcnow() - timedelta(minutes=5))
        await session.commit()
    await engine.dispose()
    poison(town_url, but=TOWN)
    async with running(town_url, tmp_path, utcnow) as site, listening(site) as address:
        async with site.parts.sessions() as session:
            for photo in (await session.exec(select(Photo))).all():
                path = site.parts.store.path(photo.sha256, photo.kind)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(PICTURE)
            number = (await session.exec(select(Case.number).order_by(col(Case.version).desc()))).first()
        assert number is not None
        yield site, address, number


async def visit(seen: Window, path: str, widths: Mapping[int, int]) -> dict[int, list[str]]:
    """What is wrong with it at each width: opened once, then the window is drawn wider."""
    found = dict[int, list[str]]()
    for width, height in widths.items():
        await seen.page.set_viewport_size({"width": width, "height": height})
        if not found:
            await seen.go(path)
            await seen.page.wait_for_load_state("networkidle" if "#" in path else "load")
        ran = await seen.page.evaluate("window.xss === 1 || document.title.startsWith('xss')")
        wide = await seen.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        wrong = (["a payload ran"] if ran else []) + ([f"{wide} px too wide"] if wide > 0 else [])
        wrong += await seen.violations() if width in LOOKED_AT else []
        found[width] = wrong + seen.faults
        seen.faults.clear()
    return found


@pytest.mark.browser
@pytest.mark.promise("I5")
async def test_nothing_runs_nothing_sticks_out(
    poisoned: tuple[Site, str, str], window: Callable[..., Any], record_property: Callable[..., None]
) -> None:
    site, address, number = poisoned
    fill = {"number": number, "place": site.code("B0103")}
    paths = [page.path for page in menu.PAGES] + [path.format(**fill) for path in (*ALSO, *DEEPER)]
    wrong: dict[str, list[str]] = {}
    seen: Window = await window(address, "/staff")
    for name in ("jiangyan", "guwenbo"):
        await seen.enter(name)
        role = {"jiangyan": "admin", "guwenbo": "supervisor"}[name]
        closed = {page.path for page in menu.PAGES if role not in page.who}
        for path in paths:
            if path not in closed:
                widths = WIDTHS if role == "admin" else {1440: 900}
                found = await visit(seen, path, widths)
                wrong |= {f"{path} {width} {name}": faults for width, faults in found.items() if faults}
    record_property("tried", f"{len(payloads())} scripts in every field of {len(paths)} pages, at {len(WIDTHS)} widths")
    record_property("reached", f"{len(wrong)} pages on which one ran, broke the policy or the page")
    assert wrong == {}
