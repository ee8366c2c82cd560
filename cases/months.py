"""Events lie in a part for each month of their time (UTC): what is old stays out of the way of what is new.

A part is made before its month begins. What finds none lies in `events_rest`, so that no event is ever refused; all
of a database that is older than the parts lies there, too. It is taken apart beside those who write: a trigger keeps
`events_apart` equal to it while the rows are copied there in lots, months are compared, and then the copies take its
place in one short transaction. Killed anywhere, it goes on where it was.

Locks are always taken in the order of a step: cases, then events. app/months.py opens the transactions.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

AHEAD = 1
"""Months after the running one that have a part: each open month is one more place where a case's events may lie."""

LOT = 10_000  # events copied at a time

NAME = "events_{:%Y_%m}"
PARTS = """SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
    WHERE inhparent = CAST(:whole AS regclass) ORDER BY relname"""
FULL = text("SELECT EXISTS (SELECT FROM events_rest)")
UNDER_WAY = text("SELECT to_regclass('events_apart') IS NOT NULL")
HELD = text("SELECT DISTINCT CAST(date_trunc('month', at AT TIME ZONE 'UTC') AS date) FROM events_rest ORDER BY 1")
UNTIED = text(
    """SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
       WHERE inhparent = 'events_apart'::regclass AND relname <> 'events_apart_rest'
           AND NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = inhrelid AND contype = 'f') ORDER BY relname"""
)
MARK = text("SELECT upto, copied, alike FROM events_apart_mark")

PART = """
CREATE TABLE {name} (LIKE events INCLUDING DEFAULTS, CONSTRAINT {name}_pkey PRIMARY KEY (id),
    CONSTRAINT {name}_case_id_seq_key UNIQUE (case_id, seq){check});
CREATE INDEX {name}_at ON {name} (at);
CREATE INDEX {name}_warning ON {name} (at) WHERE kind IN ('overdue', 'reopen', 'sign_overdue')
"""
CHECK = ", CONSTRAINT {name}_month CHECK (at >= '{since}' AND at < '{until}')"
ATTACH = "ALTER TABLE {whole} ATTACH PARTITION {name} FOR VALUES FROM ('{since}') TO ('{until}')"

APART = """
CREATE TABLE events_apart (LIKE events) PARTITION BY RANGE (at);
CREATE TABLE events_apart_mark (upto bigint NOT NULL, copied boolean NOT NULL, alike text[] NOT NULL);
INSERT INTO events_apart_mark VALUES (-1, false, '{}')
"""
# Who changes what is just being copied waits for the lot, and then changes the copy.
KEEP = """
CREATE FUNCTION events_apart_keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF TG_OP = 'DELETE' OR TG_OP = 'UPDATE' AND OLD.at <> NEW.at THEN
        DELETE FROM events_apart WHERE id = OLD.id AND at = OLD.at;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO events_apart SELECT NEW.* ON CONFLICT DO NOTHING;
        IF NOT FOUND THEN
            DELETE FROM events_apart WHERE id = NEW.id AND at = NEW.at;
            INSERT INTO events_apart SELECT NEW.*;
        END IF;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER events_apart_keep AFTER INSERT OR UPDATE OR DELETE ON events_rest
    FOR EACH ROW EXECUTE FUNCTION events_apart_keep()
"""
COPY = text(
    """WITH lot AS MATERIALIZED (SELECT * FROM events_rest WHERE id > :upto ORDER BY id LIMIT :lot),
       new AS (INSERT INTO events_apart SELECT * FROM lot ON CONFLICT DO NOTHING)
       UPDATE events_apart_mark SET upto = greatest(upto, (SELECT max(id) FROM lot)),
           copied = (SELECT count(*) FROM lot) < :lot RETURNING (SELECT count(*) FROM lot)"""
)
SUMS = "SELECT row(count(*), sum(hash_record_extended(one, 0))) FROM {table} AS one WHERE at >= :since AND at < :until"
TO_CASES = "ADD CONSTRAINT events_case_id_fkey FOREIGN KEY (case_id) REFERENCES cases (id)"
SAME_NAMES = """
DO $$ DECLARE old text; BEGIN
    FOR old IN SELECT indexname FROM pg_indexes WHERE tablename = 'events_apart_rest' LOOP
        EXECUTE format('ALTER INDEX %I RENAME TO %I', old, replace(old, 'events_apart', 'events'));
    END LOOP;
END $$
"""


class NotAlike(RuntimeError):
    """A copied month differs from what it was copied from."""


def month_of(moment: datetime) -> date:
    return moment.astimezone(UTC).date().replace(day=1)


def after(month: date, months: int = 1) -> date:
    years, nth = divmod(month.month - 1 + months, 12)
    return date(month.year + years, nth + 1, 1)


async def parts(session: AsyncSession, whole: str = "events") -> list[str]:
    return list((await session.execute(text(PARTS), {"whole": whole})).scalars())


async def missing(session: AsyncSession, now: datetime) -> list[date]:
    """Months that are open, or about to be, and have no part."""
    there, this = set(await parts(session)), month_of(now)
    return [month for n in range(AHEAD + 1) if NAME.format(month := after(this, n)) not in there]


