"""The database is killed (R2), frozen (R9) and full (R13) under load; and a control that must show loss (R3)."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.support import under_fire
from tests.support.aftermath import database
from tests.support.patient import Refused
from tests.support.promises import size

pytestmark = [pytest.mark.kill, pytest.mark.xdist_group("kill")]

AT_ONCE = 8
LOSING = 4  # kills: at any one of them there may by chance be nothing that is not written yet
KILLS, PEOPLE = size(3, 35), size(40, 400)
AWAY = size(6.0, 60.0)  # seconds
ANSWER_SECONDS, DRAIN_SECONDS = 5.0, 60.0
FULL = """
CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$;
CREATE TRIGGER no_room BEFORE INSERT ON {} FOR EACH ROW EXECUTE FUNCTION no_room();
"""
NewFolder = Callable[[], Path]


@pytest.mark.promise("R2")
async def test_killed_under_load(new_data_dir: NewFolder, record_property: Callable[..., None]) -> None:
    folder, ledger = new_data_dir(), under_fire.people(PEOPLE)
    async with asyncio.timeout(1800), under_fire.program(folder) as here:
        async with under_fire.load(here, ledger, AT_ONCE) as line:
            for n in range(KILLS):
                await under_fire.until_told(ledger, (n + 1) * PEOPLE // (KILLS + 2))
                under_fire.kill_database(folder)
                await asyncio.sleep(2.5)  # our own watch looks every two seconds
        found = await asyncio.to_thread(under_fire.faults, folder, ledger)
        assert here.stop() == 0
    record_property("tried", f"{KILLS} kills, {PEOPLE} complaints, {line.again} requests sent again")
    record_property("reached", f"{len(found)} lost or doubled")
    assert found == []
    assert line.again >= KILLS, "nobody noticed: it was not under load"


@pytest.mark.promise("R3")
async def test_without_waiting_for_the_disk_the_same_shows_loss(
    new_data_dir: NewFolder, record_property: Callable[..., None]
) -> None:
    """Else the test above could not see any."""
    folder, ledger = new_data_dir(), under_fire.people(PEOPLE)
    lost = list[str]()
    async with asyncio.timeout(600), under_fire.program(folder) as here:
        with database(folder) as connection:
            connection.execute("ALTER SYSTEM SET synchronous_commit = off")
            connection.execute("ALTER SYSTEM SET wal_writer_delay = '10s'")
            connection.execute("ALTER SYSTEM SET wal_writer_flush_after = '1GB'")
            connection.execute("SELECT pg_reload_conf()")
        try:
            async with under_fire.load(here, ledger, AT_ONCE):
                for n in range(LOSING):
                    await under_fire.until_told(ledger, (n + 1) * PEOPLE // (LOSING + 1))
                    under_fire.kill_database(folder)
                    await asyncio.sleep(2.5)
        except* (Refused, AssertionError):
            lost.append("people whom nobody knows any more")  # their conversation went with it
        ledger.residents = [told for told in ledger.residents if told.number]
        lost += [fault for fault in await asyncio.to_thread(under_fire.faults, folder, ledger) if ": lost" in fault]
        assert here.stop() == 0
    record_property("tried", f"{LOSING} kills, {len(ledger.residents)} acknowledged")
    record_property("reached", f"{len(lost)} lost")
    assert lost, "nothing lost: the harness is blind"


@pytest.mark.promise("R9")
async def test_frozen_nobody_waits_and_nothing_is_lost(
    new_data_dir: NewFolder, record_property: Callable[..., None]
) -> None:
    folder, ledger = new_data_dir(), under_fire.people(PEOPLE)
    async with asyncio.timeout(600), under_fire.program(folder) as here:
        async with under_fire.load(here, ledger, AT_ONCE) as line:
            await under_fire.until_told(ledger, PEOPLE // 4)
            with under_fire.frozen(folder):
                waits = await knock(here.url, AWAY)
            thawed = time.monotonic()
        drained = time.monotonic() - thawed
        found = await asyncio.to_thread(under_fire.faults, folder, ledger)
        assert here.stop() == 0
    record_property("tried", f"{AWAY:.0f} s away, {len(waits)} knocks, {PEOPLE} complaints")
    record_property("reached", f"503 after {max(waits):.1f} s at most, drained in {drained:.0f} s, {len(found)} lost")
    assert max(waits) < ANSWER_SECONDS
    assert (found, drained < DRAIN_SECONDS) == ([], True)
    assert line.again > 0, "nobody noticed: it was not under load"


async def knock(url: str, seconds: float) -> list[float]:
    """Somebody new every half second, each told to come again; how long each waited."""

    async def one() -> float:
        begun = time.monotonic()
        async with httpx.AsyncClient(base_url=url, timeout=30, headers={"origin": url}) as http:
            answer = await http.post("/api/chat/session", json={})
        assert (answer.status_code, answer.headers.get("retry-after")) == (503, "5"), answer.text
        return time.monotonic() - begun

    async with asyncio.TaskGroup() as tasks:
        knocking = []
        for _ in range(int(seconds * 2)):
            knocking.append(tasks.create_task(one()))
            await asyncio.sleep(0.5)
    return [task.result() for task in knocking]


@pytest.mark.promise("R13")
async def test_full_there_is_no_half_case_and_it_goes_on_by_itself(
    new_data_dir: NewFolder, record_property: Callable[..., None]
) -> None:
    """As PostgreSQL says it: the statement fails, the connection lives. Once at the case, once at its last row."""
    folder, ledger = new_data_dir(), under_fire.people(12)
    tables = ("cases", "events", "notifications", "chat_messages")
    async with asyncio.timeout(300), under_fire.program(folder) as here:
        async with under_fire.load(here, ledger, 4) as line:
            for n, table in enumerate(tables):
                await under_fire.until_told(ledger, n * 2)
                with database(folder) as connection:
                    connection.execute(FULL.format(table).encode())
                    before = connection.execute("SELECT count(*) FROM cases").fetchone()
                    await asyncio.sleep(1.5)
                    after = connection.execute("SELECT count(*) FROM cases").fetchone()
                    connection.execute("DROP FUNCTION no_room CASCADE")
                assert before == after, f"filed without a row in {table}"
        found = await asyncio.to_thread(under_fire.faults, folder, ledger)
        assert here.stop() == 0
    record_property("tried", f"{len(tables)} tables full for 1.5 s each, {line.again} requests sent again")
    record_property("reached", f"{len(found)} lost or halved")
    assert found == []
    assert line.again >= len(tables)
