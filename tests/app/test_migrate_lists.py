"""Words of cases that are there already are marked anew by a revision, and as they were by its way back."""

import psycopg

from app import migrate
from app.database import Server
from app.server import url_of
from tests.support import databases

RESIDENT = """
INSERT INTO residents (id, channel, address, locale, large, created_at)
VALUES ('00000000-0000-0000-0000-000000000001', 'webchat', 'r', 'zh-Hans', false, now())
"""
CASE = """
INSERT INTO cases (id, number, code_hash, resident, anonymous, locale, status, version, round, text, place_text,
    co_units, co_tasks, binding, decision, returns, urges, level, explanation, facts, submitted_at, overdue, extensions,
    called, ringing, joined, result)
VALUES (gen_random_uuid(), %(number)s, %(number)s, '00000000-0000-0000-0000-000000000001', false, 'zh-Hans', 'triage',
    1, 1, '楼下太吵', '老槐树', '{}', '{}', false, '', 0, 0, 0, '{}', %(facts)s, now(), false, 0, '{}', false, 0, '')
"""
WORDS = """
SELECT number, ARRAY(SELECT unnest(words) ORDER BY 1), ARRAY(SELECT unnest(case_words_of(cases)) ORDER BY 1)
FROM cases JOIN case_words ON case_id = id ORDER BY number
"""
MARKED = "SELECT words @> ARRAY[word_mark('kind=help')] FROM cases JOIN case_words ON case_id = id WHERE number = 'a'"


def test_words_are_the_triggers_before_and_after(server: Server) -> None:
    with databases.admin(server) as connection:
        databases.drop(connection, "marks")
        connection.execute("CREATE DATABASE marks")
        url = url_of(server.folder, "marks")
        try:
            migrate.upgrade(url, "0010_lists")
            with psycopg.connect(url) as there:
                there.execute(RESIDENT)
                for number, facts in (("a", '{"kind": "help"}'), ("b", "{}")):
                    there.execute(CASE, {"number": number, "facts": facts})
            for revision, marked in (("0010_lists", True), ("0009_partners", False), ("0010_lists", True)):
                migrate.migrate_to(url, revision)
                with psycopg.connect(url) as there:
                    rows = there.execute(WORDS).fetchall()
                    assert [row[0] for row in rows] == ["a", "b"]
                    assert all(kept == now for _, kept, now in rows), revision
                    assert there.execute(MARKED).fetchone() == (marked,)
        finally:
            databases.drop(connection, "marks")
