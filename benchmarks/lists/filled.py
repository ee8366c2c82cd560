"""What the lists are made of: the shipped town and very many cases in words of our own corpus, by SQL."""

import random
import time

import psycopg

from benchmarks.lists import rows
from benchmarks.sweep import DATA, opened, settle
from classifiers import firstday
from town.load import load_town, read_town

OPENINGS = (
    "希望有关部门尽快处理",
    "麻烦派人来看看",
    "已经好几个月了",
    "打过电话没人管",
    "请给个说法",
    "晚上根本睡不着",
)


def empty(url: str) -> bool:
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT FROM cases LIMIT 1").fetchone() is None


async def fill(url: str, count: int) -> None:
    begun = time.monotonic()
    async with opened(url) as made, made() as session:
        await load_town(session, read_town(DATA), lambda _: "no password")
        await session.commit()
    with psycopg.connect(url, autocommit=True) as connection:
        plain = without_indexes(connection)
        connection.execute("SET session_replication_role = replica")  # words by one statement, not by the trigger
        told(connection)
        connection.execute("SELECT setseed(0.5)")
        connection.execute(rows.RESIDENTS, {"count": count // 5})
        connection.execute(rows.CHOICES)
        connection.execute(rows.CASES, {"count": count, "now": rows.NOW})
        for statement in rows.MERGED:
            connection.execute(statement)
        connection.execute(rows.HOT)
        connection.execute(rows.WORDS)
        assert connection.execute(rows.DIFFERING).fetchone() == (0,), "words as the trigger would have kept them"
        print(f"{count:,} cases in {time.monotonic() - begun:.0f} s", flush=True)
        for statement in plain:
            connection.execute(statement)
        connection.execute("VACUUM ANALYZE case_words")
        connection.execute("VACUUM ANALYZE residents")
    await settle(url)
    print(f"with their indexes in {time.monotonic() - begun:.0f} s", flush=True)


def without_indexes(connection: psycopg.Connection) -> list[str]:
    """Drops those that only help to find; how to make them again."""
    found = connection.execute(
        "SELECT indexname, indexdef FROM pg_indexes"
        " WHERE tablename IN ('cases', 'case_words') AND indexname LIKE 'ix_%'"
    ).fetchall()
    for name, _ in found:
        connection.execute(f"DROP INDEX {name}")
    return [definition for _, definition in found]


def told(connection: psycopg.Connection) -> None:
    """A few thousand texts as residents write them: where, what, and what they wish."""
    draw = random.Random(1)
    gold = [row for row in firstday.rows() if row.gold and 6 <= len(row.text) <= 60]
    connection.execute("CREATE TEMP TABLE told (id serial, text text, category text, item text)")
    with connection.cursor().copy("COPY told (text, category, item) FROM STDIN") as copy:
        for row in gold:
            words = [row.text, draw.choice(OPENINGS), draw.choice(gold).text if draw.random() < 0.3 else ""]
            text = "，".join(filter(None, words)).replace("\n", " ").replace("\t", " ")
            copy.write_row((text, row.label, row.item or None))
    connection.execute("DELETE FROM told WHERE category NOT IN (SELECT code FROM categories)")
    connection.execute("UPDATE told SET item = NULL WHERE item NOT IN (SELECT code FROM categories)")
    connection.execute("UPDATE told SET id = numbered.n FROM (SELECT ctid, row_number() OVER () AS n FROM told) AS numbered WHERE told.ctid = numbered.ctid")  # fmt: skip  # noqa: E501
    connection.execute("ALTER TABLE told ADD PRIMARY KEY (id); ANALYZE told")
