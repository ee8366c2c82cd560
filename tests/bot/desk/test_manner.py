"""What a resident wants and whether it can wait, from their words to the card and the page of whoever handles it."""

import pytest

from tests.bot.desk.conftest import Bound
from tests.bot.desk.test_every_step import case_of
from tests.support.site import Site


@pytest.mark.parametrize(
    ("text", "tags", "kept"),
    [
        ("家里停水三天了，求你们派人来帮帮忙", "求助 · 紧急", ("help", True)),
        ("请问这条路什么时候修好？", "咨询", ("question", False)),
    ],
)
async def test_the_card_says_what_is_wanted(
    site: Site, bound: Bound, text: str, tags: str, kept: tuple[str, bool]
) -> None:
    site.thinks("公用事业", "公用事业/供水")
    number = await (await site.resident("B0103")).file(text)
    await site.settle()
    case = await case_of(site, number)
    assert (case.facts["kind"], case.facts["urgent"]) == kept
    page = (await (await site.staff(case.assignee or "")).case(number))["case"]
    assert (page["kind"], page["urgent"]) == (tags.split(" · ")[0], kept[1])
    worker = await bound(case.assignee or "")
    await worker.say("/tasks")
    await worker.press(f"1. {number}")
    assert worker.card(number).text.splitlines()[1].endswith(f" · {tags}")
