"""Backup and restore (R14), drilled while people write: counts and chain are those of the moment it was taken."""

import asyncio
import json
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from app import backup as backups
from app import heads as files
from app.backup import NotAsItWas
from app.database import Server, engine, sessions
from app.errors import CannotGoOn
from app.server import url_of
from cases import linking
from tests.app.conftest import Run
from tests.support import databases
from tests.support.site import Site

WORDS = "楼下烧烤店油烟太大"


@pytest.fixture
def elsewhere(server: Server) -> Iterator[str]:
    """An empty database, as after a loss."""
    with databases.admin(server) as connection:
        databases.drop(connection, "restored")
        connection.execute("CREATE DATABASE restored")
        yield url_of(server.folder, "restored")
        databases.drop(connection, "restored")


@pytest.mark.promise("R14")
async def test_there_and_back_while_people_write(
    site: Site, town_url: str, elsewhere: str, tmp_path: Path, record_property: Callable[..., None]
) -> None:
    there, file = tmp_path / "there", tmp_path / "backup.tar"
    limin = await site.staff("limin")
    await limin.upload()
    people = [await site.resident("B0103") for _ in range(3)]
    over = asyncio.Event()

    async def write() -> int:
        filed = 0
        while not over.is_set():
            await people[filed % 3].file(f"{WORDS}，第{filed}次")
            filed += 1
        return filed

    await people[0].file(WORDS)
    await files.keep(site.parts.sessions, files.folder(tmp_path), site.parts.now())
    writing = asyncio.create_task(write())
    found = await asyncio.to_thread(backups.backup, town_url, tmp_path, file)
    over.set()
    meanwhile = await writing
    assert meanwhile > 0, "nobody wrote meanwhile"
    assert file.stat().st_mode & 0o077 == 0, "ours alone"

    back = await asyncio.to_thread(backups.restore, elsewhere, there, file)
    assert back == found and found.tables["cases"] >= 1
    with psycopg.connect(town_url) as now:
        assert now.execute("SELECT count(*) FROM cases").fetchone() != (found.tables["cases"],), "it goes on meanwhile"
    await whole(elsewhere)
    rows = sum(found.tables.values())
    record_property("tried", f"a backup while {meanwhile} complaints were filed; restored elsewhere")
    record_property("reached", f"{rows} rows of {len(found.tables)} tables, the record whole, photos equal")
    kept = {path.relative_to(tmp_path): path.read_bytes() for path in (tmp_path / "photos").rglob("*.jpg")}
    assert kept and {path.relative_to(there): path.read_bytes() for path in there.rglob("*.jpg")} == kept
    assert files.read(files.folder(there)) == files.read(files.folder(tmp_path)) != []
    with pytest.raises(CannotGoOn, match="not empty"):
        backups.restore(elsewhere, there, file)
    with psycopg.connect(elsewhere) as connection:
        connection.execute("DELETE FROM notifications")
    assert backups.restore(elsewhere, there, file, force=True) == found
    with pytest.raises(CannotGoOn, match="there already"):
        backups.backup(elsewhere, there, file)


async def test_a_damaged_backup_leaves_the_database_as_it_is(town_url: str, tmp_path: Path) -> None:
    file, cut, other = tmp_path / "whole.tar", tmp_path / "cut.tar", tmp_path / "other.tar"
    found = backups.backup(town_url, tmp_path, file)
    cut.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    with pytest.raises(CannotGoOn):
        backups.restore(town_url, tmp_path, cut, force=True)
    with psycopg.connect(town_url) as connection:
        assert backups.figures(connection) == found
    with tarfile.open(file) as old, tarfile.open(other, "w") as new:
        manifest = json.loads(backups._read(old, backups.MANIFEST))
        backups._add(new, backups.MANIFEST, json.dumps({**manifest, "chain": "0" * 64}).encode())
        backups._add(new, backups.DUMP, backups._read(old, backups.DUMP))
    with pytest.raises(NotAsItWas):
        backups.restore(town_url, tmp_path, other, force=True)


def test_the_commands_say_what_they_did(run: Run, tmp_path: Path) -> None:
    file = str(tmp_path / "backup.tar")
    code, said, warned = run("backup", file)
    assert (code, "0 cases, 0 events, chain " in said, "no key is in it" in warned) == (0, True, True)
    assert run("backup", file)[0] == 1
    code, _, why = run("restore", file)
    assert (code, "--force" in why) == (1, True)
    code, said, _ = run("restore", file, "--force")
    assert (code, "as it was: 0 cases" in said) == (0, True)
    assert run("verify-chain")[0] == 0
    assert run("erase", "13800138000")[0] == 2
    code, _, why = run("erase", "13800138000", "--by", "jiangyan", "--reason", "asked for")
    assert (code, "nobody is known" in why) == (1, True)
    code, _, why = run("retention", "--dry-run")
    assert (code, "the town's own" in why) == (1, True)
    code, said, _ = run("retention", "--years", "3", "--dry-run")
    assert (code, "cases: 0" in said) == (0, True)


async def whole(url: str) -> None:
    connections = engine(url)
    async with sessions(connections)() as session:
        assert (await session.execute(text("SELECT count(*) FROM events"))).scalar_one() > 0
        assert [fault async for _, _, some in linking.verify(session) for fault in some] == []
    await connections.dispose()
