"""How long a notice to ten thousand residents takes, by the console's door and the real queue, and what it costs.

    nice -n 10 .venv/bin/python -m benchmarks.notice [--residents 10000] [--profile]

A PostgreSQL of its own, the whole program and its worker in this process. A desk writes to a town's buildings, a second
person agrees, then nobody touches anything until everybody has it. Some want none, some had two this week, some cannot
be reached: none of them gets it, everybody else gets it once. Beside the time on the wall stands this process's own.
"""

import argparse
import asyncio
import cProfile
import pstats
import resource
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import text
from sqlmodel import select

from app.database import start_server, stop_server
from app.neighbours import Neighbours
from cases import announcements
from models import Announcement, AnnouncementCopy, CivicChoice, Posting, Resident
from tests.support.databases import FAST
from tests.support.neighbours import move_in
from tests.support.site import Site, running
from tests.support.town import fill

NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)
NOTICE = {
    "title": "周三停水", "text": "周三上午九点到下午三点检修管道，停水六小时，请提前储水。", "area": "CX",
    "text_en": "No water on Wednesday from nine to three: pipes are being repaired. Please store some.",
}  # fmt: skip
PLACES = ("B0101", "B0103", "B0105")
NONE_OF = 20  # of so many residents one wants none, one had two this week, one cannot be reached
SECONDS = 900


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    ask.add_argument("--residents", type=int, default=10_000)
    ask.add_argument("--profile", action="store_true")
    asked = ask.parse_args()
    with tempfile.TemporaryDirectory(prefix="fengqiao-", ignore_cleanup_errors=True) as folder:
        server = start_server(Path(folder) / "database", FAST)
        try:
            asyncio.run(run(server.url, Path(folder), asked.residents, asked.profile))
        finally:
            stop_server(server)


async def run(url: str, folder: Path, residents: int, profile: bool) -> None:
    await fill(url)
    began = time.perf_counter()
    async with running(url, folder, lambda: NOON + timedelta(seconds=time.perf_counter() - began)) as site:
        who = [one for n, place in enumerate(PLACES) for one in await move_in(site, _share(residents, n), place)]
        left_out = await _leave_out(site, who)
        number = await _let_out(site)
        profiler = cProfile.Profile()
        if profile:
            profiler.enable()
        begun, used, memory = time.perf_counter(), time.process_time(), _memory()
        await _hand_on(site)
        written = time.perf_counter() - begun
        await _settled(site)
        took, cpu = time.perf_counter() - begun, time.process_time() - used
        profiler.disable()
        print(f"{residents:,} residents: written within {written:.1f} s, delivered within {took:.1f} s; ", end="")
        print(f"{1000 * cpu / residents:.1f} ms of this process each; {_memory() - memory:.0f} MB more at its peak")
        await _check(site, number, left_out)
        if profile:
            pstats.Stats(profiler).sort_stats("tottime").print_stats(40)


def _share(residents: int, n: int) -> int:
    return residents // len(PLACES) + (n < residents % len(PLACES))


async def _leave_out(site: Site, who: list[UUID]) -> dict[str, int]:
    """Marks every so many in turn as one of the three that get nothing; how many of each."""
    now, states = site.parts.now(), ("opted_out", "too_many", "unreachable")
    marked = {one: states[n % 3] for n, one in enumerate(who[::NONE_OF])}
    async with site.parts.sessions() as session:
        before = [
            Announcement(
                stage=Posting.SENT, title="先前", texts={"zh-Hans": "先前"}, signed="–", places=[], by="guwenbo",
                created_at=now,
            ) for _ in range(announcements.WEEKLY_MOST)
        ]  # fmt: skip
        session.add_all(before)
        await session.flush()
        for one, state in marked.items():
            if state == "opted_out":
                session.add(CivicChoice(resident=one, notices_off=True))
            elif state == "unreachable":
                (await session.get_one(Resident, one)).unreachable_at = now
            else:
                rows = [AnnouncementCopy(announcement=old.id, resident=one, state="sent", at=now) for old in before]
                session.add_all(rows)
        await session.commit()
    return dict(Counter(marked.values()))


async def _let_out(site: Site) -> int:
    """By the console's doors: written and sent by one, agreed to by another."""
    desk, second = (await site.staff("chenlu")).http, (await site.staff("guwenbo")).http
    page = (await desk.post("/console/announcements", json=NOTICE)).raise_for_status().json()["to"]
    (await desk.post(f"{page}/send", json={})).raise_for_status()
    (await second.post(f"{page}/approve", json={})).raise_for_status()
    return int(page.rsplit("/", 1)[1])


async def _hand_on(site: Site) -> None:
    """As the worker's periodic task does every fifteen seconds."""
    parts = site.parts
    work = Neighbours(parts.transactions, parts.senses, parts.keys, parts.now)
    while await work.go_on():
        pass


async def _settled(site: Site) -> None:
    pending = text("SELECT count(*) FROM notifications WHERE delivered_at IS NULL AND failed_at IS NULL")
    until = time.perf_counter() + SECONDS
    while time.perf_counter() < until:
        async with site.parts.sessions() as session:
            if not await session.scalar(pending):
                return
        await asyncio.sleep(0.5)
    raise SystemExit(f"not delivered within {SECONDS} s")


async def _check(site: Site, number: int, left_out: dict[str, int]) -> None:
    """Who shall have it has one line of it, nobody else has any."""
    about = {"key": "notice.told"}
    lines = text("SELECT count(*), count(DISTINCT resident) FROM chat_messages WHERE text_key = :key")
    async with site.parts.sessions() as session:
        chosen = select(AnnouncementCopy.state).where(AnnouncementCopy.announcement == number)
        states = Counter((await session.exec(chosen)).all())
        said = tuple((await (await session.connection()).execute(lines, about)).one())
    told = states.pop("sent")
    assert states == left_out, (states, left_out)
    assert said == (told, told), (said, told)
    print(f"{told:,} have one line each; {dict(states)} have none")


def _memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


if __name__ == "__main__":
    main()
