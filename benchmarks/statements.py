"""What one statement costs us, by each way it may take to the database: microseconds of our own CPU.

    python -m benchmarks.statements [--times 3000] [--json]

One connection, a table of four columns in memory, nothing else asks. asyncpg is among them where it is installed, which
this project does not need. The steps are nine statements as a step of the staff sends them: three that read, six that
write, BEGIN, NOTIFY and COMMIT; one at a time, and with all that is written in psycopg's pipeline.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import psycopg
import uvloop
from sqlalchemy import bindparam, text
from sqlmodel import Field, SQLModel, select

from app.database import engine, libpq_url, sessions, start_server, stop_server

MAKE = """
CREATE TABLE things (id int PRIMARY KEY, a text, b text, c int);
CREATE TABLE logs (id bigserial PRIMARY KEY, a text, b text, c int, d jsonb);
INSERT INTO things SELECT n, 'hello' || n, 'world' || n, n FROM generate_series(0, 999) AS n
"""
ONE = "SELECT id, a, b, c FROM things WHERE id = %s"
ADD = "INSERT INTO logs (a, b, c, d) VALUES ('x', 'y', %s, '{}')"
TOLD = "SELECT pg_notify('live', 'somebody')"
READS, WRITES, WARM = 3, 6, 200

Do = Callable[[int], Awaitable[None]]


class Thing(SQLModel, table=True):
    __tablename__ = "things"
    id: int = Field(primary_key=True)
    a: str
    b: str
    c: int


def main() -> None:
    ask = argparse.ArgumentParser()
    ask.add_argument("--times", type=int, default=3000)
    ask.add_argument("--json", action="store_true")
    asked = ask.parse_args()
    with tempfile.TemporaryDirectory(prefix="fengqiao-", dir="/dev/shm") as folder:
        server = start_server(Path(folder))
        try:
            found = uvloop.run(measured(server.url, asked.times))
        finally:
            stop_server(server)
    print(json.dumps(found) if asked.json else "\n".join(f"{name:28} {cost:6.0f} µs" for name, cost in found.items()))


async def measured(url: str, times: int) -> dict[str, float]:
    found: dict[str, float] = {}

    async def clock(name: str, do: Do) -> None:
        await do(WARM)
        begun = time.process_time()
        await do(times)
        found[name] = 1e6 * (time.process_time() - begun) / times

    made = engine(url)
    async with await psycopg.AsyncConnection.connect(libpq_url(url)) as plain:
        await plain.execute(MAKE)
        await plain.commit()
        for name, do in {**_by_sqlalchemy(made), **_by_psycopg(plain), **_steps(plain)}.items():
            await clock(name, do)
    await made.dispose()
    with suppress(ImportError):
        import asyncpg  # type: ignore[import-not-found]

        other = await asyncpg.connect(libpq_url(url))

        async def by_asyncpg(n: int) -> None:
            for i in range(n):
                await other.fetchrow(ONE.replace("%s", "$1"), i % 1000)

        await clock("asyncpg", by_asyncpg)
        await other.close()
    return found


def _by_sqlalchemy(made: "object") -> dict[str, Do]:
    its = sessions(made)  # type: ignore[arg-type]
    row, plain = select(Thing).where(Thing.id == bindparam("id")), text(ONE.replace("%s", ":id"))

    async def orm(n: int) -> None:
        async with its() as session:
            for i in range(n):
                (await session.exec(row, params={"id": i % 1000})).one()
                session.expunge_all()

    async def core(n: int) -> None:
        async with its() as session:
            connection = await session.connection()
            for i in range(n):
                (await connection.execute(plain, {"id": i % 1000})).one()

    async def added(n: int) -> None:
        async with its() as session:
            for i in range(n):
                session.add(Thing(id=10_000 + i, a="x", b="y", c=i))
                await session.flush()
            await session.rollback()

    return {"SQLAlchemy's ORM, one row": orm, "SQLAlchemy's Core": core, "ORM, a row added": added}


def _by_psycopg(connection: psycopg.AsyncConnection) -> dict[str, Do]:
    def asking(binary: bool) -> Do:
        async def do(n: int) -> None:
            cursor = connection.cursor(binary=binary)
            for i in range(n):
                await (await cursor.execute(ONE, (i % 1000,))).fetchone()

        return do

    async def pipeline(n: int) -> None:
        for begin in range(0, n, 10):
            async with connection.pipeline():
                asked = [await connection.execute(ONE, ((begin + i) % 1000,)) for i in range(10)]
            for cursor in asked:
                await cursor.fetchone()

    return {"psycopg": asking(False), "psycopg, binary": asking(True), "psycopg's pipeline of ten": pipeline}


def _steps(connection: psycopg.AsyncConnection) -> dict[str, Do]:
    async def read() -> None:
        for i in range(READS):
            await (await connection.execute(ONE, (i,))).fetchone()

    async def written() -> None:
        for i in range(WRITES):
            await connection.execute(ADD, (i,))
        await connection.execute(TOLD)
        await connection.commit()

    async def one_at_a_time(n: int) -> None:
        for _ in range(n // 10):
            await read()
            await written()

    async def together(n: int) -> None:
        for _ in range(n // 10):
            await read()
            async with connection.pipeline():
                await written()

    return {"a tenth of a step": one_at_a_time, "the same, writes in a pipeline": together}


if __name__ == "__main__":
    main()
