"""The database as the rest of the program sees it: an address, an engine, sessions."""

from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker, create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

from app.errors import CannotGoOn
from app.server import Server, start_server, stop_server
from app.wheel import ServerRefused

__all__ = [
    "Server", "ServerRefused", "Sessions", "engine", "libpq_url", "sessions", "sqlalchemy_url", "start_server",
    "stop_server",
]  # fmt: skip

Sessions = async_sessionmaker[AsyncSession]

CONNECT_SECONDS = 5  # a door that cannot reach the database says so after this


class BadAddress(CannotGoOn, ValueError):
    """DATABASE_URL names something else than PostgreSQL."""


def sqlalchemy_url(url: str) -> str:
    """postgres:// and postgresql:// → postgresql+psycopg://, the one driver we use."""
    chosen = make_url(url)
    if chosen.get_backend_name() not in {"postgresql", "postgres"}:
        raise BadAddress(f"not a PostgreSQL address: {chosen.render_as_string()}")
    return chosen.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


def libpq_url(url: str) -> str:
    """The same address for psycopg and Procrastinate, without SQLAlchemy's driver name."""
    return make_url(sqlalchemy_url(url)).set(drivername="postgresql").render_as_string(hide_password=False)


def engine(url: str, *, pool_size: int = 10) -> AsyncEngine:
    """Nobody waits for a connection longer than 5 s. After a restart of the server one request is refused."""
    return create_async_engine(
        sqlalchemy_url(url),
        pool_size=pool_size,
        max_overflow=5,
        pool_timeout=CONNECT_SECONDS,
        connect_args={"connect_timeout": CONNECT_SECONDS, "application_name": "fengqiao"},
    )


def sessions(engine: AsyncEngine) -> Sessions:
    """Rows stay readable after the commit: nothing is fetched again behind our back."""
    return async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)
