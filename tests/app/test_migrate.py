"""The schema's revisions: equal to the models, and there and back again."""

import re

import psycopg
import pytest
from procrastinate.schema import SchemaManager

from app import migrate
from app.database import Server
from app.server import url_of
from tests.support import databases


def test_the_revisions_make_what_the_models_say(database_url: str) -> None:
    """If this fails, a model has changed: `python -m app.draft 0002_what_changed`."""
    assert migrate.differences(database_url) == []


@pytest.mark.promise("R17")
def test_up_down_up(server: Server) -> None:
    with databases.admin(server) as connection:
        databases.drop(connection, "updown")
        connection.execute("CREATE DATABASE updown")
        url = url_of(server.folder, "updown")
        try:
            assert migrate.upgrade(url)
            made = things_in(url)
            assert {"cases", "procrastinate_jobs", "case_numbers"} <= made
            migrate.downgrade(url, "base")
            assert things_in(url) == {"alembic_version"}
            assert migrate.upgrade(url)
            assert things_in(url) == made
            assert not migrate.upgrade(url), "nothing is left to do"
        finally:
            databases.drop(connection, "updown")


def test_the_queue_is_the_one_procrastinate_expects() -> None:
    """If this fails, Procrastinate was upgraded: its new files in sql/migrations become our next revision."""
    ours = (migrate.MIGRATIONS / "versions" / "0001_queue.sql").read_text(encoding="utf-8")
    assert without_comments(ours) == without_comments(SchemaManager.get_schema())


def things_in(url: str) -> set[str]:
    """Tables, sequences, types, functions: everything of ours, by name."""
    query = """
        SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'S')
            AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_class.oid AND deptype IN ('a', 'i'))
        UNION SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
        UNION SELECT typname FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typtype = 'e'
    """
    with psycopg.connect(url) as connection:
        return {row[0] for row in connection.execute(query).fetchall()}


def without_comments(text: str) -> str:
    return " ".join(re.sub(r"--.*", "", text).split())
