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
import random
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import quantiles
from uuid import uuid4

import psutil
import psycopg
from sqlalchemy import text
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import run as program
from app.database import Sessions, engine, sessions, start_server, stop_server
from app.migrate import upgrade
from benchmarks.sweep import DATA, settle
from cases import in_hand, listing, queries, search
from cases.book import Book, read_book
from cases.intake import Complaint, file
from cases.keys import Keys
from cases.search import Search
from classifiers import firstday
from models import Conversation, Person, Resident
from models.listed import OPEN_CASES
from town.load import load_town, read_town

NOW = datetime(2026, 11, 19, 2, tzinfo=UTC)
LIMIT = 0.3  # seconds
WAITING = 0.05  # of what waits for one person
RARE = "马蜂窝"  # in one case of 50,000
OPENINGS = (
    "希望有关部门尽快处理",
    "麻烦派人来看看",
    "已经好几个月了",
    "打过电话没人管",
    "请给个说法",
    "晚上根本睡不着",
)
PEOPLE = ("xiayonggang", "chenlu", "guwenbo", "jiangyan", "caoying", "wufan", "dongchunsheng", "hezhiqiang", "wangxing")
HANDLING = ("xiayonggang", "wufan", "wangxing", "hezhiqiang")  # a grid worker among them
FILED = 200


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


def empty(url: str) -> bool:
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT FROM cases LIMIT 1").fetchone() is None


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Sessions]:
    made = engine(url)
    try:
        yield sessions(made)
    finally:
        await made.dispose()


