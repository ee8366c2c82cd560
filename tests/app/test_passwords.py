"""The operator gives somebody a new password."""

import pytest
from sqlmodel import select

from app.errors import CannotGoOn
from app.passwords import set_password
from models import StaffSession
from tests.support.site import Site


async def test_the_new_one_holds_and_the_old_session_ends(site: Site) -> None:
    worker = await site.staff("limin")
    await set_password(site.parts.url, "limin", "a new one, longer")
    assert (await worker.http.get("/api/staff/session")).status_code == 401
    assert (await site.staff_try("limin", "a new one, longer")).status_code == 200
    async with site.parts.sessions() as session:
        assert len((await session.exec(select(StaffSession))).all()) == 1


@pytest.mark.parametrize(("name", "password"), [("nobody", "long enough"), ("limin", "short")])
async def test_refused(town_url: str, name: str, password: str) -> None:
    with pytest.raises(CannotGoOn):
        await set_password(town_url, name, password)
