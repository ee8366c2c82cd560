"""The master keys of contacts: kept privately, turned under reads and writes, dropped only when nothing needs them."""

import asyncio
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from sqlmodel import col, select

from app import keys_desk, migrate, personal_keys
from app.database import Server, Sessions
from app.errors import CannotGoOn
from app.server import url_of
from app.settings import Settings
from cases import sealed
from cases.keys import Keys
from cases.master_keys import CannotOpen, new_key
from models import Resident
from tests.support import databases

NOW = datetime(2026, 10, 1, 9, tzinfo=UTC)
SECRET = "for tests only: 0123456789abcdef"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.chdir(tmp_path)
    return Settings(data_dir=tmp_path / "data", secret_key=SECRET)


def resident(keys: Keys, phone: str) -> Resident:
    row = Resident(id=uuid4(), channel="webchat", address=uuid4().hex, created_at=NOW)
    sealed.keep(keys, row, phone)
    return row


async def all_of(sessions: Sessions) -> list[Resident]:
    async with sessions() as session:
        return list((await session.exec(select(Resident).where(col(Resident.contact).is_not(None)))).all())


def test_made_once_and_nobody_elses(settings: Settings) -> None:
    first = personal_keys.ring(settings)
    path = settings.data_dir / personal_keys.FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert personal_keys.ring(settings).names == first.names
    personal_keys.add(settings, NOW)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert personal_keys.ring(settings).names[1:] == first.names
    assert list(settings.data_dir.iterdir()) == [path]


def test_from_the_environment_no_file_is_made(tmp_path: Path) -> None:
    mine, old = new_key(), new_key()
    found = Settings(data_dir=tmp_path / "data", personal_key=mine, personal_keys_old=f"{old}, ")
    assert len(personal_keys.ring(found).names) == 2
    assert not (tmp_path / "data").exists()
    with pytest.raises(CannotGoOn, match="PERSONAL_KEYS_OLD"):
        personal_keys.add(found, NOW)


@pytest.mark.parametrize("wrong", ["", "no key\n", "a" * 43 + " soon\n", "ä" * 43])
def test_a_file_that_holds_no_key_is_said_and_left_alone(settings: Settings, wrong: str) -> None:
    settings.data_dir.mkdir()
    path = settings.data_dir / personal_keys.FILE
    path.write_text(wrong, "utf-8")
    with pytest.raises(CannotGoOn, match=r"personal\.keys"):
        personal_keys.ring(settings)
    assert path.read_text("utf-8") == wrong


async def test_turned_while_others_read_and_write(sessions: Sessions, settings: Settings) -> None:
    keys = personal_keys.keys(settings)
    phones = {f"138{n:08}" for n in range(1_300)}
    async with sessions.begin() as session:
        session.add_all([resident(keys, phone) for phone in phones])
    old, reads, done = keys.masters().current, 0, asyncio.Event()

    async def read() -> None:
        nonlocal reads
        while not done.is_set():
            for row in await all_of(sessions):
                assert sealed.phone(keys, row) in phones
                reads += 1

    async def write() -> None:
        for n in range(40):
            async with sessions.begin() as session:
                row = resident(keys, f"139{n:08}")
                phones.add(f"139{n:08}")
                session.add(row)
            async with sessions.begin() as session:  # somebody leaves another number meanwhile
                again = await session.get_one(Resident, row.id)
                sealed.keep(keys, again, f"137{n:08}")
                phones.add(f"137{n:08}")

    async def turn() -> int:
        try:
            return await keys_desk.rotate(sessions, settings, NOW)
        finally:
            done.set()

    turned, _, _ = await asyncio.gather(turn(), read(), write())
    new = keys.masters().current
    assert new != old and turned >= 1_300 and reads >= 1_300
    assert await keys_desk.rewrap(sessions, keys.masters()) <= 40  # what was under way when the turn ended
    assert set(await keys_desk.counts(sessions)) == {new}
    assert len({sealed.phone(keys, row) for row in await all_of(sessions)}) == 1_340


async def test_a_broken_off_turn_is_finished_with_the_same_key(sessions: Sessions, settings: Settings) -> None:
    keys = personal_keys.keys(settings)
    async with sessions.begin() as session:
        session.add(resident(keys, "13800001234"))
    personal_keys.add(settings, NOW)  # killed right after
    assert await keys_desk.rotate(sessions, settings, NOW) == 1
    assert len(personal_keys.ring(settings).names) == 2


async def test_an_old_key_goes_only_when_nothing_needs_it(sessions: Sessions, settings: Settings) -> None:
    keys = personal_keys.keys(settings)
    async with sessions.begin() as session:
        session.add(resident(keys, "13800001234"))
    old = keys.masters().current
    personal_keys.add(settings, NOW)
    with pytest.raises(CannotGoOn, match="still wrapping"):
        await keys_desk.drop(sessions, settings, NOW + timedelta(days=1))
    await keys_desk.rotate(sessions, settings, NOW)
    with pytest.raises(CannotGoOn, match="younger than an hour"):
        await keys_desk.drop(sessions, settings, NOW + timedelta(minutes=59))
    assert await keys_desk.drop(sessions, settings, NOW + timedelta(hours=1)) == [old]
    assert [sealed.phone(keys, row) for row in await all_of(sessions)] == ["13800001234"]
    lost = Keys(SECRET)
    with pytest.raises(CannotOpen):
        sealed.phone(lost, (await all_of(sessions))[0])


INSERT = """INSERT INTO residents (id, channel, address, locale, large, contact, created_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s)"""
SEALED = "SELECT id, contact, data_key, data_key_by, contact_hash FROM residents"


def test_the_revision_seals_what_is_there_anew_and_gives_it_back(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More than two batches, by the installation's own keys as a running program finds them."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("SECRET_KEY", SECRET)
    plain = Keys(SECRET)
    phones = {uuid4(): f"138{n:08}" for n in range(2_100)}
    with databases.admin(server) as connection:
        databases.drop(connection, "personal")
        connection.execute("CREATE DATABASE personal")
        url = url_of(server.folder, "personal")
        try:
            migrate.upgrade(url, "0011_week_sums")
            with psycopg.connect(url) as rows, rows.cursor() as cursor:
                some = [(i, "w", str(i), "zh-Hans", False, plain.seal(p), NOW) for i, p in phones.items()]
                cursor.executemany(INSERT, [*some, (uuid4(), "w", "shy", "zh-Hans", False, None, NOW)])
            migrate.upgrade(url, "0012_personal")
            keys = personal_keys.keys(Settings())
            with psycopg.connect(url) as rows:
                found = rows.execute(SEALED).fetchall()
            assert {row[0]: sealed.phone(keys, _resident(*row)) for row in found if row[1]} == phones
            assert {row[4] for row in found if row[1]} == {keys.contact_hash(phone) for phone in phones.values()}
            assert [row[1:] for row in found if row[0] not in phones] == [(None, None, None, None)]
            migrate.downgrade(url, "0011_week_sums")
            with psycopg.connect(url) as rows:
                back = rows.execute("SELECT id, contact FROM residents WHERE contact IS NOT NULL").fetchall()
            assert {id_: plain.open(contact) for id_, contact in back} == phones
        finally:
            databases.drop(connection, "personal")


def _resident(id_: object, contact: bytes, key: bytes, by: str, hash_: str) -> Resident:
    return Resident(
        id=id_,
        channel="w",
        address="",
        contact=contact,
        data_key=key,
        data_key_by=by,
        contact_hash=hash_,
        created_at=NOW,
    )
