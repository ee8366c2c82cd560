"""The staff bot on the simulator: whatever is proved of the residents' channel holds over the other library too."""

from collections.abc import AsyncIterator

import pytest

from bot.channels.telegram_staff import TelegramStaff
from tests.bot.channels import test_residents_bot as proved
from tests.bot.channels.conftest import Stage, stage

__all__ = ["stage"]
OWN = {
    "test_open_says_who_it_is_and_sets_menus_in_each_language",  # below
    "test_a_button_for_the_position_comes_and_goes",  # nobody on the staff is asked where they are
}
globals().update({name: test for name, test in vars(proved).items() if name.startswith("test_") and name not in OWN})
picture, voice = proved.picture, proved.voice


@pytest.fixture
async def residents(stage: Stage) -> AsyncIterator[TelegramStaff]:
    """By the name those tests know."""
    channel = TelegramStaff(stage.bot.token, stage.address)
    await channel.open(None)
    yield channel
    await channel.close()


async def test_its_own_menu(residents: TelegramStaff, stage: Stage) -> None:
    menus = {language: [command["command"] for command in menu] for (_, language), menu in stage.bot.commands.items()}
    offered = ["tasks", "new", "duty", "orders", "clearing", "help"]
    assert menus == {"": offered, "en": offered}
    await residents.menu(str(stage.user.id), "zh-Hant")
    assert "今天誰值班" in {command["description"] for menu in stage.bot.commands.values() for command in menu}
    assert (residents.receiver, residents.link("x1")) == (str(stage.bot.id), "https://t.me/fengqiao_bot?start=x1")
