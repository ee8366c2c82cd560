"""`verify-chain` as an operator asks for it; and the record through migrations, at size (R17)."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from psycopg.types.json import Jsonb

from app import heads as files
from app import migrate
from app.database import Sessions
from cases import linking
from tests.app.conftest import Run
from tests.support.clock import Clock
from tests.support.histories import Life, known, multiply
from tests.support.promises import size

EVENTS = size(2_000, 100_000)
BACK = "0009_partners"
TABLES = (
    "cases", "events", "residents", "timers", "ratings", "corrections", "exclusions", "alarms", "orders", "co_tasks",
)  # fmt: skip
TAMPERED = {
    "was changed": "UPDATE events SET text = text || '!' WHERE id = {id}",
    "is missing": "DELETE FROM events WHERE id = {id}",
    "ends too early": "DELETE FROM events WHERE case_id = '{case}' AND seq >= {seq}",
}


@pytest.fixture
async def lived(town: Sessions, clock: Clock) -> Sessions:
    async with town.begin() as session:
        life = Life(session, *await known(session), 11, clock())
        await life.until(clock() + timedelta(days=2))
    return town


async def test_the_first_bad_event_is_named(
    lived: Sessions, run: Run, town_url: str, tmp_path: Path, clock: Clock
) -> None:
    code, said, _ = run("verify-chain")
    assert code == 0 and "s per million" in said and "no head kept here yet" in said
    assert await files.keep(lived, files.folder(tmp_path), clock()) is not None
    code, said, _ = run("verify-chain")
    assert code == 0 and "1 heads kept" in said
    for what, statement in TAMPERED.items():
        with psycopg.connect(town_url) as connection:
            one = connection.execute(
                "SELECT events.id, case_id, seq, number FROM events JOIN cases ON cases.id = case_id "
                "WHERE seq = version AND seq > 2 ORDER BY events.id DESC LIMIT 1"
            ).fetchone()
            assert one is not None
            kept = connection.execute("SELECT row_to_json(x) FROM events AS x WHERE id = %s", [one[0]]).fetchone()
            connection.execute(statement.format(id=one[0], case=one[1], seq=one[2]).encode())
        code, _, wrong = run("verify-chain")
        told = "ends too early" if what == "is missing" else what  # the last one is missed at the end
        assert (code, f"{one[3]}: event {one[2]} " in wrong, told in wrong) == (1, True, True), wrong
        with psycopg.connect(town_url) as connection:
            connection.execute("DELETE FROM events WHERE id = %s", [one[0]])
            back = "INSERT INTO events SELECT * FROM jsonb_populate_record(NULL::events, %s)"
            connection.execute(back, [Jsonb(kept[0]) if kept else None])
    assert run("verify-chain")[0] == 0


@pytest.mark.promise("R17")
async def test_down_and_up_nothing_is_lost(
    lived: Sessions, town_url: str, record_property: Callable[[str, object], None]
) -> None:
    """Also what the record needs: it was laid aside, and holds when it is put back."""
    async with lived.begin() as session:
        with psycopg.connect(town_url) as connection:
            there = connection.execute("SELECT count(*) FROM events").fetchone()
        assert there is not None
        await multiply(session, EVENTS // there[0] + 1, timedelta(days=1))
    async with lived() as session:
        left = await linking.waiting(session)
    while left:
        async with lived.begin() as session:
            left -= await linking.some(session)
    before, whole = contents(town_url), await faults(lived)
    migrate.downgrade(town_url, BACK)
    with psycopg.connect(town_url) as connection:
        counted = {name: connection.execute(f"SELECT count(*) FROM {name}".encode()).fetchone() for name in TABLES}
    assert {name: row[0] for name, row in counted.items() if row} == {name: row[0] for name, row in before.items()}
    assert migrate.upgrade(town_url)
    assert contents(town_url) == before and before["events"][0] >= EVENTS
    assert (whole, await faults(lived)) == ([], [])
    record_property("tried", f"{before['events'][0]} events")
    record_property("reached", "0 lost, the chain whole")


def contents(url: str) -> dict[str, tuple[int, str]]:
    """How many rows, and a figure over all of them whatever their order and the order of their columns."""
    figure = "sum(('x' || substr(md5(to_jsonb(x)::text), 1, 15))::bit(60)::bigint)"
    each = f"SELECT count(*), coalesce({figure}, 0)::text FROM {{}} AS x"
    with psycopg.connect(url) as connection:
        rows = {name: connection.execute(each.format(name).encode()).fetchone() for name in TABLES}
    return {name: (row[0], row[1]) for name, row in rows.items() if row}


async def faults(sessions: Sessions) -> list[object]:
    async with sessions() as session:
        return [fault async for _, _, some in linking.verify(session) for fault in some]
