"""The schema's revisions, run in this process: no alembic.ini, no second program."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, Connection, Enum, NullPool, create_engine, inspect, text

import models  # noqa: F401 - all tables
from app.database import sqlalchemy_url
from models.base import Table

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"
ONE_AT_A_TIME = 0x46656E67  # advisory lock: replicas that start together do not migrate together


def _ours(name: str | None, kind: str, _parents: object) -> bool:
    """The queue's tables come from Procrastinate, whole, as SQL, and months of events are made by the program."""
    return not (kind == "table" and name is not None and name.startswith(("procrastinate_", "events_")))


def _plainly(kind: str, thing: object, _context: object) -> str | bool:
    """Revisions speak PostgreSQL only: an enum kept as words is text, so is SQLModel's string, JSON is jsonb."""
    if kind == "type" and isinstance(thing, Enum):
        return f"sa.String({thing.length})"
    if kind == "type" and isinstance(thing, JSON):
        return "postgresql.JSONB()"
    if kind == "type" and type(thing).__name__ == "AutoString":
        return "sa.String()"
    return False


OPTIONS: dict[str, Any] = {
    "include_name": _ours,
    "render_item": _plainly,
    "compare_type": True,
    "compare_server_default": True,
}


def head() -> str:
    """The newest revision, read from the file names: at every start, and Alembic takes half a second to load."""
    return max(path.stem for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def upgrade(url: str, revision: str = "head") -> bool:
    """Bring the database to `revision`. True if anything was done."""
    with transaction(url) as connection:
        if revision in {"head", head()} and current(connection) == head():
            return False
        from alembic import command

        command.upgrade(config(connection), revision)
        return True


def downgrade(url: str, revision: str) -> None:
    from alembic import command

    with transaction(url) as connection:
        command.downgrade(config(connection), revision)


def migrate_to(url: str, revision: str) -> str:
    """Up or down to a revision, whichever way it lies; returns where the database is now."""
    with transaction(url) as connection:
        here = current(connection)
    if revision == "base" or (here is not None and revision != "head" and revision < here):
        downgrade(url, revision)
    else:
        upgrade(url, revision)
    with transaction(url) as connection:
        return current(connection) or "empty"


def differences(url: str) -> list[object]:
    """What the models have and the database has not, or the other way round. Empty: they agree."""
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    with transaction(url) as connection:
        context = MigrationContext.configure(connection, opts=OPTIONS)
        found: list[object] = list(compare_metadata(context, Table.metadata))
        return found


def current(connection: Connection) -> str | None:
    """The revision the database is at; None for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def config(connection: Connection, **attributes: Any) -> "Config":
    from alembic.config import Config

    settings = Config()
    settings.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    settings.set_main_option("path_separator", "os")
    settings.attributes.update(attributes, connection=connection)
    return settings


@contextmanager
def transaction(url: str) -> Iterator[Connection]:
    """One transaction for all of it: a migration that fails leaves nothing behind."""
    engine = create_engine(sqlalchemy_url(url), poolclass=NullPool)
    try:
        with engine.begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ONE_AT_A_TIME})
            yield connection
    finally:
        engine.dispose()
