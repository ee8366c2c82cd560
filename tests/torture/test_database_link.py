"""The line between program and database breaks, falters and goes dead under load: nothing is lost, nothing is done
twice, and it goes on by itself (R2, R9)."""

import asyncio
import os
import random
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url, text

from app.database import engine, start_server, stop_server
from tests.support import under_fire
from tests.support.aftermath import WAITING
from tests.support.ledger import Ledger
from tests.support.program import Program, end
from tests.support.promises import size
from tests.support.proxy import Harm, Proxy, deaf
from tests.support.town import PASSWORD

pytestmark = [pytest.mark.kill, pytest.mark.xdist_group("kill")]

PEOPLE, AT_ONCE = size(16, 300), 8
BREAKS = size(6, 60)  # of each kind
CUTS = size(3, 30)
AGAIN_SECONDS = 30.0  # after a line went dead
NOTICED = 14.0  # by the server, as app/database.py asks it to; test_a_vanished_program_holds_no_row shows it
STOP_SECONDS = 10.0
QUIET_SECONDS = size(60, 180)
COMMIT, WRITES = b"COMMIT", (b"INSERT", b"UPDATE")


@asynccontextmanager
async def far(database_url: str, folder: Path) -> AsyncIterator[tuple[Program, Proxy]]:
    """A program whose database is reached over a line of ours."""
    there = make_url(database_url)
    async with Proxy(f"{there.query['host']}/.s.PGSQL.5432").running() as line:
        url = f"postgresql://postgres@127.0.0.1:{line.port}/{there.database}?sslmode=disable&gssencmode=disable"
        program = Program(folder, DATABASE_URL=url, LOG_LEVEL="WARNING")
        try:
            yield await asyncio.to_thread(program.wait), line
        except BaseException:
            print((folder / "log").read_text(errors="replace")[-20_000:])
            raise
        finally:
            await asyncio.to_thread(end, [program])


async def faults(database_url: str, ledger: Ledger) -> list[str]:
    """Looked at past the bent line, once all is quiet."""
    deadline = time.monotonic() + QUIET_SECONDS
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection:
        while left := await (await connection.execute(WAITING.encode())).fetchone():
            if left == (0,):
                break
            assert time.monotonic() < deadline, f"{left[0]} deliveries still wait after {QUIET_SECONDS} s"
            await asyncio.sleep(0.2)
    with psycopg.connect(database_url) as connection:
        return ledger.faults(connection)


def breaks(chance: random.Random, share: float, left: dict[Harm, int]) -> Callable[[bytes, bool], Harm]:
    """Now and then at a commit, whose answer is lost; at a write, before it is there; in the middle of an answer."""

    def spoil(piece: bytes, there: bool) -> Harm:
        if there and COMMIT in piece:
            meant = chance.choice([Harm.BEFORE, Harm.UNANSWERED])
        elif there and any(word in piece for word in WRITES):
            meant = Harm.BEFORE
        else:
            meant = Harm.NONE if there or len(piece) < 100 else Harm.HALF
        if not meant or not left[meant] or chance.random() > share:
            return Harm.NONE
        left[meant] -= 1
        return meant

    return spoil


