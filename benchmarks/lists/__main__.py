"""The console's lists of very many cases: p50 and p95 of each, page and count together; and what filing one costs.

    python -m benchmarks.lists --cases 1000000 --rounds 20 [--keep FOLDER] [--only WORD]

Makes a PostgreSQL of its own in a new folder, as the program does, with the shipped town, and fills it by SQL: three
years of cases, of which 3 in 100 are open, in words of our own corpus. Every list is what its door asks: made ready,
one page, and counted, in a session of its own; beside the times what it took of a processor, here and in the database,
which says something also where others work. Aim at 1,000,000 cases: p95 ≤ 300 ms each, of what waits for a worker
50 ms. Exit 1 above it. With `--keep` the filled database stays, and is used again.
"""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from app import run as program
from app.database import start_server, stop_server
from app.migrate import upgrade
from benchmarks.lists.asked import lists
from benchmarks.lists.clocked import table
from benchmarks.lists.filing import filing
from benchmarks.lists.filled import empty, fill
from benchmarks.sweep import opened
from cases.book import read_book


def main() -> None:
    ask = argparse.ArgumentParser()
    ask.add_argument("--cases", type=int, default=50_000)
    ask.add_argument("--rounds", type=int, default=20)
    ask.add_argument("--keep", type=Path)
    ask.add_argument("--only", default="", help="lists with this in their names, and no filing")
    asked = ask.parse_args()
    with tempfile.TemporaryDirectory(prefix="fengqiao-", ignore_cleanup_errors=True) as folder:
        server = start_server(asked.keep or Path(folder))
        try:
            upgrade(server.url)
            if empty(server.url):
                asyncio.run(fill(server.url, asked.cases))
            slow = asyncio.run(measured(server.url, asked.rounds, asked.only))
        finally:
            stop_server(server)
    sys.exit(bool(slow))


async def measured(url: str, rounds: int, only: str) -> list[str]:
    async with opened(url) as made:
        async with made() as session:
            book = await read_book(session)
        shows = await lists(made, book)
        program.settle()
        slow = await table(made, {name: one for name, one in shows.items() if only in name}, rounds)
        if not only:
            await filing(made, book)
        return slow


if __name__ == "__main__":
    main()