# The town and its cases


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
        connection.execute(RESIDENTS, {"count": count // 5})
        connection.execute(CHOICES)
        connection.execute(CASES, {"count": count, "now": NOW})
        for statement in MERGED:
            connection.execute(statement)
        connection.execute(HOT)
        connection.execute(WORDS)
        assert connection.execute(DIFFERING).fetchone() == (0,), "words as the trigger would have kept them"
        print(f"{count:,} cases in {time.monotonic() - begun:.0f} s", flush=True)
        for statement in plain:
            connection.execute(statement)
        connection.execute("VACUUM ANALYZE case_words")
        connection.execute("VACUUM ANALYZE residents")
    await settle(url)
    print(f"with their indexes in {time.monotonic() - begun:.0f} s", flush=True)


def without_indexes(connection: psycopg.Connection) -> list[str]:
    """Drops those that only help to find; how to make them again."""
    rows = connection.execute(
        "SELECT indexname, indexdef FROM pg_indexes"
        " WHERE tablename IN ('cases', 'case_words') AND indexname LIKE 'ix_%'"
    ).fetchall()
    for name, _ in rows:
        connection.execute(f"DROP INDEX {name}")
    return [definition for _, definition in rows]


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


RESIDENTS = """
INSERT INTO residents (id, channel, address, locale, large, contact_hash, created_at)
SELECT gen_random_uuid(), 'webchat', 'r' || n, 'zh-Hans', false, CASE WHEN n %% 3 = 0 THEN 'hash' || n END, now()
FROM generate_series(1, %(count)s) AS n
"""
# Submitted evenly over three years; the last 3 in 100 are open, as are a few older ones; unit, grid and place by
# chance, some much more often than others.
CHOICES = """
CREATE TEMP TABLE grids AS SELECT row_number() OVER () - 1 AS n, code FROM areas WHERE level = 3;
CREATE TEMP TABLE spots AS SELECT row_number() OVER () - 1 AS n, code, name, grid, lon, lat FROM places;
CREATE TEMP TABLE desks AS
    SELECT row_number() OVER () - 1 AS n, units.code, array_agg(people.code) AS staff FROM units
    JOIN people ON people.unit = units.code AND people.role IN ('worker', 'clerk', 'leader') GROUP BY units.code;
CREATE TEMP TABLE callers AS SELECT row_number() OVER () - 1 AS n, id FROM residents;
ALTER TABLE grids ADD PRIMARY KEY (n); ALTER TABLE spots ADD PRIMARY KEY (n); ALTER TABLE desks ADD PRIMARY KEY (n);
ALTER TABLE callers ADD PRIMARY KEY (n); ANALYZE callers; ANALYZE desks;
"""
_ROWS = """
INSERT INTO cases ({names})
SELECT {values} FROM (
    SELECT n AS turn, random() AS a, random() AS b, random() AS c, random() AS d, random() AS e, random() AS f,
        %(now)s - interval '1095 days' * (1 - n::float / %(count)s) AS at
    FROM generate_series(1, %(count)s) AS n
) AS drawn
CROSS JOIN LATERAL (SELECT turn > %(count)s * 0.975 OR e < 0.005 AS open) AS how
JOIN told ON told.id = 1 + floor(a * (SELECT count(*) FROM told))
JOIN desks ON desks.n = floor(b * b * (SELECT count(*) FROM desks))
JOIN spots ON spots.n = floor(c * c * (SELECT count(*) FROM spots))
JOIN callers ON callers.n = floor(d * (SELECT count(*) FROM callers))
"""
# What `case_words_of` says, of these cases alone: of a million it would take a quarter of an hour.
WORDS = f"""
INSERT INTO case_words SELECT id, word_pairs(text || ' ' || place_text) || array_remove(ARRAY[
    CASE WHEN {OPEN_CASES} THEN word_mark('open') END,
    word_mark('month=' || to_char(submitted_at AT TIME ZONE 'UTC', 'YYYY-MM')), word_mark('unit=' || unit),
    word_mark('grid=' || grid), word_mark('place=' || place), word_mark('kind=' || (facts ->> 'kind')),
    word_mark('category=' || category), word_mark('item=' || item),
    word_mark('who=' || assignee), word_mark('who=' || filed_by),
    CASE WHEN co_units <> '{{}}' THEN word_mark('co=CGJ') END, CASE WHEN co_tasks <> '{{}}' THEN word_mark('co=HBJ') END
], NULL) FROM cases
"""
DIFFERING = """
SELECT count(*) FROM (
    SELECT case_words_of(cases) AS kept, words FROM cases JOIN case_words ON id = case_id LIMIT 500
) AS both_ways WHERE NOT (kept @> words AND words @> kept)
"""
# Who follows another case does so while that is open: whatever ended has no master any more (cases/merging.py).
MERGED = (
    """
    UPDATE cases SET master = led.id FROM
        (SELECT id, row_number() OVER (ORDER BY submitted_at DESC) AS n FROM cases WHERE status = 'merged') AS follows,
        (SELECT id, row_number() OVER (ORDER BY random()) AS n FROM cases WHERE status = 'accepted') AS led
    WHERE cases.id = follows.id AND led.n = follows.n / 2 + 1 AND follows.n <= 4000
    """,
    "UPDATE cases SET status = 'closed' WHERE status = 'merged' AND master IS NULL",
)
# A thousand that may well be one issue, a few of them open.
HOT = """
    WITH told AS (SELECT id, submitted_at FROM cases WHERE place = 'B0103' ORDER BY submitted_at DESC LIMIT 1000),
    issue AS (
        INSERT INTO hot_issues (id, title, words, case_id, count, growth, first_at, last_at, told_at)
        SELECT 1, '油烟', '{}', max(id::text)::uuid, count(*), 1, min(submitted_at), max(submitted_at), now() FROM told
        ON CONFLICT DO NOTHING
    )
    INSERT INTO hot_cases (case_id, issue, likeness, at) SELECT id, 1, 0.9, submitted_at FROM told
    ON CONFLICT DO NOTHING
"""
_STATUS = """
CASE WHEN open THEN (ARRAY['triage','dispatched','dispatched','accepted','accepted','accepted','accepted','waiting',
        'replied','arbitration'])[1 + floor(f * 10)::int]
    WHEN turn > %(count)s * 0.95 AND f < 0.5 THEN 'resolved'
    ELSE (ARRAY['closed','closed','closed','closed','closed','closed','closed','closed','closed','closed',
        'closed','closed','closed','closed','closed','closed','rejected','withdrawn','merged','closed'])[1 + floor(f * 20)::int]
END
"""  # noqa: E501
VALUES: Mapping[str, str] = {
    "id": "gen_random_uuid()",
    "number": "to_char(at + interval '8 hours', 'YYMMDD') || '-' || lpad((turn %% 10000)::text, 4, '0')",
    "code_hash": "md5(turn::text)",
    "resident": "callers.id",
    "anonymous": "a < 0.05",
    "locale": "'zh-Hans'",
    "status": _STATUS,
    "version": "3",
    "round": "1",
    "text": "spots.name || told.text || CASE WHEN turn %% 50000 = 7 THEN '，树上有马蜂窝' ELSE '' END",
    "category": "told.category",
    "item": "told.item",
    "danger": "CASE WHEN e < 0.004 THEN 'gas' END",
    "place": "CASE WHEN f < 0.8 THEN spots.code END",
    "place_text": "spots.name || '附近'",
    "grid": "spots.grid",
    "lon": "spots.lon",
    "lat": "spots.lat",
    "unit": "desks.code",
    "co_units": "CASE WHEN f < 0.1 THEN ARRAY['CGJ'] ELSE ARRAY[]::text[] END",
    "assignee": "staff[1 + floor(c * cardinality(staff))::int]",
    "accountable": "staff[1 + floor(c * cardinality(staff))::int]",
    "co_tasks": "CASE WHEN d < 0.01 THEN jsonb_build_object('HBJ', '{\"status\": \"answered\"}'::jsonb) ELSE '{}' END",
    "binding": "false",
    "decision": "''",
    "returns": "0",
    "urges": "0",
    "level": "0",
    "rule": "'R-CG-01'",
    "explanation": "jsonb_build_object('rule', 'R-CG-01', 'reason', repeat('油烟由城市管理局主办', 12))",
    "facts": "jsonb_build_object('kind', (ARRAY['complaint','complaint','complaint','complaint','complaint','help',"
    "'help','question','suggestion','report'])[1 + floor(e * 10)::int], 'confidence', 0.9, 'category', told.category,"
    " 'urgent', false)",
    "clock": "'simple'",
    "submitted_at": "at",
    "sign_due_at": "at + interval '2 hours'",
    "due_at": "CASE WHEN open THEN %(now)s + interval '10 days' * (f - 0.2) ELSE at + interval '5 days' END",
    "signed_at": "at + interval '1 hour'",
    "overdue": "CASE WHEN open THEN f < 0.2 ELSE e < 0.07 END",
    "extensions": "0",
    "called": "ARRAY[]::text[]",
    "ringing": "open AND e < 0.0001",
    "ordered": 'CASE WHEN a < 0.0005 THEN \'{"number": "D1", "to": []}\'::jsonb END',
    "joined": "CASE WHEN b < 0.003 THEN 2 ELSE 0 END",
    "filed_by": "CASE WHEN f < 0.02 THEN 'chenlu' END",
    "result": "''",
}
CASES = _ROWS.format(names=", ".join(VALUES), values=", ".join(VALUES.values()))


# The lists


def lists(book: Book) -> Mapping[str, Search]:
    """What people ask for: each filter alone, and what goes together."""
    plain, all_ = Search(), Search(status="all")
    day = timedelta(days=1)
    return {
        "open, by due": plain,
        "open, by urgency": Search(sort="urgent"),
        "open, newest": Search(sort="submitted"),
        "all": all_,
        "late": Search(status="late"),
        "done": Search(status="done"),
        **{f"status {name}": Search(status=name) for name in ("triage", "waiting", "resolved", "rejected", "closed")},
        "number 26": replace(all_, number="26"),
        "number 261103": replace(all_, number="261103"),
        "number, whole": replace(all_, number="261103-98"),
        "rare word": replace(all_, words=[RARE]),
        "common word": replace(all_, words=["希望"]),
        "usual word": replace(all_, words=["停车"]),
        "two words": replace(all_, words=["停车", "物业"]),
        "long phrase": replace(all_, words=["打过电话没人管"]),
        "no such word": replace(all_, words=["鸵鸟养殖"]),
        "common word, open": Search(words=["希望"]),
        "usual word, open": Search(words=["停车"]),
        "usual word, unit": replace(all_, words=["停车"], unit="HBJ"),
        "usual word, dates": replace(all_, words=["停车"], since=NOW - 400 * day, until=NOW - 370 * day),
        "unit": replace(all_, unit="CGJ"),
        "unit, open": Search(unit="CGJ"),
        "unit, late": Search(unit="CGJ", status="late"),
        "seldom unit, closed late": Search(status="done", unit="HBJ", overdue=True),
        "category": replace(all_, category="生态环境"),
        "item, open": Search(category="生态环境/餐饮油烟"),
        "item": replace(all_, category="生态环境/餐饮油烟"),
        "street": replace(all_, place="CX-DG"),
        "street, open": Search(place="CX-DG"),
        "building": replace(all_, place="B0103"),
        "place in words": replace(all_, place="丹桂苑"),
        "kind question": replace(all_, kind="question"),
        "danger": replace(all_, danger=True),
        "danger, open": Search(danger=True, sort="urgent"),
        "closed late": Search(status="done", overdue=True),
        "due by today": Search(due_by=NOW + day),
        "a month": replace(all_, since=NOW - 400 * day, until=NOW - 370 * day),
        "a month, unit": replace(all_, unit="CGJ", since=NOW - 400 * day, until=NOW - 370 * day),
        "assignee": replace(all_, assignee="wufan"),
        "filed by me": replace(all_, filed=True),
        "open order": replace(all_, ordered=True),
        **{f"together {name}": replace(all_, together=name) for name in search.TOGETHER},
        "hot issue": replace(all_, hot=1),
        "hot issue, open": Search(hot=1),
        "usual word, kind": replace(all_, words=["停车"], kind="question"),
        "usual word, danger": replace(all_, words=["停车"], danger=True),
        "usual word, place in words": replace(all_, words=["停车"], place="丹桂苑"),
        "common word, danger": replace(all_, words=["希望"], danger=True),
        "common word, closed late": Search(status="done", words=["希望"], overdue=True),
        "common word, seldom unit": replace(all_, words=["希望"], unit="SWJ"),
        "word of places": replace(all_, words=["附近"]),
        "place in words, open": Search(place="丹桂苑"),
        "place in words, seldom unit": replace(all_, place="丹桂苑", unit="SWJ"),
        "telephone": replace(all_, contact="hash99999"),
    }


Shows = Callable[[str], Awaitable[tuple[int, str]]]
"""A page that begins there: how many there are in all, and where the next begins."""


OWN = {
    "open": Search(),
    "all": Search(status="all"),
    "word": Search(status="all", words=["停车"]),
    "common word": Search(status="all", words=["希望"]),
    "place in words": Search(status="all", place="丹桂苑"),
}


async def measured(url: str, rounds: int, only: str) -> list[str]:
    async with opened(url) as made:
        async with made() as session:
            book = await read_book(session)
            chosen = (await session.exec(select(Person).where(col(Person.code).in_(PEOPLE)))).all()
        by_role = {person.code: person for person in chosen}
        program.settle()
        tries = [(f"{name}", by_role["chenlu"], asked) for name, asked in lists(book).items()]
        for name in ("guwenbo", "jiangyan", "caoying"):
            tries.append((f"{by_role[name].role}: open", by_role[name], Search()))
        for name in ("wufan", "dongchunsheng", "hezhiqiang", "wangxing"):
            person = by_role[name]
            tries += [(f"{person.role} {person.unit}: {which}", person, one) for which, one in OWN.items()]
        shows = {name: (partial(shown, made, book, person, asked), LIMIT) for name, person, asked in tries}
        shows |= {f"waiting for {code}": (partial(waiting, made, by_role[code]), WAITING) for code in HANDLING}
        slow = await table(made, {name: one for name, one in shows.items() if only in name}, rounds)
        if not only:
            await filing(made, book)
        return slow


async def table(made: Sessions, shows: Mapping[str, tuple[Shows, float]], rounds: int) -> list[str]:
    columns = ("found", "p50 ms", "p95 ms", "CPU p95", "later p50", "later p95", "CPU p95")
    print(f"{'list':36}" + "".join(f"{one:>10}" for one in columns))
    slow = []
    for name, (show, limit) in shows.items():
        first, later, found = list[Took](), list[Took](), 0
        for _ in range(rounds):
            took, (found, after) = await clocked(made, show, "")
            first.append(took)
            for _ in range(2):
                if after:
                    took, (_, after) = await clocked(made, show, after)
                    later.append(took)
        slow += [name] if max(at([one.time for one in some], 95) for some in (first, later)) > limit else []
        many = "1,000+" if found > listing.COUNTED else f"{found:,}"
        figures = [
            f"{at([getattr(one, what) for one in some], percent) * 1000:10.0f}"
            for some in (first, later)
            for what, percent in (("time", 50), ("time", 95), ("cpu", 95))
        ]
        print(f"{name:36}{many:>10}{''.join(figures)}", flush=True)
    over = ", ".join(slow) or "none"
    print(f"{len(shows)} lists, over {LIMIT * 1000:.0f} ms (waiting: {WAITING * 1000:.0f}): {over}", flush=True)
    return slow


@dataclass(frozen=True)
class Took:
    time: float  # seconds
    cpu: float  # of a processor, ours and the database's


async def clocked(made: Sessions, show: Shows, after: str) -> tuple[Took, tuple[int, str]]:
    """All in one connection, whose other end is one process."""
    async with made() as session:
        database = psutil.Process((await session.exec(select(func.pg_backend_pid()))).one())
    cpu, begun = processor(database), time.perf_counter()
    answer = await show(after)
    return Took(time.perf_counter() - begun, processor(database) - cpu), answer


def processor(database: psutil.Process) -> float:
    used = database.cpu_times()
    return time.process_time() + used.user + used.system


async def shown(made: Sessions, book: Book, person: Person, asked: Search, after: str) -> tuple[int, str]:
    """What the page's door does."""
    async with made() as session:
        ready = await search.ready(session, book, person, asked, NOW)
        _, more = await listing.page(session, ready, after)
        return await listing.count(session, ready), more


async def waiting(made: Sessions, person: Person, _: str) -> tuple[int, str]:
    """The staff page's door: what waits for somebody, with the numbers on its tabs."""
    async with made() as session:
        beside = await in_hand.beside(session, person)
        rows = await in_hand.tasks(session, person, "mine", beside)
        await in_hand.counts(session, person, beside)
        await queries.people(session, {case.assignee or "" for case, _ in rows})
        return len(rows), ""


def at(times: Sequence[float], percent: int) -> float:
    return quantiles(times, n=100, method="inclusive")[percent - 1] if len(times) > 1 else sum(times)


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


if __name__ == "__main__":
    main()
