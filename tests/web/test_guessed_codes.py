"""Lookup codes are not found by guessing: not from many addresses together, nor by what an answer says or costs."""

import asyncio
import math
import random
import re
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from bot.limits import LOOKUPS_IN_ALL
from tests.support.people import Resident
from tests.support.site import Site
from tests.support.statements import statements

ADDRESSES, EACH = 30, 3
TIMED, CLIENTS = 40, 4  # of each kind; nobody says more lines a minute than they may


async def at(site: Site, address: str) -> Resident:
    http = httpx.AsyncClient(
        transport=httpx.ASGITransport(site.transport.app, client=(address, 1)), base_url="http://test"
    )
    site.clients.append(http)
    resident = Resident(http)
    await resident.open(locale="zh-Hans")
    return resident


def guess(resident: Resident, code: str) -> Any:
    return resident.http.post("/api/chat/messages", json={"key": str(uuid4()), "text": code})


def some_code(chance: random.Random) -> str:
    return "".join(chance.choices("0123456789", k=16))


@pytest.mark.promise("I8")
async def test_many_addresses_together_have_ten_guesses_a_second(
    site: Site, record_property: Callable[..., None]
) -> None:
    chance = random.Random(20261123)
    guessers = [await at(site, f"192.0.2.{n}") for n in range(ADDRESSES)]
    begun = time.monotonic()
    answers = await asyncio.gather(*(guess(one, some_code(chance)) for one in guessers for _ in range(EACH)))
    took = time.monotonic() - begun
    codes = [answer.status_code for answer in answers]
    heard = codes.count(200)
    assert heard + codes.count(429) == len(codes)
    assert 0 < heard <= LOOKUPS_IN_ALL.times * math.ceil(took) < len(codes), took
    await asyncio.sleep(LOOKUPS_IN_ALL.seconds)
    assert (await guess(guessers[0], some_code(chance))).status_code == 200, "they wait, and are not shut out"
    record_property("tried", f"{len(codes)} guesses from {ADDRESSES} addresses within {took:.1f} s")
    record_property("reached", f"{heard} heard")


@pytest.mark.promise("I8")
async def test_a_wrong_code_and_one_of_no_case_are_answered_alike_and_as_fast(
    site: Site, record_property: Callable[..., None]
) -> None:
    """Asked in turn, so that whatever else the machine does slows both alike; what is asked of the database for them is
    the same whatever the machine does, and is another thing for a right one."""
    chance, owner = random.Random(20261123), await site.resident()
    await owner.file("楼下烧烤店油烟太大")
    right = digits(owner.said[-1]["text"])
    guessers = [await at(site, f"192.0.2.{n}") for n in range(CLIENTS)]
    took: dict[str, list[float]] = {"near": [], "absent": []}
    said: dict[str, set[str]] = {kind: set() for kind in ("right", *took)}
    asked: dict[str, set[tuple[str, ...]]] = {kind: set() for kind in said}

    async def try_one(kind: str, code: str, n: int) -> float:
        await forgotten(site)
        with statements() as heard:
            begun = time.perf_counter()
            answer = await guess(guessers[n % CLIENTS], code)
            lasted = time.perf_counter() - begun
        assert answer.status_code == 200
        said[kind].add(str([line["text"] for line in answer.json()["messages"] if line["from"] == "us"]))
        asked[kind].add(tuple(heard))
        return lasted

    await site.settle()
    for n in range(TIMED):
        codes = {"near": near(right, chance), "absent": some_code(chance)}
        for kind in chance.sample(sorted(codes), len(codes)):
            took[kind].append(await try_one(kind, codes[kind], n))
    await try_one("right", right, 0)
    assert said["near"] == said["absent"] == {"['没有查到。请核对 16 位查询码。']"}
    assert asked["near"] == asked["absent"]
    assert said["right"].isdisjoint(said["near"]) and asked["right"].isdisjoint(asked["near"]), (
        "or nothing is looked at"
    )
    share = slower(took["near"], took["absent"])
    times = " and ".join(f"{statistics.median(some) * 1000:.0f} ms" for some in took.values())
    record_property("tried", f"{TIMED} codes one digit off and {TIMED} of no case, in turn")
    record_property("reached", f"the same words, in {times}; one slower than the other in {share:.0%} of all pairs")
    assert 0.2 < share < 0.8, times


def digits(said: str) -> str:
    found = re.search(r"(?:\d{4}[ -]?){4}", said)
    assert found, said
    return re.sub(r"\D", "", found[0])


def near(code: str, chance: random.Random) -> str:
    """One digit of it changed."""
    n = chance.randrange(len(code))
    return f"{code[:n]}{(int(code[n]) + chance.randint(1, 9)) % 10}{code[n + 1 :]}"


def slower(some: Sequence[float], others: Sequence[float]) -> float:
    """How often one of the first took longer than one of the second: half of the time if they are alike."""
    return sum(one > other for one in some for other in others) / (len(some) * len(others))


async def forgotten(site: Site) -> None:
    """The tries of before: here the answers are looked at, not how many there may be."""
    async with site.parts.sessions() as session:
        await session.execute(text("DELETE FROM tries"))
        await session.commit()
