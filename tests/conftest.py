"""Fixtures every test may ask for: a database of its own (empty, or with the shipped town) and a clock.

database_url, engine, sessions, session   a migrated, empty database
town_url, town                            the same with the shipped town; `town` makes sessions
new_data_dir                              `new_data_dir()` → a folder for a server or a program of the test's own
first_day_model                           the folder of the model a new program trains
browser                                   one Chromium for the run
site                                      the whole program in this process, with the town, at `clock`
telegram                                  the same with both bots on a simulator of Telegram
shared_site                               one for a whole module, at a standing clock of its own
clock                                     `clock()` → now; `clock.forward(hours=3)`; stands at a working morning
"""

import asyncio
import gc
import os
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import ExitStack
from itertools import chain, groupby, zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlmodel.ext.asyncio.session import AsyncSession

from app.database import Server, Sessions, start_server, stop_server
from app.database import engine as make_engine
from app.database import sessions as make_sessions
from app.migrate import upgrade
from tests.support import databases, keys, model, promises
from tests.support.clock import Clock

if TYPE_CHECKING:
    from playwright.async_api import Browser

    from tests.support.site import Site
    from tests.support.telegram import Telegram

os.environ["MODEL_KEY"] = keys.MODELS.text  # for the programs tests start, too


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """Shared by all workers of this run, and by other runs at the same time. fsync is off: not for kill tests."""
    server = start_server(databases.server_folder(), databases.FAST)
    databases.sweep(server)
    yield server
    stop_server(server)


@pytest.fixture(scope="session")
def empty_template(server: Server) -> str:
    return databases.ensure_template(server, "empty", lambda url: upgrade(url) and None)


@pytest.fixture(scope="session")
def town_template(server: Server) -> str:
    from tests.support.town import fill

    return databases.ensure_template(server, "town", lambda url: asyncio.run(fill(url)))


@pytest.fixture
def database_url(server: Server, empty_template: str) -> Iterator[str]:
    with databases.copy(server, empty_template) as url:
        yield url


@pytest.fixture
def town_url(server: Server, town_template: str) -> Iterator[str]:
    with databases.copy(server, town_template) as url:
        yield url


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = make_engine(database_url)
    yield engine
    await engine.dispose()


@pytest.fixture
def sessions(engine: AsyncEngine) -> Sessions:
    return make_sessions(engine)


@pytest.fixture
async def session(sessions: Sessions) -> AsyncIterator[AsyncSession]:
    async with sessions() as session:
        yield session


@pytest.fixture
async def town(town_url: str) -> AsyncIterator[Sessions]:
    engine = make_engine(town_url)
    yield make_sessions(engine)
    await engine.dispose()


@pytest.fixture(scope="session")
def first_day_model() -> Path:
    """Trained once and kept between runs; for reading only."""
    return model.first_day_model()


@pytest.fixture(scope="session")
def new_data_dir() -> Iterator[Callable[[], Path]]:
    """Makes data folders for servers of a test's own. pytest's folders will not do: as root the server runs as another
    user, and every pytest that starts makes them private again."""
    with ExitStack() as stack:
        where = {"prefix": "fengqiao-", "dir": databases.in_memory()}
        yield lambda: Path(stack.enter_context(TemporaryDirectory(**where, ignore_cleanup_errors=True)))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator["Browser"]:
    """One for the run; each window is a context of its own, which shares nothing with the others."""
    from tests.support import chromium

    if chromium.CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    async with chromium.started() as browser:
        yield browser


@pytest.fixture
async def site(town_url: str, tmp_path: Path, clock: Clock) -> AsyncIterator["Site"]:
    """The whole program in this process, with the shipped town."""
    from tests.support.site import running

    async with running(town_url, tmp_path, clock) as site:
        yield site


@pytest.fixture
async def telegram(town_url: str, tmp_path: Path, clock: Clock) -> AsyncIterator["Telegram"]:
    """The whole program with both bots."""
    from tests.support.telegram import telegram_running

    async with telegram_running(town_url, tmp_path, clock) as telegram:
        yield telegram


@pytest.fixture(scope="module")
async def shared_site(
    server: Server, town_template: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator["Site"]:
    """For modules whose tests do not mind each other's rows."""
    from tests.support.site import running

    with databases.copy(server, town_template) as url:
        async with running(url, tmp_path_factory.mktemp("site"), Clock()) as site:
            yield site


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items[:] = chain.from_iterable(in_turn(items))
    for item in items:
        item.user_properties += [("promise", mark.args[0]) for mark in item.iter_markers("promise")]


def in_turn(items: Iterable[pytest.Item]) -> Iterator[list[pytest.Item]]:
    """File by file, the long ones first, so that all workers end together: those that kill mostly wait and those that
    open windows reckon, so they take turns, and a core that one leaves idle is the other's."""
    kinds: dict[str, list[list[pytest.Item]]] = {"waits": [], "reckons": [], "short": []}
    for _, group in groupby(items, key=lambda item: item.path):
        file = list(group)
        kinds[kind(file)].append(file)
    for pair in zip_longest(kinds["waits"], kinds["reckons"], fillvalue=[]):
        yield from pair
    yield from kinds["short"]


def kind(file: Iterable[pytest.Item]) -> str:
    if any("torture" in item.path.parts or item.get_closest_marker("kill") for item in file):
        return "waits"
    return "reckons" if any("browser" in getattr(item, "fixturenames", ()) for item in file) else "short"


def pytest_collection_finish() -> None:
    """What is there by now stays: looking through it again and again took a sixth of a test of the site."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 50)


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):  # where two work, the one who sees both
        config.pluginmanager.register(Promises(), "promises")


class Promises:
    """Keeps what the long run saw of each promise; see tests/support/promises.py."""

    def __init__(self) -> None:
        self.record = promises.Record()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.record.hear(report)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if promises.SOAK and (found := self.record.as_json()):
            promises.write(found)
            terminalreporter.section("promises")
            for row, seen in found.items():
                told = f"{row:4} {'holds' if seen['ok'] else 'BROKEN'}  {seen['tried']} → {seen['reached']}"
                terminalreporter.write_line(f"{told} (must: {seen['must']})")
