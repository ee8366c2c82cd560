"""How long the learning pages and the review queue take with 60,000 cases the model said something about.

    nice -n 10 .venv/bin/python -m benchmarks.learning_pages [--cases 60000] [--times 60]

A PostgreSQL of its own, the whole program in this process, asked by its doors. One case in ten has a word of somebody,
some of them proposals. Labels are said one after the other, as a clerk does with one key. Limit: p95 ≤ 300 ms.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
from sqlalchemy import text

from app.build import utcnow
from app.database import start_server, stop_server
from tests.support.busy import fill
from tests.support.databases import FAST
from tests.support.site import Site, running
from tests.support.town import fill as settle

DAYS = 365
PREDICTIONS = """
    INSERT INTO predictions (case_id, model, label, confidence, action, ranking, novelty, at)
    SELECT id, 'm1', category, sure, CASE WHEN sure > 0.6 THEN 'route' ELSE 'ask' END,
        jsonb_build_array(jsonb_build_array(category, sure), jsonb_build_array('公安', 1 - sure)), 0.1, submitted_at
    FROM (SELECT *, 0.3 + 0.7 * random() AS sure FROM cases) AS one
"""
CORRECTIONS = """
    INSERT INTO corrections (case_id, was, now, actor, role, why, at)
    SELECT id, category, CASE WHEN random() < 0.7 THEN category ELSE '公安' END, 'chenlu',
        CASE WHEN n % 40 = 0 THEN 'clerk' ELSE 'dispatcher' END,
        CASE WHEN n % 40 = 0 THEN 'proposed' ELSE 'reviewed' END, submitted_at + interval '1 hour'
    FROM (SELECT *, row_number() OVER (ORDER BY number) AS n FROM cases) AS one WHERE n % 10 = 0
"""
TEXTS = "UPDATE cases SET text = text || '，' || left(md5(id::text), 6) WHERE length(text) > 0"


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    ask.add_argument("--cases", type=int, default=60_000)
    ask.add_argument("--times", type=int, default=60)
    asked = ask.parse_args()
    with tempfile.TemporaryDirectory(prefix="fengqiao-", ignore_cleanup_errors=True) as folder:
        server = start_server(Path(folder) / "database", FAST)
        try:
            asyncio.run(run(server.url, Path(folder), asked.cases, asked.times))
        finally:
            stop_server(server)


async def run(url: str, folder: Path, cases: int, times: int) -> None:
    await settle(url)
    async with running(url, folder, utcnow) as site:
        await _fill(site, cases)
        admin, clerk = (await site.staff("jiangyan")).http, (await site.staff("chenlu")).http
        for name, http, path in (
            ("what there is to learn from", admin, "/console/learning"),
            ("how it does at work", admin, "/console/learning/work"),
            ("review queue", clerk, "/console/review"),
        ):
            await _tell(f"{name}, the first to ask", 1, _getting(http, path))
            await asyncio.sleep(5)  # the order of the queue is found behind the page
            await _tell(name, times, _getting(http, path))
        await _tell("a label, and the next case", times, _labelling(clerk))


async def _fill(site: Site, cases: int) -> None:
    async with site.parts.sessions() as session:
        await fill(session, site.parts.senses.book, site.parts.now(), cases=cases, days=DAYS)
        connection = await session.connection()
        for statement in (TEXTS, PREDICTIONS, CORRECTIONS, "ANALYZE"):
            await connection.execute(text(statement))
        await session.commit()


def _getting(http: httpx.AsyncClient, path: str) -> Callable[[], Awaitable[httpx.Response]]:
    return lambda: http.get(path)


def _labelling(http: httpx.AsyncClient) -> Callable[[], Awaitable[httpx.Response]]:
    """One word, and the page that comes after it."""

    async def label() -> httpx.Response:
        page = await http.get("/console/review")
        number = page.text.split('class="num" href="/console/cases/', 1)[1].split('"', 1)[0]
        said = await http.post(f"/console/review/{number}", json={"code": "公安"})
        said.raise_for_status()
        return await http.get(said.json()["to"])

    return label


async def _tell(name: str, times: int, ask: Callable[[], Awaitable[httpx.Response]]) -> None:
    wall, cpu = [], []
    for _ in range(times):
        began, used = time.perf_counter(), time.process_time()
        answer = await ask()
        wall.append(1000 * (time.perf_counter() - began))
        cpu.append(1000 * (time.process_time() - used))
        assert answer.status_code == 200, answer.text
    wall.sort()
    cpu.sort()
    half, most = times // 2, int(times * 0.95)
    print(f"{name}: p50 {wall[half]:.0f} ms, p95 {wall[most]:.0f} ms; ", end="")
    print(f"of this process p50 {cpu[half]:.0f} ms, p95 {cpu[most]:.0f} ms ({times} times)", flush=True)


if __name__ == "__main__":
    main()
