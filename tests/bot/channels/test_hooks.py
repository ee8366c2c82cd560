"""The door for messengers: only their secret opens it, and nothing that comes through makes it a 500."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx
import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from bot import reception as reception_module
from bot.channels.telegram_residents import TelegramResidents
from bot.reception import Reception
from tests.bot.channels.conftest import Heard
from tests.support.site import Site
from web import hooks
from web.parts import Parts

SECRET = "hook-secret_of-these-tests"
URL = "/hooks/telegram"
OURS = {hooks.HEADER: SECRET, "content-type": "application/json"}
MB = 1024 * 1024


def update(number: int, words: str = "灯坏了") -> dict[str, Any]:
    who = {"id": 710000001, "first_name": "桂兰"}
    body = {"message_id": number, "date": 1763712000, "chat": who | {"type": "private"}, "text": words}
    return {"update_id": number, "message": body | {"from": who | {"is_bot": False}}}


GOOD = json.dumps(update(1)).encode()


@pytest.fixture
async def heard(shared_site: Site, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Heard]:
    """Behind the door of `telegram`; afterwards nothing kept of it is left."""
    monkeypatch.setattr(reception_module, "PAUSES", (0.01,))
    parts, heard = site_parts(shared_site), Heard()
    channel = TelegramResidents("7000000001:for-tests-only")
    parts.receptions = {"telegram": Reception(channel, heard, parts.transactions, parts.keys, parts.now)}
    parts.hook_secret = SECRET
    yield heard
    async with shared_site.parts.sessions() as session:
        await session.execute(text("DELETE FROM refused_updates"))
        await session.commit()


def site_parts(site: Site) -> Parts:
    parts: Parts = site.transport.app.state.parts  # type: ignore[attr-defined]
    return parts


async def post(site: Site, content: Any = GOOD, url: str = URL, headers: Mapping[Any, Any] = OURS) -> httpx.Response:
    return await site.client().post(url, content=content, headers=dict(headers))


async def kept(site: Site) -> int:
    async with site.parts.sessions() as session:
        return int(await session.scalar(text("SELECT count(*) FROM refused_updates")) or 0)


async def test_taken_in(shared_site: Site, heard: Heard) -> None:
    answer = await post(shared_site)
    assert (answer.status_code, answer.content, heard.texts) == (200, b"", ["灯坏了"])


async def test_its_secret_is_enough_wherever_it_comes_from(shared_site: Site, heard: Heard) -> None:
    elsewhere = OURS | {"origin": "https://telegram.example", "sec-fetch-site": "cross-site"}
    assert (await post(shared_site, headers=elsewhere)).status_code == 200
    charset = OURS | {"content-type": "Application/JSON; charset=utf-8"}
    assert (await post(shared_site, headers=charset)).status_code == 200


FORGED: Mapping[str, Mapping[Any, Any]] = {
    "missing": {},
    "empty": {hooks.HEADER: ""},
    "wrong": {hooks.HEADER: "hook-secret_of-these-testS"},
    "shorter": {hooks.HEADER: SECRET[:-1]},
    "longer": {hooks.HEADER: SECRET + "x"},
    "not ascii": {hooks.HEADER.encode(): "密钥é".encode()},
    "no characters": {hooks.HEADER.encode(): b"\xff\xfe\x80"},
    "very long": {hooks.HEADER: "x" * 60_000},
    "in another header": {"authorization": SECRET},
}


@pytest.mark.parametrize("name", FORGED)
@pytest.mark.promise("I7")
async def test_a_forged_secret_opens_nothing(shared_site: Site, heard: Heard, name: str) -> None:
    for content in (GOOD, b"not json", b""):
        answer = await post(shared_site, content, headers=FORGED[name] | {"content-type": "application/json"})
        assert answer.status_code == 403
    assert (heard.tries, await kept(shared_site)) == (0, 0)


async def test_no_such_door(shared_site: Site, heard: Heard) -> None:
    for url in ("/hooks/telegram-staff", "/hooks/%00", "/hooks/", "/hooks/telegram/more"):
        assert (await post(shared_site, url=url)).status_code == 404
    parts = site_parts(shared_site)
    parts.hook_secret = ""
    assert (await post(shared_site, headers=OURS | {hooks.HEADER: ""})).status_code == 404
    parts.receptions = {}
    assert (await post(shared_site)).status_code == 404
    assert heard.tries == 0


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
async def test_only_post(shared_site: Site, heard: Heard, method: str) -> None:
    answer = await shared_site.client().request(method, URL, headers=OURS, content=GOOD)
    assert (answer.status_code, heard.tries) == (405, 0)


@pytest.mark.parametrize(
    "kind", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
async def test_only_json(shared_site: Site, heard: Heard, kind: str) -> None:
    answer = await post(shared_site, headers=OURS | {"content-type": kind})
    assert (answer.status_code, heard.tries) == (415, 0)


@pytest.mark.promise("I7")
async def test_too_large_declared_or_found_out(shared_site: Site, heard: Heard) -> None:
    assert (await post(shared_site, b" " * (50 * MB))).status_code == 413
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(50 * 16):
            sent += 1
            yield b" " * 65536

    assert (await post(shared_site, endless())).status_code == 413
    assert sent <= 20, "the rest was not even looked at"
    lie = OURS | {"content-length": "10"}
    assert (await post(shared_site, endless(), headers=lie)).status_code == 413
    assert (await post(shared_site, GOOD + b" " * (MB - len(GOOD)))).status_code == 200
    assert heard.tries == 1


@pytest.mark.promise("I7")
async def test_who_drips_is_let_go_of(shared_site: Site, heard: Heard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hooks, "BODY_SECONDS", 0.1)

    async def dripping() -> AsyncIterator[bytes]:
        for byte in GOOD:
            yield bytes([byte])
            await asyncio.sleep(0.02)

    answer = await post(shared_site, dripping())
    assert (answer.status_code, answer.headers["connection"], heard.tries) == (408, "close", 0)


NO_UPDATES = {
    "nothing": b"",
    "no json": b"{update",
    "no utf-8": b'{"update_id": 1, "message": "\xff\xfe"}',
    "brackets without end": b"[" * 200_000,
    "a number without end": b'{"update_id": ' + b"9" * 10_000 + b"}",
    "another thing": b'"update"',
    "a list": b"[{}]",
    "no number": b'{"message": {}}',
    "a huge number": b'{"update_id": 99999999999999999999999}',
}


@pytest.mark.parametrize("name", NO_UPDATES)
async def test_what_is_no_update_is_a_400(shared_site: Site, heard: Heard, name: str) -> None:
    assert (await post(shared_site, NO_UPDATES[name])).status_code == 400
    assert heard.tries == 0


async def test_what_nobody_can_read_is_kept_and_not_sent_again(shared_site: Site, heard: Heard) -> None:
    broken = json.dumps({"update_id": 7, "message": {"text": "半条 \ud83d\u0000"}}).encode()
    answers = [await post(shared_site, broken) for _ in range(2)]
    heard.troubles = [KeyError()] * 3
    answers.append(await post(shared_site))
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert (await kept(shared_site), heard.arrivals) == (2, [])


async def test_503_while_the_database_is_away(shared_site: Site, heard: Heard) -> None:
    heard.troubles = [OperationalError("select", {}, psycopg.OperationalError("gone"))]
    answer = await post(shared_site)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "3")
    assert (await post(shared_site)).status_code == 200
    assert (await kept(shared_site), heard.texts) == (0, ["灯坏了"])


async def test_the_answer_comes_after_the_work(shared_site: Site, heard: Heard) -> None:
    heard.holds["710000001"] = asyncio.Event()
    posting = asyncio.create_task(post(shared_site))
    await asyncio.sleep(0.2)
    assert not posting.done()
    heard.holds["710000001"].set()
    assert (await posting).status_code == 200
