"""Asked to stop while people talk, program and database end within ten seconds; the next start goes on (R12)."""

import asyncio
import os
import signal
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from tests.support.aftermath import database, servers, wait_until_quiet
from tests.support.ledger import Ledger, Told
from tests.support.patient import Official, Wire, everybody_tells, handle, wire
from tests.support.program import Program, end, free_port
from tests.support.under_fire import PASSWORD, after_its_first_day

pytestmark = [pytest.mark.kill, pytest.mark.xdist_group("kill")]

STOP_SECONDS = 10
UNCERTAIN = "SELECT task_name, status::text FROM procrastinate_jobs WHERE status = 'doing'"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "sigterm"])
@pytest.mark.promise("R12")
async def test_stopped_under_load_and_started_again(
    number: signal.Signals, new_data_dir: Callable[[], Path], record_property: Callable[..., None]
) -> None:
    folder = new_data_dir()
    ledger = Ledger([Told(f"丹桂苑楼下烧烤店油烟太大，第 {n} 次反映") for n in range(30)])
    settings = {"PORT": str(free_port())}
    await asyncio.to_thread(after_its_first_day, folder)
    first = await asyncio.to_thread(Program(folder, **settings).wait)
    programs = [first]
    try:
        async with wire(first.url) as line, asyncio.TaskGroup() as tasks:
            worker = await Official(line.own(), "limin", ledger).sign_in(PASSWORD)
            pages = [await chat(line), await chat(line), worker.patient.listen("/api/staff/stream")]
            streams = [tasks.create_task(page) for page in pages]
            tasks.create_task(everybody_tells(line, ledger.residents, at_once=4))
            await some_filed(ledger, 5)
            await handle(worker)
            assert os.getpgid(first.process.pid) not in map(os.getpgid, servers(folder)), "Ctrl-C would reach it"

            asked = time.monotonic()
            assert await asyncio.to_thread(first.stop, number) == 0
            took = time.monotonic() - asked
            assert took < STOP_SECONDS
            assert servers(folder) == [], "the database stops with its last user"
            assert all([await stream for stream in streams]), "open pages were told, and their streams ended in order"
            assert not all(told.number for told in ledger.residents), "all had filed: it was not under load"
            with database(folder) as connection:
                assert connection.execute(UNCERTAIN).fetchall() == []

            programs.append(await asyncio.to_thread(Program(folder, **settings).wait))
            await some_filed(ledger, len(ledger.residents))
            await handle(worker)  # still signed in
        await asyncio.to_thread(wait_until_quiet, folder)
        assert programs[-1].stop(number) == 0
        with database(folder) as connection:
            assert ledger.faults(connection) == []
        assert servers(folder) == []
        record_property("tried", f"{number.name} while {len(ledger.residents)} people tell their complaints")
        record_property("reached", f"program and database ended in {took:.1f} s, 0 lost, pages told")
    finally:
        end(programs)


async def chat(line: Wire) -> Coroutine[Any, Any, bytes]:
    resident = line.own()
    await resident.session("/api/chat/session", {})
    return resident.listen("/api/chat/stream")


async def some_filed(ledger: Ledger, many: int) -> None:
    while sum(bool(told.number) for told in ledger.residents) < many:
        await asyncio.sleep(0.05)
