"""One resident sends a hundred messages a second: everybody else is answered in time, and what they say of danger is
heard all the same (I10)."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from tests.support import under_fire
from tests.support.aftermath import database
from tests.support.patient import Patient, Wire, everybody_tells, wire
from tests.support.promises import SOAK, size

pytestmark = [pytest.mark.kill, pytest.mark.xdist_group("kill")]

A_SECOND, AT_MOST, LASTS = 100, 32, size(4.0, 60.0)  # no more than so many not yet answered
PEOPLE, AT_ONCE = size(16, 200), 4
WORST = 2.0  # seconds, p95 of the others
DANGER = "三楼着火了，快来人"
ALARMS = "SELECT count(*) FROM chat_messages WHERE text = %s"


class Timed(Wire):
    """How long everybody's answers took."""

    def __init__(self, line: Wire) -> None:
        super().__init__(line.http)
        self.took = list[float]()

    def own(self) -> Patient:
        return Stopwatch(self, {})


class Stopwatch(Patient):
    async def send(self, *asked: object, **given: object) -> object:  # type: ignore[override]
        begun = time.monotonic()
        answer = await super().send(*asked, **given)  # type: ignore[arg-type]
        self.wire.took.append(time.monotonic() - begun)  # type: ignore[attr-defined]
        return answer


@pytest.mark.promise("I10")
async def test_others_are_answered_and_danger_is_heard(
    new_data_dir: Callable[[], Path], record_property: Callable[..., None]
) -> None:
    folder, ledger = new_data_dir(), under_fire.people(PEOPLE)
    async with asyncio.timeout(size(180, 900)), under_fire.program(folder) as here, wire(here.url) as line:
        before, others, over = Timed(line), Timed(line), asyncio.Event()
        await everybody_tells(before, ledger.residents[: PEOPLE // 4], AT_ONCE)
        begun = time.monotonic()
        async with asyncio.TaskGroup() as tasks:
            flooding = tasks.create_task(flood(here.url, over))
            await everybody_tells(others, ledger.residents[PEOPLE // 4 :], AT_ONCE)
            await asyncio.sleep(max(0.0, begun + LASTS - time.monotonic()))
            over.set()
        answers, alarms = flooding.result()
        with database(folder) as connection:
            heard = connection.execute(ALARMS, (DANGER,)).fetchone()
        assert await asyncio.to_thread(here.stop) == 0
    p95, alone = (sorted(took)[int(len(took) * 0.95)] for took in (others.took, before.took))
    record_property("tried", f"{sum(answers.values())} messages of one in {LASTS:.0f} s, {len(others.took)} of others")
    record_property(
        "reached",
        f"{answers[429]} refused, others' p95 {p95:.2f} s ({alone:.2f} before), {alarms} words of danger all heard",
    )
    assert set(answers) - {503} == {200, 429}  # 503: come again; whoever only floods does not
    assert all(told.number for told in ledger.residents)
    assert heard == (alarms,) and alarms > 0
    assert p95 < WORST or (not SOAK and p95 < 2 * alone)  # a machine with other things to do is slow without a flood


def said(text: str) -> dict[str, str]:
    return {"key": str(uuid4()), "text": text}


async def flood(url: str, over: asyncio.Event) -> tuple[Counter[int], int]:
    """Answers by status, and how many words of danger were among them: one in a hundred. A refused one raises."""
    async with wire(url) as line, asyncio.TaskGroup() as tasks:
        one, under_way = line.own(), asyncio.Semaphore(AT_MOST)
        await one.session("/api/chat/session", {})

        async def say(text: str) -> int:
            async with under_way:
                answer = await line.http.post("/api/chat/messages", json=said(text), headers=one.headers, timeout=60)
            return answer.status_code

        sent, alarms = list[asyncio.Task[int]](), list[asyncio.Task[httpx.Response]]()
        begun = time.monotonic()
        while not over.is_set() or len(sent) < 2 * A_SECOND:  # past what one may say in a minute
            while len(sent) < (time.monotonic() - begun) * A_SECOND and not under_way.locked():
                sent.append(tasks.create_task(say(f"第 {len(sent)} 句")))
                if len(sent) % A_SECOND == 0:
                    alarms.append(tasks.create_task(one.send("POST", "/api/chat/messages", said(DANGER))))
                await asyncio.sleep(0)
            await asyncio.sleep(0.01)
    return Counter(task.result() for task in sent), len(alarms)
