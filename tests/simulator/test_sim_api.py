"""/sim, as a script in another process uses it; and the program itself."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.simulator.conftest import Stage, picture


@pytest.fixture
async def sim(stage: Stage) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"{stage.address}/sim", trust_env=False, verify=False, timeout=10) as http:
        yield http


async def ask(sim: httpx.AsyncClient, path: str, **body: Any) -> Any:
    answer = await sim.post(path, json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_bot_a_person_and_what_they_say(sim: httpx.AsyncClient) -> None:
    bot = await ask(sim, "/bots", username="other_bot", token="42:abc")
    user = await ask(sim, "/users", first_name="李勇", language_code="en")
    await ask(sim, "/start", bot="other_bot", user=user["id"], payload="t-1")
    waits = asyncio.create_task(sim.get("/log", params={"after": 2, "timeout": 5, "bot": 42, "kind": "message"}))
    await asyncio.sleep(0.05)
    await ask(sim, "/say", bot=42, chat=user["id"], text="在吗")
    told = (await waits).json()["events"]
    assert [entry["message"]["text"] for entry in told] == ["在吗"]
    view = (await sim.get("/chat", params={"chat": user["id"], "bot": "42"})).json()
    assert [message["text"] for message in view["messages"]] == ["/start t-1", "在吗"]
    assert (bot["token"], view["started"], view["blocked"]) == ("42:abc", True, False)


async def test_files_places_and_presses(sim: httpx.AsyncClient, stage: Stage, kit: Any) -> None:
    at = {"bot": str(stage.bot.id), "chat": str(stage.user.id)}
    photos = [("photo", (f"{n}.jpg", picture(30, 20), "image/jpeg")) for n in range(2)]
    album = (await sim.post("/photos", data=at | {"caption": "两处"}, files=photos)).json()
    assert album[0]["media_group_id"] == album[1]["media_group_id"]
    voice = (await sim.post("/voice", data=at | {"duration": "4"}, files={"voice": ("a.ogg", b"OggS")})).json()
    assert voice["voice"]["duration"] == 4
    kept = await sim.get(f"/files/{voice['voice']['file_unique_id']}")
    assert kept.content == b"OggS"
    file = (await sim.post("/document", data=at, files={"document": ("a.pdf", b"%PDF")})).json()
    assert file["document"]["file_name"] == "a.pdf"
    live = await ask(sim, "/location", **at, latitude=29.7, longitude=120.2, live_period=900)
    moved = await ask(sim, "/location", **at, message_id=live["message_id"], latitude=29.8, longitude=120.2)
    assert moved["location"]["latitude"] == 29.8
    key = kit.types.InlineKeyboardButton(text="签收", callback_data="t:1")
    markup = kit.types.InlineKeyboardMarkup(inline_keyboard=[[key]])
    card = await kit.bot.send_message(stage.user.id, "一", reply_markup=markup)
    assert (await ask(sim, "/press", **at, message_id=card.message_id, button="签收"))["data"] == "t:1"
    assert (await ask(sim, "/press", **at, message_id=card.message_id, data="old"))["data"] == "old"
    kinds = [next(iter(set(update.update) - {"update_id"})) for update in stage.bot.updates.waiting()]
    assert kinds == ["message"] * 5 + ["edited_message"] + ["callback_query"] * 2
    assert [call["method"] for call in (await sim.get("/calls")).json()][-1] == "sendmessage"


async def test_groups_blocks_and_time(sim: httpx.AsyncClient, stage: Stage) -> None:
    group = await ask(sim, "/groups", title="楼道群", people=[stage.user.id], bots=["fengqiao_bot"])
    await ask(sim, "/say", chat=group["id"], user=stage.user.id, text="/help")
    new = await ask(sim, "/migrate", chat=group["id"])
    await ask(sim, "/remove", chat=new["id"], bot=stage.bot.id, user=stage.user.id)
    await ask(sim, "/block", bot=stage.bot.id, user=stage.user.id)
    refused = await sim.post("/say", json={"bot": stage.bot.id, "chat": stage.user.id, "text": "一"})
    assert (refused.status_code, refused.json()) == (400, {"error": "unblock the bot first"})
    await ask(sim, "/unblock", bot=stage.bot.id, user=stage.user.id)
    await ask(sim, "/updates", bot=stage.bot.id, update={"update_id": 5, "message": {"text": "生"}})
    assert next(item.id for item in stage.bot.updates.waiting()) == 5
    assert (await ask(sim, "/clock", advance=3600))["now"] > stage.world.clock() + 3500
    assert len((await sim.get("/state")).json()["groups"]) == 2


@pytest.mark.parametrize(("path", "body"), [
    ("/start", {"bot": "fengqiao_bot", "user": 1}), ("/start", {"bot": "nobody_bot", "user": 1}), ("/say", {}),
    ("/users", {"age": 7}), ("/bots", {"token": "nonsense"}), ("/faults", {"kind": "429", "share": 2}),
])  # fmt: skip
async def test_what_nobody_can_do_is_said_plainly(sim: httpx.AsyncClient, path: str, body: dict[str, Any]) -> None:
    answer = await sim.post(path, json=body)
    assert answer.status_code == 400 and answer.json()["error"]


async def test_a_payload_of_a_deep_link(sim: httpx.AsyncClient, stage: Stage) -> None:
    for payload, code in (("a" * 64, 200), ("a" * 65, 400), ("a.b", 400)):
        asked = {"bot": stage.bot.id, "user": stage.user.id, "payload": payload}
        assert (await sim.post("/start", json=asked)).status_code == code


async def test_the_program_starts_and_stops() -> None:
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "simulator", "--port", "0", "--token", "42:abc=one_bot", stdout=asyncio.subprocess.PIPE,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    assert program.stdout is not None
    async with asyncio.timeout(60):
        lines = [(await program.stdout.readline()).decode().strip() for _ in range(3)]
        assert lines[0] == "bot @one_bot  token 42:abc"
        address = lines[1].removeprefix("Bot API  ")
        async with httpx.AsyncClient(base_url=address, trust_env=False, verify=False) as http:
            assert (await http.get("/bot42:abc/getMe")).json()["result"]["username"] == "one_bot"
            waiting = asyncio.create_task(http.get("/bot42:abc/getUpdates", params={"timeout": 50}, timeout=60))
            await asyncio.sleep(0.2)
            program.send_signal(signal.SIGINT)
            await asyncio.wait_for(program.wait(), 20)
            await asyncio.gather(waiting, return_exceptions=True)
