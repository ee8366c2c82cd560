"""The database as the rest of the program sees it: an address, an engine, sessions."""

from collections.abc import Mapping

from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker, create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

from app.errors import CannotGoOn
from app.server import Server, start_server, stop_server
from app.wheel import ServerRefused

__all__ = [
    "KEPT_ALIVE", "Server", "ServerRefused", "Sessions", "engine", "libpq_url", "listening_url", "sessions",
    "sqlalchemy_url", "start_server", "stop_server",
]  # fmt: skip

Sessions = async_sessionmaker[AsyncSession]

CONNECT_SECONDS = 5  # a door that cannot reach the database says so after this
KEPT_ALIVE: Mapping[str, int] = {
    "keepalives_idle": 5, "keepalives_interval": 3, "keepalives_count": 3,
    "tcp_user_timeout": 12_000,  # milliseconds
}  # fmt: skip
"""A line that went dead without a word is given up after 14 s by the kernel, which would wait for a quarter of an hour,
and on a line that only listens for two hours. Through a socket in a folder it means nothing."""
ASKED_OF_SERVER = " ".join(
    f"-c {name}={value}"
    for name, value in {
        "tcp_keepalives_idle": 5, "tcp_keepalives_interval": 3, "tcp_keepalives_count": 3, "tcp_user_timeout": 12_000,
    }.items()
)  # fmt: skip
"""It does the same at its end: a machine that is gone without a word holds no row for longer."""


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


def listening_url(url: str) -> str:
    """The same, for connections that stay open beside the pool, each held by whoever listens or waits on it."""
    address = make_url(libpq_url(url))
    wanted = {name: str(value) for name, value in KEPT_ALIVE.items() if name not in address.query}
    return address.update_query_dict(wanted).render_as_string(hide_password=False)


def engine(url: str, *, pool_size: int = 10) -> AsyncEngine:
    """Nobody waits for a connection longer than 5 s. After a restart of the server one request is refused."""
    how = {**KEPT_ALIVE, "connect_timeout": CONNECT_SECONDS, "application_name": "fengqiao"}
    return create_async_engine(
        sqlalchemy_url(url),
        pool_size=pool_size,
        pool_use_lifo=True,  # the one used last knows the statements best
        max_overflow=5,
        pool_timeout=CONNECT_SECONDS,
        connect_args={"options": ASKED_OF_SERVER, **how},
    )


def sessions(engine: AsyncEngine) -> Sessions:
    """Rows stay readable after the commit: nothing is fetched again behind our back."""
    return async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)
