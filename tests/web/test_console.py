"""The console's pages: who may open which, and what the others see instead."""

import pytest

from models import Role
from tests.support.site import Site
from web.console import menu

ONE_OF_EACH = {
    Role.WORKER: "limin",
    Role.CLERK: "wufan",
    Role.LEADER: "wangxing",
    Role.DISPATCHER: "chenlu",
    Role.SUPERVISOR: "guwenbo",
    Role.ADMIN: "jiangyan",
    Role.AUDITOR: "caoying",
}


@pytest.mark.parametrize("role", ONE_OF_EACH)
async def test_every_page_opens_for_whom_it_is_and_for_nobody_else(site: Site, role: Role) -> None:
    http = (await site.staff(ONE_OF_EACH[role])).http
    answers = {page.name: (await http.get(page.path)).status_code for page in menu.PAGES}
    assert answers == {page.name: 200 if role in page.who else 403 for page in menu.PAGES}
    shown = (await http.get(menu.open_to(role)[0].path)).text
    assert [page.name for page in menu.PAGES if f'href="{page.path}"' in shown] == [
        page.name for page in menu.open_to(role)
    ]


@pytest.mark.parametrize("page", menu.PAGES, ids=lambda page: page.name)
async def test_whoever_is_signed_out_is_led_to_the_door_and_back(site: Site, page: menu.Page) -> None:
    answer = await site.client().get(f"{page.path}?q=1")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/staff?next={page.path}%3Fq%3D1")
