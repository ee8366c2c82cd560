"""What people were told, held against the database: how the kill tests know that nothing is lost and nothing doubled.

Each check yields the rows there must be and the rows there are; what is on one side only is a fault.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg.rows import namedtuple_row

from cases.notices import TOLD, Audience


@dataclass
class Told:
    """One resident: what they wrote, the number they were told, and under each key the lines of the answer."""

    text: str
    number: str = ""
    answers: dict[str, list[int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Act:
    """A step of the staff that was acknowledged."""

    person: str
    number: str
    step: str
    key: str


@dataclass
class Ledger:
    residents: list[Told] = field(default_factory=list)
    acts: list[Act] = field(default_factory=list)

    def faults(self, connection: psycopg.Connection[Any]) -> list[str]:
        """`check: lost …` or `check: one too many …`, one line each. None when all is as it was acknowledged."""
        with connection.cursor(row_factory=namedtuple_row) as cursor:
            sides = {name: check(self, Rows(cursor)) for name, check in CHECKS.items()}
        return [f"{name}: {fault}" for name, (must, found) in sides.items() for fault in compare(must, found)]


Sides = tuple[Iterable[Hashable], Iterable[Hashable]]


@dataclass
class Rows:
    cursor: psycopg.Cursor[Any]

    def __call__(self, sql: str) -> list[Any]:
        return self.cursor.execute(sql.encode()).fetchall()


def compare(must: Iterable[Hashable], found: Iterable[Hashable]) -> Iterator[str]:
    """What is on one side only."""
    there_must_be, there_are = Counter(must), Counter(found)
    for row, times in (there_must_be - there_are).items():
        yield f"lost {row} x{times}"
    for row, times in (there_are - there_must_be).items():
        yield f"one too many {row} x{times}"


def cases(ledger: Ledger, rows: Rows) -> Sides:
    """Every acknowledged complaint is a case, word for word, and there is no other."""
    return [(told.number, told.text) for told in ledger.residents], rows("SELECT number, text FROM cases")


def residents(_: Ledger, rows: Rows) -> Sides:
    """One case each."""
    found = [row.resident for row in rows("SELECT resident FROM cases")]
    return set(found), found


def timelines(_: Ledger, rows: Rows) -> Sides:
    """Every version of a case has its event: no gap, and none after the last."""
    versions = rows("SELECT number, version FROM cases")
    must = [(row.number, seq) for row in versions for seq in range(1, row.version + 1)]
    return must, rows("SELECT number, seq FROM events JOIN cases ON cases.id = case_id")


def beginnings(_: Ledger, rows: Rows) -> Sides:
    """No half case: submitted once with these words, followed by whoever filed it, its clock running."""
    must = [(row.number, part) for row in rows("SELECT number FROM cases") for part in ("submit", "filed", "clock")]
    found = rows(
        """SELECT number, kind FROM events JOIN cases ON cases.id = case_id AND cases.text = events.text
               WHERE kind = 'submit'
           UNION ALL SELECT number, via FROM followers JOIN cases USING (resident) WHERE cases.id = case_id
           UNION ALL SELECT DISTINCT number, 'clock' FROM timers JOIN cases ON cases.id = case_id"""
    )
    return must, found


def states(_: Ledger, rows: Rows) -> Sides:
    """The case stands where its last event left it."""
    last = """SELECT DISTINCT ON (number) number, events.status FROM events JOIN cases ON cases.id = case_id
              ORDER BY number, seq DESC"""
    return rows(last), rows("SELECT number, status FROM cases")


def owners(_: Ledger, rows: Rows) -> Sides:
    """Somebody has it, or it waits for the dispatcher."""
    return [], rows("SELECT number, 'without an owner' FROM cases WHERE assignee IS NULL AND status <> 'triage'")


def acts(ledger: Ledger, rows: Rows) -> Sides:
    """Every acknowledged step of the staff was taken in, and no other."""
    must = [(act.person, act.number, act.step, act.key) for act in ledger.acts]
    return must, rows("SELECT person, number, step, key FROM staff_acts JOIN cases ON cases.id = case_id")


def deeds(ledger: Ledger, rows: Rows) -> Sides:
    """… and has one event."""
    must = [(act.person, act.number, act.step) for act in ledger.acts]
    done = "SELECT actor, number, kind FROM events JOIN cases ON cases.id = case_id JOIN people ON people.code = actor"
    return must, rows(done)


def notices(_: Ledger, rows: Rows) -> Sides:
    """One for everybody whom TOLD names, at every event.

    But for those on duty, whom only the roster knows, and for what is no event of a case: hot issues, bulletins.
    """
    told = """SELECT unique_key, coalesce(person, resident::text) FROM notifications
              WHERE text_key <> 'desk.danger' AND case_id IS NOT NULL"""
    found = rows(told)
    return [(f"{key}:{who}", who) for key, who in _due(rows)], found


def deliveries(_: Ledger, rows: Rows) -> Sides:
    """All of them done; but a hot issue may have been told of in the very second the program was stopped."""
    undone = "(delivered_at IS NULL OR failed_at IS NOT NULL) AND case_id IS NOT NULL"
    return [], rows(f"SELECT unique_key FROM notifications WHERE {undone}")


def notice_lines(_: Ledger, rows: Rows) -> Sides:
    """A notice to a resident is one line of their conversation."""
    must = rows("SELECT resident, 'notice:' || id, case_id FROM notifications WHERE resident IS NOT NULL")
    return must, rows("SELECT resident, unique_key, case_id FROM chat_messages WHERE unique_key LIKE 'notice:%'")


def answers(ledger: Ledger, rows: Rows) -> Sides:
    """What was answered under each key is there, the same lines, and nothing else was said."""
    must = [
        (told.number, f"re:{key}:{n - 1}" if n else f"in:{key}", line)
        for told in ledger.residents
        for key, lines in told.answers.items()
        for n, line in enumerate(lines)
    ]
    found = rows(
        """SELECT number, unique_key, chat_messages.id FROM chat_messages LEFT JOIN cases USING (resident)
           WHERE unique_key LIKE 'in:%' OR unique_key LIKE 're:%'"""
    )
    return must, found


def keys(ledger: Ledger, rows: Rows) -> Sides:
    """Taken in once, and answered with at least one line."""
    must = [(key, True) for told in ledger.residents for key in told.answers]
    reply = "EXISTS (SELECT FROM chat_messages WHERE unique_key = 're:' || key || ':0')"
    return must, rows(f"SELECT key, {reply} FROM seen_messages")


def greetings(_: Ledger, rows: Rows) -> Sides:
    """Everybody is greeted once, also those whose first answer got lost and who came again as somebody new."""
    return rows("SELECT id FROM residents"), rows("SELECT resident FROM chat_messages WHERE unique_key LIKE 'hello:%'")


def jobs(_: Ledger, rows: Rows) -> Sides:
    """No delivery is left behind, but of a hot issue told of in that very second."""
    its = "CAST(procrastinate_jobs.args->>'notification_id' AS bigint)"
    hot = f"SELECT FROM notifications WHERE id = {its} AND case_id IS NULL"
    left = f"SELECT id, status::text FROM procrastinate_jobs WHERE task_name = 'deliver' AND NOT EXISTS ({hot})"
    return [], rows(left)


Check = Callable[[Ledger, Rows], Sides]
CHECKS: dict[str, Check] = {
    check.__name__: check
    for check in (
        cases, residents, timelines, beginnings, states, owners, acts, deeds,
        notices, deliveries, notice_lines, answers, keys, greetings, jobs,
    )
}  # fmt: skip


def _due(rows: Rows) -> Iterator[tuple[str, str]]:
    """(case:seq:text key, recipient) of every notice the timelines call for, told from the events alone."""
    people = rows("SELECT code, role, unit FROM people WHERE active")
    events = rows(
        """SELECT case_id, seq, kind, actor, details, resident::text AS resident, filed_by,
               lag(kind) OVER timeline AS previous FROM events JOIN cases ON cases.id = case_id
           WINDOW timeline AS (PARTITION BY case_id ORDER BY seq) ORDER BY case_id, seq"""
    )
    desk: dict[Any, tuple[str | None, str | None]] = {}  # who had the case at that time, and which unit
    signed: dict[Any, str] = {}  # who took it on last
    for event in events:
        if "assignee" in event.details:
            desk[event.case_id] = event.details["assignee"], event.details["unit"]
        elif event.kind in ("hold", "arbitrate"):
            desk[event.case_id] = None, desk.get(event.case_id, (None, None))[1]
        assignee, unit = desk.get(event.case_id, (None, None))
        dispatchers = [person.code for person in people if person.role == "dispatcher"]
        told = {
            Audience.ASSIGNEE: [assignee] if assignee else dispatchers,
            Audience.DISPATCHERS: dispatchers,
            Audience.LEADERS: [person.code for person in people if person.role == "leader" and person.unit == unit],
            Audience.ABOVE: [event.details["to"]] if event.details.get("to") else [],
            Audience.DUTY: [],
            Audience.NAMED: event.details.get("told", []),
            Audience.ACCOUNTABLE: [signed[event.case_id]] if event.case_id in signed else [],
            Audience.FILER: [event.filed_by] if event.filed_by else [],
        }
        if event.kind == "sign":
            signed[event.case_id] = event.actor
        key = f"{event.case_id}:{event.seq}"
        staff = dict.fromkeys(who for one in TOLD[event.kind] if one is not Audience.RESIDENT for who in told[one])
        yield from ((f"{key}:desk.{event.kind}", who) for who in staff if who != event.actor)
        answered = event.kind == "route" and event.previous in ("submit", "reopen")  # those heard it in the answer
        if Audience.RESIDENT in TOLD[event.kind] and not answered:
            yield f"{key}:resident.{event.kind}", event.resident