@pytest.mark.promise("R2")
async def test_broken_at_any_moment(town_url: str, tmp_path: Path, record_property: Callable[..., None]) -> None:
    """In a transaction, at its commit, after it with the answer lost, and all lines at once."""
    ledger, chance = under_fire.people(PEOPLE), random.Random(20261123)
    async with asyncio.timeout(size(240, 3600)), far(town_url, tmp_path) as (here, line):
        async with under_fire.load(here, ledger, AT_ONCE, PASSWORD) as wire:
            left = dict.fromkeys((Harm.BEFORE, Harm.HALF, Harm.UNANSWERED), BREAKS)
            line.spoil = breaks(chance, 0.1, left)
            for n in range(CUTS):
                await under_fire.until_told(ledger, (n + 1) * PEOPLE // (CUTS + 2), QUIET_SECONDS)
                line.cut()
            await _spoiled(line, left)
            line.spoil = lambda piece, there: Harm.NONE
        found = await faults(town_url, ledger)
        assert await asyncio.to_thread(here.stop) == 0
    told = ", ".join(f"{count} × {harm}" for harm, count in sorted(line.harmed.items()))
    record_property("tried", f"line to the database: {told}; all cut {CUTS} times; {PEOPLE} complaints")
    record_property("reached", f"{len(found)} lost or doubled, {wire.again} requests sent again")
    assert found == [], told
    assert line.harmed[Harm.UNANSWERED] and line.harmed[Harm.BEFORE] and line.harmed[Harm.HALF], told
    assert wire.again > 0, "nobody noticed: it was not under load"


async def _spoiled(line: Proxy, left: dict[Harm, int]) -> None:
    """Whatever is to break has broken; pages and sweeps go on asking when everybody has filed."""
    deadline = time.monotonic() + 5
    while any(left.values()) and time.monotonic() < deadline:
        await asyncio.sleep(0.1)


@pytest.mark.promise("R9")
@pytest.mark.promise("R12")
async def test_slow_refusing_and_dead(town_url: str, tmp_path: Path, record_property: Callable[..., None]) -> None:
    """A line 40 ms long; then nobody takes calls; then all lines are dead without a word while new ones pass; and a
    stop while nothing passes at all."""
    ledger, figures = under_fire.people(PEOPLE), dict[str, float]()
    async with asyncio.timeout(size(240, 3600)), far(town_url, tmp_path) as (here, line):
        async with under_fire.load(here, ledger, AT_ONCE, PASSWORD):
            line.delay = 0.02
            await under_fire.until_told(ledger, PEOPLE // 8, QUIET_SECONDS)
            line.delay = 0.0
            line.refuses = True
            line.cut()
            await asyncio.sleep(size(3.0, 30.0))
            line.refuses = False
            figures["refused"] = await _again(ledger)
            assert line.lose(NOTICED) > 5, "the pool's lines, the listener's, the watch's"
            figures["dead"] = await _again(ledger)
        found = await faults(town_url, ledger)
        line.freeze()
        await asyncio.sleep(3)
        asked = time.monotonic()
        code = await asyncio.to_thread(here.stop)
        stopped = time.monotonic() - asked
    record_property("tried", f"line to the database slow, refusing, dead, frozen at the stop; {PEOPLE} complaints")
    reached = f"filing again {figures['dead']:.0f} s after it went dead, stopped in {stopped:.0f} s"
    record_property("reached", f"{len(found)} lost or doubled, {reached}")
    assert found == []
    assert (code, stopped < STOP_SECONDS) == (0, True), reached
    assert max(figures.values()) < AGAIN_SECONDS, figures


async def _again(ledger: Ledger) -> float:
    """Seconds until two more have filed."""
    begun, before = time.monotonic(), under_fire.told(ledger)
    await under_fire.until_told(ledger, min(len(ledger.residents), before + 2), 120)
    return time.monotonic() - begun


async def test_a_vanished_program_holds_no_row(new_data_dir: Callable[[], Path]) -> None:
    """Nobody waits long for what a machine had in hand that is gone without a word (R11)."""
    host = f"127.{random.randint(1, 254)}.{random.randint(0, 254)}.{random.randint(1, 254)}"  # its port is free there
    server = await asyncio.to_thread(start_server, new_data_dir(), {"listen_addresses": host})
    gone = engine(server.url.replace("@/", f"@{host}/").partition("?")[0])
    try:
        with psycopg.connect(server.url, autocommit=True) as here:
            here.execute("CREATE TABLE one (n int); INSERT INTO one VALUES (1)")
            holding = await gone.connect()
            await holding.execute(text("SELECT n FROM one FOR UPDATE"))
            raw = await holding.get_raw_connection()
            with socket.socket(fileno=os.dup(raw.driver_connection.fileno())) as line:  # type: ignore[union-attr]
                deaf(line)
            begun = time.monotonic()
            await asyncio.to_thread(here.execute, "UPDATE one SET n = 2")
            await holding.invalidate()
            await holding.close()
            assert 1 < time.monotonic() - begun < NOTICED + 6
    finally:
        await gone.dispose()
        await asyncio.to_thread(stop_server, server)
