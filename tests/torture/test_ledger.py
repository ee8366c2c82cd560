"""Negative control of the kill tests: whatever is lost or doubled in a sound database, the ledger notices."""

import psycopg

from tests.support.ledger import CHECKS, Ledger, Told
from tests.support.patient import Official, Patient, Wire, handle, sort_out, tell
from tests.support.site import Site
from tests.support.town import PASSWORD

COPY = "CREATE TEMP TABLE copy AS SELECT * FROM {} LIMIT 1; UPDATE copy SET {}; INSERT INTO {} SELECT * FROM copy"
WITHOUT_KEYS = """DO $$ DECLARE part regclass; BEGIN
    FOR part IN SELECT inhrelid FROM pg_inherits WHERE inhparent = 'events'::regclass LOOP
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %s_case_id_seq_key', part, part);
    END LOOP;
END $$"""
ONE_CASE = "(SELECT id FROM cases WHERE status = 'accepted' ORDER BY number LIMIT 1)"
NOTICED: dict[str, tuple[str, set[str]]] = {  # what happens to the database → the checks that must say so
    "nothing": ("SELECT 1", set()),
    # cases
    "a case is lost": (f"DELETE FROM cases WHERE id = {ONE_CASE}", {"cases", "notices", "answers"}),
    "a case is doubled": (
        COPY.format("cases", "id = gen_random_uuid(), number = 'twice', code_hash = 'twice'", "cases"),
        {"cases", "residents", "timelines", "beginnings"},
    ),
    "its words are lost": (f"UPDATE cases SET text = '' WHERE id = {ONE_CASE}", {"cases", "beginnings"}),
    "its owner is lost": (f"UPDATE cases SET assignee = NULL WHERE id = {ONE_CASE}", {"owners"}),
    "its clock is lost": (f"DELETE FROM timers WHERE case_id = {ONE_CASE}", {"beginnings"}),
    "its follower is lost": (f"DELETE FROM followers WHERE case_id = {ONE_CASE}", {"beginnings"}),
    "half a step": (f"UPDATE cases SET status = 'triage' WHERE id = {ONE_CASE}", {"states"}),
    # timelines
    "its beginning is lost": (
        f"DELETE FROM events WHERE seq = 1 AND case_id = {ONE_CASE}",
        {"timelines", "beginnings"},
    ),
    "a gap": (f"UPDATE events SET seq = 99 WHERE seq = 2 AND case_id = {ONE_CASE}", {"timelines", "states"}),
    "the last event is lost": ("DELETE FROM events WHERE kind = 'contact'", {"timelines", "deeds"}),
    "a step is doubled": (
        f"{WITHOUT_KEYS};" + COPY.format("events WHERE kind = 'sign'", "id = 999999", "events"),
        {"timelines", "deeds", "notices"},
    ),
    "an act's key is lost": ("DELETE FROM staff_acts WHERE step = 'sign'", {"acts"}),
    # notices
    "a notice to a resident is lost": (
        "DELETE FROM notifications WHERE text_key = 'resident.contact'",
        {"notices", "notice_lines"},
    ),
    "a notice to the staff is lost": ("DELETE FROM notifications WHERE text_key = 'desk.route'", {"notices"}),
    "a notice is doubled": (
        COPY.format("notifications WHERE resident IS NOT NULL", "id = 999999, unique_key = 'twice'", "notifications"),
        {"notices", "notice_lines"},
    ),
    "a notice to somebody else": (
        "UPDATE notifications SET person = 'limin' WHERE text_key = 'desk.hold'",
        {"notices"},
    ),
    "a notice waits": ("UPDATE notifications SET delivered_at = NULL WHERE text_key = 'resident.sign'", {"deliveries"}),
    "a notice failed": ("UPDATE notifications SET failed_at = now() WHERE text_key = 'desk.route'", {"deliveries"}),
    "a job is left": (
        """INSERT INTO procrastinate_jobs (queue_name, task_name, status, args, priority, attempts)
           VALUES ('fengqiao', 'deliver', 'doing', '{"notification_id": 1}', 0, 0)""",
        {"jobs"},
    ),
    "a hot issue is told of as the program stops": (
        COPY.format(
            "notifications WHERE person IS NOT NULL",
            "id = 999999, unique_key = 'hot:1:x', case_id = NULL, delivered_at = NULL",
            "notifications",
        )
        + """; INSERT INTO procrastinate_jobs (queue_name, task_name, status, args, priority, attempts)
           VALUES ('fengqiao', 'deliver', 'todo', '{"notification_id": 999999}', 0, 0)""",
        set(),
    ),
    # what was said
    "a notice's line is lost": ("DELETE FROM chat_messages WHERE unique_key LIKE 'notice:%'", {"notice_lines"}),
    "a notice's line is doubled": (
        "ALTER TABLE chat_messages DROP CONSTRAINT chat_messages_resident_unique_key_key;"
        + COPY.format("chat_messages WHERE unique_key LIKE 'notice:%'", "id = 999999", "chat_messages"),
        {"notice_lines"},
    ),
    "an answer is lost": ("DELETE FROM chat_messages WHERE unique_key LIKE 're:%:0'", {"answers", "keys"}),
    "an answer is doubled": (
        COPY.format("chat_messages WHERE unique_key LIKE 're:%'", "id = 999999, unique_key = 're:x'", "chat_messages"),
        {"answers"},
    ),
    "somebody's words are lost": ("DELETE FROM chat_messages WHERE unique_key LIKE 'in:%'", {"answers"}),
    "a key is forgotten": ("DELETE FROM seen_messages WHERE key = (SELECT min(key) FROM seen_messages)", {"keys"}),
    "a greeting is doubled": (
        COPY.format("chat_messages WHERE unique_key LIKE 'h%'", "id = 999999, unique_key = 'hello:x'", "chat_messages"),
        {"greetings"},
    ),
}


