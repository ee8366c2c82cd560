"""The operator changes a file and loads it: the running program follows without a restart."""

from sqlalchemy import text

from app.build import refresh
from tests.support.site import Site
from town.load import touch


async def test_a_renamed_building_is_known_at_the_next_look(site: Site) -> None:
    assert not await refresh(site.parts)
    async with site.parts.transactions.begin() as session:
        await session.execute(text("UPDATE places SET name = '丹桂苑三号楼' WHERE code = 'B0103'"))
        await touch(session)
    assert await refresh(site.parts)
    resident = await site.resident("B0103")
    assert "您在丹桂苑三号楼" in (await resident.texts())[0]
