"""Photos: checked and re-encoded to our own JPEG in a child process. Voice messages: kept as the Ogg they are, for
nobody here decodes them. Each a file named by its sha256.
"""

import asyncio
import hashlib
import json
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid4

from cases.errors import Refusal
from models import Photo

LARGEST = 20 * 1024 * 1024
SECONDS = 20
OGG = b"OggS"  # how every page of an Ogg stream begins
ENDINGS = {"photo": ".jpg", "voice": ".ogg"}
KNOWN = frozenset({"PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"})
"""Of our environment the child gets what it needs to start: whoever breaks a decoder finds no secrets there."""
AT_ONCE = 2  # children that each may take a gigabyte


class TooBig(Refusal):
    http_status = 413


class NotAPhoto(Refusal):
    http_status = 415


class NotAVoice(Refusal):
    http_status = 415


@dataclass(frozen=True)
class Kept:
    sha256: str
    width: int
    height: int
    bytes: int
    kind: str = "photo"

    def row(
        self, key: UUID, at: datetime, *, resident: UUID | None = None, person: str | None = None, seconds: int = 0
    ) -> Photo:
        """To be added to a session only now that the file is on the disk."""
        return Photo(
            id=key, kind=self.kind, sha256=self.sha256, width=self.width, height=self.height, seconds=seconds,
            bytes=self.bytes, resident=resident, person=person, at=at,
        )  # fmt: skip


class Store:
    """Files under one folder, named by what is in them; the same photo twice is one file."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._turn = folder, asyncio.Semaphore(AT_ONCE)

    def path(self, sha256: str, kind: str = "photo") -> Path:
        return self._folder / sha256[:2] / f"{sha256}{ENDINGS[kind]}"

    def drop(self, files: Iterable[tuple[str, str]]) -> None:
        """By sha256 and kind; what is gone already is fine."""
        for sha256, kind in files:
            self.path(sha256, kind).unlink(missing_ok=True)

    async def keep(self, data: bytes) -> Kept:
        """Raises TooBig or NotAPhoto; then nothing is kept."""
        if len(data) > LARGEST:
            raise TooBig("photo.too_big", size=len(data) // (1024 * 1024) + 1, most=LARGEST // (1024 * 1024))
        async with self._turn:
            picture, width, height = await reencode(data)
        sha256 = hashlib.sha256(picture).hexdigest()
        await asyncio.to_thread(_write, self.path(sha256), picture)
        return Kept(sha256, width, height, len(picture))

    async def keep_voice(self, data: bytes) -> Kept:
        """Raises TooBig or NotAVoice; then nothing is kept."""
        if len(data) > LARGEST:
            raise TooBig("voice.too_big", size=len(data) // (1024 * 1024) + 1, most=LARGEST // (1024 * 1024))
        if not data.startswith(OGG):
            raise NotAVoice("voice.not_a_voice")
        sha256 = hashlib.sha256(data).hexdigest()
        await asyncio.to_thread(_write, self.path(sha256, "voice"), data)
        return Kept(sha256, 0, 0, len(data), "voice")


async def reencode(data: bytes) -> tuple[bytes, int, int]:
    """Our own JPEG of it with its width and height, made where a bomb can only hurt itself."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot.reencode",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        env={name: value for name, value in os.environ.items() if name in KNOWN},
    )  # fmt: skip
    try:
        out, _ = await asyncio.wait_for(child.communicate(data), SECONDS)
    except TimeoutError:
        child.kill()
        await child.wait()
        raise NotAPhoto("photo.not_a_photo") from None
    head, _, picture = out.partition(b"\n")
    if child.returncode != 0 or not picture:
        raise NotAPhoto("photo.not_a_photo")
    size = json.loads(head)
    return picture, size["width"], size["height"]


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all, and on the disk before anything refers to it."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".{uuid4().hex}.part")  # the same photo may be on its way twice
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
