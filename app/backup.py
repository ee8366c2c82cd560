"""A backup is one file: the database as it was at one moment, the photos, the heads of the record, and what must be
found again after `restore`. No key is ever in it: whoever finds the file alone reads no contact.

Nobody has to stop working: the figures and the dump are taken from one snapshot, and a photo never changes.
"""

import hashlib
import io
import json
import os
import re
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from app.database import libpq_url
from app.errors import CannotGoOn
from app.wheel import binaries

DUMP, MANIFEST = "database.dump", "manifest.json"
PHOTO = re.compile(r"photos/([0-9a-f]{2})/(\1[0-9a-f]{62})\.(jpg|ogg)")
HEADS = re.compile(r"record/\d{4}-\d{2}\.jsonl")
EMPTY = "DROP SCHEMA public CASCADE; CREATE SCHEMA public;\n"
TABLES = """SELECT relname FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND relpersistence = 'p' ORDER BY relname"""
CHAINS = "SELECT id, chain FROM cases ORDER BY id"


@dataclass(frozen=True)
class Figures:
    """What must be the same after the way there and back. `chain`: over the last link of every case."""

    revision: str
    tables: Mapping[str, int]
    chain: str


class NotAsItWas(CannotGoOn):
    """What was restored differs from what was backed up."""


def figures(connection: psycopg.Connection[Any]) -> Figures:
    names = [row[0] for row in connection.execute(TABLES)]
    count = sql.SQL("SELECT count(*) FROM {}")
    counts = {name: connection.execute(count.format(sql.Identifier(name))).fetchone() for name in names}
    revision = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    digest = hashlib.sha256()
    with connection.cursor(name="chains") as cursor:
        for key, chain in cursor.execute(CHAINS):
            digest.update(key.bytes + (chain or b""))
    tables = {name: row[0] for name, row in counts.items() if row}
    return Figures(revision[0] if revision else "", tables, digest.hexdigest())


def backup(url: str, data_dir: Path, to: Path, *, photos: bool = True) -> Figures:
    """Made aside and named when it is whole; no backup is written over."""
    if to.exists():
        raise CannotGoOn(f"{to} is there already")
    with tempfile.TemporaryDirectory(dir=to.parent, prefix=".backup-") as scratch, _snapshot(url) as (connection, name):
        aside, dump = Path(scratch) / "backup", Path(scratch) / DUMP
        what = ["--format=custom", "--no-unlogged-table-data", f"--snapshot={name}", f"--file={dump}"]
        _program("pg_dump", url, what)
        found = figures(connection)
        stored = _photos(connection, data_dir / "photos") if photos else []
        with aside.open("xb") as file, tarfile.open(fileobj=file, mode="w") as archive:
            os.fchmod(file.fileno(), 0o600)
            _add(archive, MANIFEST, json.dumps({"at": datetime.now(UTC).isoformat(), **asdict(found)}).encode())
            archive.add(dump, DUMP)
            for path in sorted((data_dir / "record").glob("*.jsonl")):
                archive.add(path, f"record/{path.name}")
            for path in stored:
                archive.add(path, f"photos/{path.parent.name}/{path.name}")
            archive.close()
            os.fsync(file.fileno())
        to.hardlink_to(aside)
    return found


def restore(url: str, data_dir: Path, file: Path, *, force: bool = False) -> Figures:
    """All of the database or, if anything fails, nothing. What stands there already is replaced only with `force`."""
    with _open(file) as archive, tempfile.TemporaryDirectory(dir=file.parent, prefix=".restore-") as scratch:
        manifest = json.loads(_read(archive, MANIFEST))
        if not force and not _is_empty(url):
            raise CannotGoOn("the database is not empty: --force puts the backup in its place; what is there is lost")
        archive.extract(DUMP, scratch, filter="data")
        _put_back(url, Path(scratch))
        _files(archive, data_dir)
    with psycopg.connect(libpq_url(url)) as connection:
        found = figures(connection)
    if asdict(found) != {name: manifest[name] for name in asdict(found)}:
        raise NotAsItWas(f"restored, but not what was backed up: {found} is not {manifest}")
    return found


def _put_back(url: str, scratch: Path) -> None:
    """As one script in one transaction, which empties the database first."""
    script, first = scratch / "database.sql", scratch / "first.sql"
    _program("pg_restore", None, ["--no-owner", "--no-acl", f"--file={script}", str(scratch / DUMP)])
    first.write_text(EMPTY, encoding="ascii")
    quiet = ["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--output=/dev/null"]
    _program("psql", url, [*quiet, "--single-transaction", f"--file={first}", f"--file={script}"])


def _files(archive: tarfile.TarFile, data_dir: Path) -> None:
    """Photos by what is in them, heads where there are none; no other name is taken from the file."""
    for member in archive.getmembers():
        to = data_dir / member.name
        photo, head = PHOTO.fullmatch(member.name), HEADS.fullmatch(member.name)
        if not (photo or head) or to.exists():
            continue
        held = _read(archive, member.name)
        if photo and hashlib.sha256(held).hexdigest() != photo[2]:
            raise NotAsItWas(f"{member.name} is damaged")
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_bytes(held)


@contextmanager
def _snapshot(url: str) -> Iterator[tuple[psycopg.Connection[Any], str]]:
    """A moment that another program can look at, too, as long as this lasts."""
    with psycopg.connect(libpq_url(url)) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        connection.execute("LOCK TABLE events IN ACCESS SHARE MODE")  # its months stay where they are (cases/months.py)
        row = connection.execute("SELECT pg_export_snapshot()").fetchone()
        assert row is not None
        yield connection, row[0]


def _photos(connection: psycopg.Connection[Any], folder: Path) -> list[Path]:
    endings = {"photo": ".jpg", "voice": ".ogg"}
    rows = connection.execute("SELECT DISTINCT sha256, kind FROM photos ORDER BY sha256")
    paths = [folder / sha256[:2] / f"{sha256}{endings[kind]}" for sha256, kind in rows]
    return [path for path in paths if path.exists()]


def _is_empty(url: str) -> bool:
    with psycopg.connect(libpq_url(url)) as connection:
        return connection.execute(TABLES).fetchone() is None


@contextmanager
def _open(file: Path) -> Iterator[tarfile.TarFile]:
    try:
        with tarfile.open(file, mode="r:") as archive:
            yield archive
    except (tarfile.TarError, KeyError) as error:
        raise CannotGoOn(f"{file}: no backup of ours, or cut short ({error})") from error


def _read(archive: tarfile.TarFile, name: str) -> bytes:
    held = archive.extractfile(name)
    if held is None:
        raise KeyError(name)
    return held.read()


def _add(archive: tarfile.TarFile, name: str, held: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(held)
    archive.addfile(entry, io.BytesIO(held))


def _program(name: str, url: str | None, arguments: list[str]) -> None:
    """One of PostgreSQL's own; a password goes by the environment, where no list of processes shows it."""
    environment = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C"}
    if url is not None:
        address = make_url(libpq_url(url))
        environment |= {"PGPASSWORD": address.password} if address.password else {}
        arguments = [f"--dbname={address.set(password=None).render_as_string()}", *arguments]
    call = [str(binaries() / name), *arguments]
    done = subprocess.run(call, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CannotGoOn(f"{name}: {done.stderr.strip()[-2000:]}")