async def make(session: AsyncSession, month: date, whole: str = "events") -> None:
    """A part for a month of which nothing lies in the rest."""
    values = _values(month)
    if whole == "events":
        await _run(session, "LOCK TABLE cases IN SHARE ROW EXCLUSIVE MODE")
    await _run(session, PART.format(**values, check=CHECK.format(**values)))
    await _run(session, ATTACH.format(whole=whole, **values))


async def is_full(session: AsyncSession) -> bool:
    """Whether anything lies in the rest."""
    return bool((await session.execute(FULL)).scalar_one())


async def under_way(session: AsyncSession) -> bool:
    """Whether the rest is being taken apart."""
    return bool((await session.execute(UNDER_WAY)).scalar_one())


async def begin(session: AsyncSession, now: datetime) -> list[date]:
    """From here on whatever is written to the rest is written beside it, too; for which months."""
    held = set((await session.execute(HELD)).scalars())
    months = sorted(held | set(await missing(session, now)))
    await _run(session, APART)
    for month in months:
        await make(session, month, "events_apart")
    await _run(session, PART.format(name="events_apart_rest", check=""))
    await _run(session, "ALTER TABLE events_apart ATTACH PARTITION events_apart_rest DEFAULT")
    await _run(session, KEEP)
    return months


async def copy(session: AsyncSession, lot: int = LOT) -> int:
    """The next ones; how many there were."""
    upto = (await session.execute(MARK)).one().upto
    return int((await session.execute(COPY, {"upto": upto, "lot": lot})).scalar_one())


async def is_copied(session: AsyncSession) -> bool:
    return bool((await session.execute(MARK)).one().copied)


async def untied(session: AsyncSession) -> list[str]:
    """Copied months that no key ties to their cases yet."""
    return list((await session.execute(UNTIED)).scalars())


async def tie(session: AsyncSession, name: str) -> None:
    """That each case is there is asked by `compare`, which blocks nobody."""
    await _run(session, "LOCK TABLE cases IN SHARE ROW EXCLUSIVE MODE")
    await _run(session, f"ALTER TABLE {name} {TO_CASES} NOT VALID")


async def unlike(session: AsyncSession) -> list[str]:
    """Copied months that were not held against the rest yet."""
    done = {*(await session.execute(MARK)).one().alike, "events_apart_rest"}
    return [name for name in await parts(session, "events_apart") if name not in done]


async def compare(session: AsyncSession, name: str) -> None:
    """As many, and the same. Raises NotAlike."""
    asked = {key: datetime.fromisoformat(value) for key, value in _values(_month(name)).items() if key != "name"}
    same = f"SELECT ({SUMS.format(table='events_rest')}) = ({SUMS.format(table=name)})"
    if not (await session.execute(text(same), asked)).scalar_one():
        raise NotAlike(name)
    await _run(session, f"ALTER TABLE {name} VALIDATE CONSTRAINT events_case_id_fkey")
    await _run(session, f"ANALYZE {name}")
    noted = text("UPDATE events_apart_mark SET alike = array_append(alike, :name)")
    await session.execute(noted, {"name": name})


async def take_its_place(session: AsyncSession) -> Sequence[str]:
    """The copies become parts and the rest is new; which months. Short: nothing is read, all was asked before."""
    await _run(session, "LOCK TABLE cases IN ACCESS EXCLUSIVE MODE")
    await _run(session, "LOCK TABLE events IN ACCESS EXCLUSIVE MODE")
    names = [name for name in await parts(session, "events_apart") if name != "events_apart_rest"]
    await _run(session, "ALTER TABLE events DETACH PARTITION events_rest")
    for name in names:
        await _run(session, f"ALTER TABLE events_apart DETACH PARTITION {name}")
        await _run(session, ATTACH.format(whole="events", **_values(_month(name))))
    await _run(session, "ALTER TABLE events_apart DETACH PARTITION events_apart_rest")
    await _run(session, "DROP TABLE events_rest, events_apart, events_apart_mark; DROP FUNCTION events_apart_keep")
    await _run(session, SAME_NAMES)
    await _run(session, "ALTER TABLE events_apart_rest RENAME TO events_rest")
    await _run(session, "ALTER TABLE events ATTACH PARTITION events_rest DEFAULT")
    return names


async def give_up(session: AsyncSession) -> None:
    """As it was before `begin`."""
    await _run(session, "LOCK TABLE events_rest IN SHARE ROW EXCLUSIVE MODE")
    await _run(session, "DROP TRIGGER events_apart_keep ON events_rest; DROP FUNCTION events_apart_keep")
    await _run(session, "DROP TABLE events_apart, events_apart_mark")


def _values(month: date) -> dict[str, str]:
    since, until = f"{month}T00:00:00+00:00", f"{after(month)}T00:00:00+00:00"
    return {"name": NAME.format(month), "since": since, "until": until}


def _month(name: str) -> date:
    year, month = name.split("_")[1:]
    return date(int(year), int(month), 1)


async def _run(session: AsyncSession, statements: str) -> None:
    """Of our own words only: what makes tables takes no values."""
    await (await session.connection()).exec_driver_sql(statements, execution_options={"no_parameters": True})
