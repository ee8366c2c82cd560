"""The master keys of residents' contacts: from the environment, or a file in the data folder, readable by us only.

A line of the file is a key and the day it was made, the newest first. The file is looked at whenever a key is used,
so a running program wraps with a new key as soon as another one has put it there.
"""

import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from app.errors import CannotGoOn
from app.settings import Settings
from cases.keys import Keys
from cases.master_keys import Ring, new_key, read_key

FILE = "personal.keys"


class KeysInTheEnvironment(CannotGoOn):
    """They are changed where they are set: put the new one into PERSONAL_KEY, the old into PERSONAL_KEYS_OLD."""


@dataclass(frozen=True)
class Line:
    key: str
    since: datetime


def keys(settings: Settings) -> Keys:
    """Everything this installation seals and hashes with."""
    return Keys(settings.secret(), lambda: ring(settings))


def ring(settings: Settings) -> Ring:
    """The master keys as they are now. CannotGoOn when they cannot be read or are none."""
    if settings.personal_key is not None:
        old = settings.personal_keys_old.get_secret_value().split(",") if settings.personal_keys_old else []
        return _ring((settings.personal_key.get_secret_value(), *(one.strip() for one in old if one.strip())))
    path = folder(settings) / FILE
    try:
        _make(path)
        found = path.stat()
        return _kept(path, (found.st_mtime_ns, found.st_ino, found.st_size))
    except OSError as error:
        raise CannotGoOn(f"{path}: the master keys cannot be read or made ({error.strerror})") from error
    except ValueError as error:
        raise CannotGoOn(f"{path}: {error}") from error


def folder(settings: Settings) -> Path:
    return settings.data_dir


def add(settings: Settings, now: datetime) -> Ring:
    """A new key in front of those that are there."""
    path = _of_our_own(settings)
    ring(settings)
    _write(path, [Line(new_key(), now), *lines(path)])
    return ring(settings)


def drop(settings: Settings, names: set[str]) -> None:
    """Keys nothing is wrapped with any more; whoever has a copy of an old database still needs them for it."""
    path = _of_our_own(settings)
    _write(path, [line for line in lines(path) if Ring([read_key(line.key)]).current not in names])


def lines(path: Path) -> list[Line]:
    written = (line.split() for line in path.read_text("ascii").splitlines() if line.strip())
    return [Line(key, datetime.fromisoformat(since)) for key, since in written]


def since(settings: Settings) -> datetime | None:
    """When the key in use was made; None: the environment does not say."""
    return None if settings.personal_key is not None else lines(folder(settings) / FILE)[0].since


def _of_our_own(settings: Settings) -> Path:
    if settings.personal_key is not None:
        raise KeysInTheEnvironment(KeysInTheEnvironment.__doc__ or "")
    return folder(settings) / FILE


@cache
def _kept(path: Path, _as_it_was: tuple[int, int, int]) -> Ring:
    return _ring(tuple(line.key for line in lines(path)))


@cache
def _ring(written: tuple[str, ...]) -> Ring:
    return Ring([read_key(key) for key in written])


def _make(path: Path) -> None:
    """Two programs that start together agree: the name is taken by one link."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = _draft(path, [Line(new_key(), datetime.now().astimezone())])
    with suppress(FileExistsError):  # somebody else was faster: theirs it is
        path.hardlink_to(draft)
    draft.unlink()


def _write(path: Path, kept: list[Line]) -> None:
    """At once or not at all: whoever reads meanwhile finds the one or the other."""
    _draft(path, kept).replace(path)


def _draft(path: Path, kept: list[Line]) -> Path:
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    with draft.open("w", encoding="ascii") as out:
        out.write("".join(f"{line.key} {line.since.isoformat()}\n" for line in kept))
        out.flush()
        os.fsync(out.fileno())
    return draft
