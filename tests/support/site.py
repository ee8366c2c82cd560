"""The whole program in this process: real doors, real database, real queue, a clock that obeys."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr
from sqlalchemy import text

from app.bots import parts as bot_parts
from app.build import Parts, build, build_site, listening_url
from app.jobs import work_on
from app.settings import Settings
from app.work import sweep_some
from bot.live import Live
from cases.intake import Guess
from routing.places import sign
from tests.support.people import Resident, Staff


class Site:
    """`resident()` and `staff(name)` come in by the doors; `settle()` waits until every notice is delivered."""

    def __init__(self, parts: Parts, transport: httpx.ASGITransport, live: Live) -> None:
        self.parts, self.transport, self.live = parts, transport, live
        self.clients = list[httpx.AsyncClient]()

    def client(self) -> httpx.AsyncClient:
        self.clients.append(httpx.AsyncClient(transport=self.transport, base_url="http://test"))
        return self.clients[-1]

    def code(self, place: str) -> str:
        """What the sheet on the wall of a building carries."""
        return sign(place, self.parts.keys.places)

    async def resident(self, place: str | None = "B0103", locale: str = "zh-Hans") -> Resident:
        resident = Resident(self.client())
        code = {"place": self.code(place)} if place else {}
        await resident.open(locale=locale, **code)
        return resident

    async def staff(self, name: str) -> Staff:
        return await Staff(self.client()).sign_in(name)

    async def staff_try(self, name: str, password: str) -> httpx.Response:
        return await self.client().post("/api/staff/session", json={"name": name, "password": password})

    def thinks(self, label: str, item: str | None = None, action: str = "route", others: tuple[str, ...] = ()) -> None:
        """What the classifier says from now on; its own tests are elsewhere."""
        ranking = [(label, 0.97), *((other, 0.01) for other in others)]
        items = {label: item} if item else {}
        self.parts.senses.classify = lambda _: Guess(label, 0.97, ranking, item, action, "test", items)

    async def apart(self) -> None:
        """What was told so far lies nowhere near: nobody is asked whether theirs is the same."""
        async with self.parts.sessions() as session:
            await session.execute(text("update cases set cell = null"))
            await session.commit()

    async def settle(self) -> None:
        """Every notice delivered or given up, and the jobs that did it put away."""
        pending = "select count(*) from notifications where delivered_at is null and failed_at is null"
        working = "select count(*) from procrastinate_jobs where task_name = 'deliver' and status in ('todo', 'doing')"
        for _ in range(200):
            async with self.parts.sessions() as session:
                if not await session.scalar(text(f"select ({pending}) + ({working})")):
                    return
            await asyncio.sleep(0.05)
        raise AssertionError("notices are still pending after ten seconds")

    async def unsent(self) -> int:
        """Lines that a sender still has to bring to a messenger."""
        waiting = "channel <> '' and sent_at is null and failed_at is null"
        counts = [f"(select count(*) from {table} where {waiting})" for table in ("chat_messages", "desk_messages")]
        async with self.parts.sessions() as session:
            return int(await session.scalar(text(f"select {' + '.join(counts)}")) or 0)

    async def sweep(self) -> int:
        """What the clock does now, as the worker's periodic task would; then its notices.

        Settled before: a sweep leaves out what a delivery still holds, which the periodic task takes a minute later.
        """
        await self.settle()
        done = 0
        while True:
            taken = await sweep_some(self.parts.transactions, self.parts.senses.book, self.parts.now())
            if not taken:
                break
            done += taken
        await self.settle()
        return done


@asynccontextmanager
async def running(url: str, folder: Path, clock: Callable[[], datetime], **given: Any) -> AsyncIterator[Site]:
    """`given`: further settings, such as the tokens of bots; those are listened to and written through."""
    settings = Settings(data_dir=folder, secret_key=SecretStr("for tests only: 0123456789abcdef"), **given)
    async with build(settings, url, clock) as parts, parts.queue.open_async():
        parts.queue.periodic_registry.periodic_tasks.clear()  # time stands still here: a test sweeps when it means to
        app, live = build_site(parts), parts.live
        at_work = [
            live.run(listening_url(parts)),
            work_on(parts.queue),
            *(
                part
                for _, part in bot_parts(parts.bots, parts.transactions, live, clock, listening_url(parts), worker=True)
            ),
        ]
        tasks = [asyncio.create_task(part) for part in at_work]
        site = Site(parts, httpx.ASGITransport(app), live)
        site.thinks("生态环境", "生态环境/餐饮油烟", others=("城市管理", "市场监管"))
        try:
            yield site
        finally:
            live.stop()
            for client in site.clients:
                await client.aclose()
            for task in tasks:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
