"""备注: a line among the staff about an open case. Residents, followers and partners never read it."""

import pytest

from tests.support.site import Site
from tests.support.told import told

HEARD = "居民来电：周六上午在家"


async def test_colleagues_read_it_and_the_resident_does_not(site: Site) -> None:
    resident = await site.resident("B0103")
    number = await resident.file("楼下烧烤店油烟太大")
    dispatcher, limin = await site.staff("chenlu"), await site.staff("limin")
    await limin.step(number, "sign")
    before = (await limin.case(number))["case"]
    page = await dispatcher.step(number, "note", text=HEARD)
    last = page["timeline"][-1]
    assert (last["kind_text"], last["text"], last["public"]) == ("陈璐备注", HEARD, False)
    assert await told(site, number, "limin", "desk.note") == [("desk.note", HEARD)]
    after = (await limin.case(number))["case"]
    assert {name for name in before if before[name] != after[name]} == {"version"}, "nothing moved"
    await site.settle()
    assert HEARD not in str(await resident.say("进度")) + str(await resident.look())


async def test_one_s_own_note_is_not_told_to_oneself(site: Site) -> None:
    number = await (await site.resident("B0103")).file("楼下烧烤店油烟太大")
    limin = await site.staff("limin")
    await limin.step(number, "note", text="中午没人")
    assert ("desk.note", "中午没人") not in await told(site, number, "limin")


@pytest.mark.parametrize(
    ("who", "text", "status"), [("chenlu", "  ", 422), ("caoying", HEARD, 403), ("fubo", HEARD, 404)]
)
async def test_words_are_needed_and_a_part_in_it(site: Site, who: str, text: str, status: int) -> None:
    number = await (await site.resident("B0103")).file("楼下烧烤店油烟太大")
    version = (await (await site.staff("chenlu")).case(number))["case"]["version"]
    refused = await (await site.staff(who)).try_step(number, "note", text=text, version=version)
    assert refused.status_code == status
