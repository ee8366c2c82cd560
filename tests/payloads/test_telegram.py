"""Updates as Telegram's Bot API documentation describes them, each with what it has to become, in both bots alike.

A file in telegram/ is an update; its name is its key below.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from bot.messages import Arrival, Pin

PAYLOADS = Path(__file__).parent / "telegram"
TOKEN, USERNAME = "7000000001:for-tests-only", "fengqiao_bot"
GUILAN: Mapping[str, Any] = {"chat": "710000001", "sender": "710000001", "locale": "zh-hans"}
GROUP: Mapping[str, Any] = {"chat": "-4100001", "sender": "710000001", "locale": "zh-hans", "private": False}


def arrived(key: int, who: Mapping[str, Any] = GUILAN, **told: Any) -> Arrival:
    return Arrival(key=str(873450000 + key), **who, **told)


EXPECTED: Mapping[str, Arrival | None] = {
    "text": arrived(1, number="41", text="楼下烧烤店天天到半夜😤，油烟直往家里灌"),
    "text_with_entities": arrived(2, number="42", text="<b>见 https://example.cn & 说</b>"),
    "start": arrived(3, number="43", start=""),
    "start_with_payload": arrived(4, number="44", start="B0103_k3Jx9-aQ2mZ7"),
    "command": arrived(5, number="45", text="/my"),
    "photo": arrived(6, number="46", text="就在三栋楼下", photo="AgACAgUAAxkBAAIBpy", size=128704),
    "photo_sizes_in_any_order": arrived(7, number="47", photo="AgACAgUAAxkBAAIBoy", size=128704),
    "album_first": arrived(
        8, number="48", text="两处都在漏", photo="AgACAgUAAxkBAAIBay", size=128704, album="13900000000000001"
    ),
    "album_second": arrived(9, number="49", photo="AgACAgUAAxkBAAIBby", size=128704, album="13900000000000001"),
    "location": arrived(10, number="50", pin=Pin(120.24321, 29.712345, 35.0)),
    "venue": arrived(11, number="51", pin=Pin(120.24, 29.71)),
    "live_location": arrived(12, number="52", pin=Pin(120.2, 29.7)),
    "live_location_moves": None,
    "voice": arrived(14, number="54", voice="AwACAgUAAxkBAAIBv", seconds=7, size=27431),
    "picture_as_a_file": arrived(15, number="55", text="原图", photo="BQACAgUAAxkBAAIBd", size=2310442),
    "document": arrived(16, number="56", unreadable="document"),
    "animation": arrived(17, number="57", unreadable="animation"),
    "video": arrived(18, number="58", text="您看这个水", unreadable="video"),
    "video_note": arrived(19, number="59", unreadable="video_note"),
    "audio": arrived(20, number="60", unreadable="audio"),
    "sticker": arrived(21, number="61", unreadable="sticker"),
    "contact": arrived(22, number="62", unreadable="contact"),
    "poll": arrived(23, number="63", unreadable="poll"),
    "reply": arrived(24, number="64", text="叫老王烧烤", replies_to="40"),
    "forwarded": arrived(25, number="65", text="邻居说也闻到了"),
    "edited_message": arrived(26, number="66", text="楼下烧烤店到凌晨两点", edits="66"),
    "edited_caption": arrived(27, number="67", text="不是三栋，是四栋", edits="67"),
    "edited_without_words": None,
    "press": arrived(29, number="39", choice="q7Zk2mXa9wLr4TdV", query="3049395187213547841"),
    "press_on_an_old_message": arrived(30, number="7", choice="oldoldoldoldold1", query="3049395187213547842"),
    "press_without_a_message": arrived(31, choice="oldoldoldoldold2", query="3049395187213547843"),
    "press_of_a_game": None,
    "blocked": arrived(33, reachable=False),
    "unblocked": arrived(34, reachable=True),
    "added_to_a_group": arrived(35, GROUP, reachable=True),
    "removed_from_a_group": arrived(36, GROUP, reachable=False),
    "group_message": arrived(37, GROUP, number="69", text="三栋的灯又坏了"),
    "group_command_for_us": arrived(38, GROUP, number="70", text="/my"),
    "group_command_for_another": None,
    "group_migrates": arrived(40, GROUP, moved_to="-1001234567890"),
    "group_migrated_from": None,
    "group_title_changed": None,
    "anonymous_admin": None,
    "channel_post": None,
    "english_app_without_surname": arrived(
        45, {"chat": "710000002", "sender": "710000002", "locale": "en"}, number="76", text="The lift is stuck"
    ),
    "app_language_untold": arrived(46, {"chat": "710000003", "sender": "710000003"}, number="77", text="在吗"),
}  # fmt: skip

Hear = Callable[[Mapping[str, Any]], Arrival | None]


@pytest.fixture(params=["telegram_residents", "telegram_staff"], scope="module")
def hear(request: pytest.FixtureRequest) -> Hear:
    """Either bot, as if it were open."""
    if request.param == "telegram_residents":
        from bot.channels.telegram_residents import TelegramResidents as Channel
    else:
        from bot.channels.telegram_staff import TelegramStaff as Channel  # type: ignore[assignment]
    channel = Channel(TOKEN)
    channel._username = USERNAME
    return channel.hear


@pytest.mark.parametrize("name", EXPECTED)
def test_an_update_becomes_what_it_tells(hear: Hear, name: str) -> None:
    raw = json.loads((PAYLOADS / f"{name}.json").read_text("utf-8"))
    assert hear(raw) == EXPECTED[name]


def test_every_payload_has_its_meaning() -> None:
    assert {path.stem for path in PAYLOADS.glob("*.json")} == set(EXPECTED)


@pytest.mark.parametrize(
    "raw",
    [{}, {"update_id": 8, "message": "hello"}, {"update_id": 8, "message": {"text": "hello"}}],
    ids=["empty", "no message", "half a message"],
)
def test_what_is_no_update_is_refused(hear: Hear, raw: Mapping[str, Any]) -> None:
    with pytest.raises(ValueError):
        hear(raw)