async def test_every_loss_and_every_double_is_noticed(site: Site, town_url: str) -> None:
    ledger = await some_life(site)
    found = {}
    with psycopg.connect(town_url) as connection:
        connection.execute("SET lock_timeout = '10s'")
        for what, (damage, _) in NOTICED.items():
            connection.execute("SET LOCAL session_replication_role = replica")  # foreign keys look away
            connection.execute(damage.encode())
            found[what] = {fault.partition(":")[0] for fault in ledger.faults(connection)}
            connection.rollback()
    missed = {what: must - found[what] for what, (_, must) in NOTICED.items() if not must <= found[what]}
    assert (missed, found["nothing"]) == ({}, set())
    assert set().union(*found.values()) == set(CHECKS), "a check that nothing here makes speak"


async def test_what_was_never_acknowledged_is_noticed(site: Site, town_url: str) -> None:
    ledger = await some_life(site)
    ledger.residents.pop()
    ledger.acts.pop()
    with psycopg.connect(town_url) as connection:
        assert {"cases", "answers", "keys", "acts", "deeds"} == {f.partition(":")[0] for f in ledger.faults(connection)}


async def some_life(site: Site) -> Ledger:
    """Four complaints, some routed and some held; sorted out, signed, called, told."""
    ledger = Ledger([Told(f"丹桂苑楼下烧烤店油烟太大，第{n}次反映") for n in range(4)])
    for n, told in enumerate(ledger.residents):
        site.thinks("生态环境", "生态环境/餐饮油烟", action="hold" if n % 2 else "route")
        await tell(person(site), told)
    staff = {
        name: await Official(person(site), name, ledger).sign_in(PASSWORD) for name in ("chenlu", "limin", "zhangwei")
    }
    await sort_out(staff["chenlu"], [("CGJ", "zhangwei")])
    for _ in range(2):
        await handle(staff["limin"])
        await handle(staff["zhangwei"])
    await site.settle()
    return ledger


def person(site: Site) -> Patient:
    return Wire(site.client()).own()
