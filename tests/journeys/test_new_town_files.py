"""The operator changes a file and loads it: the running program follows without a restart."""

import asyncio
from contextlib import suppress

import pytest
from sqlalchemy import text

from app import build
from tests.support.site import Site


async def test_a_renamed_building_is_known_within_seconds(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "LOOK_SECONDS", 0.05)
    following = asyncio.create_task(build.follow(site.parts))
    await asyncio.sleep(0.2)
    async with site.parts.transactions.begin() as session:
        await session.execute(text("UPDATE places SET name = '丹桂苑三号楼' WHERE code = 'B0103'"))
        await session.execute(text("COMMENT ON TABLE areas IS 'seeded from elsewhere'"))
    for _ in range(100):
        await asyncio.sleep(0.05)
        if site.parts.senses.book.place_name("B0103") == "丹桂苑三号楼":
            break
    following.cancel()
    with suppress(asyncio.CancelledError):
        await following
    resident = await site.resident("B0103")
    assert "您在丹桂苑三号楼" in (await resident.texts())[0]
