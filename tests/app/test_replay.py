"""Letters played through the site's doors: whatever is asked in between, each is filed."""

import httpx
import pytest

from app.replay import Tally, _one
from tests.support.site import Site


@pytest.mark.parametrize("letter", ["楼下烧烤店油烟太大", "驾照过期一年半了还能换吗", "失业登记网上能办不？"])
async def test_a_letter_is_filed_even_where_the_guide_answers_first(site: Site, letter: str) -> None:
    tally = Tally()
    async with httpx.AsyncClient(transport=site.transport, base_url="http://test") as http:
        await _one(http, letter, tally)
    assert (tally.counts["filed"], tally.failures) == (1, {})
