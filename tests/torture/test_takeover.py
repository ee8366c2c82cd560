"""What is done in one place at a time goes on elsewhere within 30 s when that place vanishes, and never in both."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import make_url

from bot.alone import alone
from tests.support.proxy import Proxy

pytestmark = pytest.mark.kill
TAKEN_OVER = 30.0
Spans = list[tuple[str, str, float]]


def worker(name: str, spans: Spans) -> Callable[[], Awaitable[None]]:
    async def work() -> None:
        spans.append((name, "begins", time.monotonic()))
        try:
            await asyncio.Event().wait()
        finally:
            spans.append((name, "ends", time.monotonic()))

    return work


@pytest.mark.promise("R11")
async def test_a_machine_that_vanishes_is_replaced_once_it_has_stopped(database_url: str) -> None:
    spans: Spans = []
    there = make_url(database_url)
    async with Proxy(f"{there.query['host']}/.s.PGSQL.5432").running() as wire:
        far = f"postgresql://postgres@127.0.0.1:{wire.port}/{there.database}?sslmode=disable&gssencmode=disable"
        async with asyncio.TaskGroup() as tasks:
            first = tasks.create_task(alone(far, "sending", worker("far", spans)))
            await _until(lambda: spans)
            second = tasks.create_task(alone(database_url, "sending", worker("near", spans)))
            await asyncio.sleep(2)
            assert [span[:2] for span in spans] == [("far", "begins")], "one at a time"
            vanished = time.monotonic()
            wire.freeze()
            await _until(lambda: len(spans) == 3)
            first.cancel()
            second.cancel()
    assert [span[:2] for span in spans[:3]] == [("far", "begins"), ("far", "ends"), ("near", "begins")]
    assert spans[2][2] - vanished < TAKEN_OVER


async def _until(there: Callable[[], object]) -> None:
    async with asyncio.timeout(TAKEN_OVER + 5):
        while not there():
            await asyncio.sleep(0.05)
