"""A service written anew is known within seconds everywhere, and the rest of the town is not read again for it."""

from sqlalchemy import event
from sqlmodel import select

from app.build import refresh
from cases.book import read_book
from models import Area, Person, Service
from tests.support.clock import Clock
from tests.support.site import Site
from town import service_edit
from town.edit import mark
from town.load import touch


async def rename(site: Site, clock: Clock, title: str) -> str:
    """The first service, as the form does it; its code."""
    async with site.parts.transactions.begin() as session:
        service = (await session.exec(select(Service).order_by(Service.code))).first()
        assert service is not None
        seen, cells = mark(service_edit.cells_of(service)), service_edit.cells_of(service) | {"title": title}
        await service_edit.change(session, site.parts.senses.book, service, seen, cells, "jiangyan", clock())
        return service.code


async def test_only_the_services_are_read(site: Site, clock: Clock) -> None:
    before, asked = site.parts.senses.book, list[str]()
    code = await rename(site, clock, "换个名字")
    engine = site.parts.engine.sync_engine
    event.listen(engine, "before_cursor_execute", lambda c, cursor, statement, *more: asked.append(statement))
    assert await refresh(site.parts)
    now = site.parts.senses.book
    assert now.guide.services[code].title == "换个名字" != before.guide.services[code].title
    assert now.index is before.index and not [one for one in asked if "FROM areas" in one or "FROM people" in one]
    async with site.parts.sessions() as session:
        assert (await read_book(session)).guide.services[code].title == "换个名字"
    assert not await refresh(site.parts), "once"


async def test_with_anything_else_all_is_read(site: Site, clock: Clock) -> None:
    await rename(site, clock, "再换一个")
    async with site.parts.transactions.begin() as session:
        (await session.get_one(Area, "CX-DG")).name = "新名街道"
        (await session.get_one(Person, "limin")).name = "李明"
        await touch(session)
    assert await refresh(site.parts)
    book = site.parts.senses.book
    assert (book.area_name("CX-DG"), book.people["limin"]) == ("新名街道", "李明")
