"""What filing one case costs with so many in the tables, and how much of that is what makes it found."""

import time
from uuid import uuid4

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.database import Sessions
from benchmarks.lists.clocked import at
from benchmarks.lists.rows import NOW
from cases.book import Book
from cases.intake import Complaint, file
from cases.keys import Keys
from models import Conversation, Resident

FILED = 200


async def filing(made: Sessions, book: Book) -> None:
    """The program's own filing, with what makes it found and without; the indexes are there again afterwards."""
    keys = Keys("for a benchmark only: 0123456789abcdef")
    for name, statement in (
        ("with words", "SELECT 1"),
        ("without", "ALTER TABLE cases DISABLE TRIGGER USER"),
        ("with again", "ALTER TABLE cases ENABLE TRIGGER USER"),
    ):
        async with made() as session:
            await (await session.connection()).execute(text(statement))
            await session.commit()
        times = [await filed(made, book, keys) for _ in range(FILED)]
        print(f"filing a case {name}: p50 {at(times, 50) * 1000:.1f} ms, p95 {at(times, 95) * 1000:.1f} ms", flush=True)


async def filed(made: Sessions, book: Book, keys: Keys) -> float:
    async with made() as session:
        resident = await _met(session)
        told_now = "楼下烧烤店天天到半夜，油烟直往家里灌，打过电话没人管，希望有关部门尽快处理，谢谢"
        complaint = Complaint(told_now, "生态环境", "生态环境/餐饮油烟", place="B0103", grid="CX-DG-01-03")
        begun = time.perf_counter()
        await file(session, book, keys, resident, complaint, NOW)
        await session.commit()
        return time.perf_counter() - begun


async def _met(session: AsyncSession) -> Resident:
    resident = Resident(id=uuid4(), channel="webchat", address=uuid4().hex, created_at=NOW)
    session.add(resident)
    await session.flush()
    session.add(Conversation(resident=resident.id))
    await session.flush()
    return resident
