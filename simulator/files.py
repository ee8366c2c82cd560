"""Files: one store, an id of its own for every bot, links that live an hour."""

import base64
import hashlib
import io
import itertools
import secrets
from dataclasses import dataclass, field
from typing import Any, Protocol

from PIL import Image, ImageOps, UnidentifiedImageError

from simulator.errors import bad

DOWNLOAD = 20 * 1024 * 1024
PHOTO = 10 * 1024 * 1024
UPLOAD = 50 * 1024 * 1024
SIDES = (90, 320, 800, 1280)
FOLDERS = {"photo": ("photos", "jpg"), "voice": ("voice", "oga"), "document": ("documents", "")}
PREFIX = {"photo": "AgACAgUAAxkB", "voice": "AwACAgUAAxkB", "document": "BQACAgUAAxkB"}


class Reader(Protocol):
    """A bot, as far as what it is shown depends on which it is."""

    @property
    def id(self) -> int: ...
    @property
    def token(self) -> str: ...


@dataclass(eq=False)
class Stored:
    """One file as Telegram keeps it; a photo is several, one for each size, which share `family`."""

    kind: str
    content: bytes
    unique: str
    number: int
    family: list["Stored"] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)

    def file_id(self, bot: Reader) -> str:
        mark = hashlib.sha256(f"{bot.id}:{self.unique}".encode()).digest()[:15]
        return PREFIX[self.kind] + base64.urlsafe_b64encode(mark + self.unique.encode()).decode()

    def as_json(self, bot: Reader) -> dict[str, Any]:
        return {
            "file_id": self.file_id(bot),
            "file_unique_id": self.unique,
            "file_size": len(self.content),
        } | self.facts

    @property
    def path(self) -> str:
        folder, ending = FOLDERS[self.kind]
        _, dot, named = str(self.facts.get("file_name", "")).rpartition(".")
        ending = ending or (named if dot and named.isalnum() and named.isascii() else "")
        return f"{folder}/file_{self.number}" + (f".{ending}" if ending else "")


class Files:
    def __init__(self) -> None:
        self.numbers = itertools.count(1)
        self.by_unique: dict[str, Stored] = {}
        self.links: dict[tuple[str, str], tuple[Stored, float]] = {}

    def keep(self, kind: str, content: bytes, **facts: Any) -> Stored:
        stored = Stored(kind, content, secrets.token_urlsafe(11)[:15], next(self.numbers), facts=facts)
        self.by_unique[stored.unique] = stored
        return stored

    def keep_photo(self, content: bytes) -> list[Stored]:
        """The sizes Telegram makes, smallest first: JPEG without what the camera wrote into it."""
        if len(content) > PHOTO:
            raise bad(f"file of size {len(content)} bytes is too big for a photo; the maximum size is {PHOTO} bytes")
        try:
            picture = ImageOps.exif_transpose(Image.open(io.BytesIO(content))).convert("RGB")
        except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
            raise bad("IMAGE_PROCESS_FAILED") from None
        wide, high = picture.size
        if wide + high > 10_000 or max(wide, high) > 20 * min(wide, high):
            raise bad("PHOTO_INVALID_DIMENSIONS")
        sides = [side for side in SIDES if side < max(wide, high)] + [min(max(wide, high), SIDES[-1])]
        sizes = [self._size(picture, side) for side in dict.fromkeys(sides)]
        for size in sizes:
            size.family = sizes
        return sizes

    def _size(self, picture: Image.Image, side: int) -> Stored:
        small = picture.copy()
        small.thumbnail((side, side))
        out = io.BytesIO()
        small.save(out, "JPEG", quality=87)
        return self.keep("photo", out.getvalue(), width=small.width, height=small.height)

    def find(self, bot: Reader, file_id: str) -> Stored | None:
        """Only by this bot's own id."""
        try:
            unique = base64.urlsafe_b64decode(file_id[12:])[15:].decode()
        except ValueError:
            return None
        stored = self.by_unique.get(unique)
        return stored if stored and stored.file_id(bot) == file_id else None

    def link(self, bot: Reader, file_id: str, now: float, life: float) -> dict[str, Any]:
        stored = self.find(bot, file_id)
        if stored is None:
            raise bad("invalid file_id")
        if len(stored.content) > DOWNLOAD:
            raise bad("file is too big")
        self.links[(bot.token, stored.path)] = (stored, now + life)
        return {
            "file_id": file_id, "file_unique_id": stored.unique, "file_size": len(stored.content),
            "file_path": stored.path,
        }  # fmt: skip

    def download(self, token: str, path: str, now: float) -> bytes | None:
        stored, until = self.links.get((token, path), (None, 0.0))
        return stored.content if stored and now < until else None
