"""The heads of the record as files: a line an hour in DATA_DIR/record, a file a month, to be copied elsewhere."""

import asyncio
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import structlog

from app.database import Sessions
from cases import heads, linking
from cases.heads import HourHead

log = structlog.get_logger()

PATIENCE = 30  # seconds for what is under way to end


def folder(data_dir: Path) -> Path:
    return data_dir / "record"


def read(place: Path) -> list[HourHead]:
    """All heads kept here, the oldest first."""
    return list(_lines(place))


def _lines(place: Path) -> Iterator[HourHead]:
    for path in sorted(place.glob("*.jsonl")):
        for line in path.read_text(encoding="ascii").splitlines():
            kept = json.loads(line)
            yield HourHead(**{**kept, "at": datetime.fromisoformat(kept["at"])})


async def keep(sessions: Sessions, place: Path, now: datetime) -> HourHead | None:
    """One more head, once every case is linked. None: nothing new, or somebody takes too long; the next hour comes."""
    kept = read(place)
    async with sessions() as session:
        if not kept and await linking.waiting(session):
            return None
        upto, busy = await heads.last_event(session), await heads.taking(session)
    if (kept and upto <= kept[-1].upto) or not await _settled(sessions, busy):
        return None
    async with sessions() as session:
        new = await heads.head_over(session, kept[-1] if kept else None, upto, now)
    _write(place, new)
    return new


async def _settled(sessions: Sessions, busy: frozenset[str]) -> bool:
    """Nothing turns up any more among the events counted: what was under way has ended."""
    for _ in range(PATIENCE * 5):
        if not busy:
            return True
        await asyncio.sleep(0.2)
        async with sessions() as session:
            busy &= await heads.taking(session)
    log.warning("record.no_head", why="a transaction has been open for too long")
    return False


def _write(place: Path, head: HourHead) -> None:
    """On the disk before it is said to be there; a line is only ever added."""
    place.mkdir(parents=True, exist_ok=True)
    line = json.dumps({**head._asdict(), "at": head.at.astimezone(UTC).isoformat()})
    with (place / f"{head.at.astimezone(UTC):%Y-%m}.jsonl").open("a", encoding="ascii") as file:
        file.write(line + "\n")
        file.flush()
        os.fsync(file.fileno())


@dataclass(frozen=True)
class Record:
    """What the worker does for it, every hour."""

    sessions: Sessions
    folder: Path
    now: Callable[[], datetime]

    async def tend(self) -> int:
        """Link what is from before the record, some at a time; then keep the hour's head. 0 when none is left to link.

        Once there is a head everything was linked: whatever lacks a link then lost it, and is left to be found.
        """
        if not read(self.folder):
            async with self.sessions.begin() as session:
                if linked := await linking.some(session):
                    return linked
        await keep(self.sessions, self.folder, self.now())
        return 0
