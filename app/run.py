"""One process, one loop: the site, the worker and a watch on our own database, stopped together within ten seconds."""

import asyncio
import gc
import os
import signal
import socket
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager, nullcontext, suppress
from typing import Any

import structlog

from app import bots, pulse
from app.build import Parts, build, build_site, follow, listening_url
from app.database import Server
from app.errors import CannotGoOn
from app.jobs import work_on
from app.settings import Settings

STREAMS_SECONDS = 3  # for open answers to end; they are told to at once
STOP_SECONDS = 6.0  # for everything of ours; the database comes after and needs one or two
LEFT_SECONDS = 0.5  # for what did not end in time and is cancelled once more
WATCH_SECONDS = 2.0

log = structlog.get_logger()
Ready = Callable[[Parts], Awaitable[None]]


class PortTaken(CannotGoOn):
    """Somebody else listens there."""


class PartEnded(CannotGoOn):
    """A part of the program ended by itself, and the others were stopped."""


def listen(host: str, port: int) -> socket.socket:
    """Taken before anything is started, so that a second program says so at once."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise PortTaken(f"{host}:{port} cannot be listened on ({error.strerror}); set PORT or HOST") from error


def run(
    settings: Settings, url: str, *, server: Server | None, site: socket.socket | None, worker: bool, ready: Ready
) -> None:
    """Until SIGINT or SIGTERM. `ready` is called when the doors are open. Raises PartEnded if a part gave up."""
    runner = asyncio.Runner(loop_factory=fast_loop())
    try:
        runner.run(_run(settings, url, server, site, worker, ready))
    finally:
        if _all_end(runner.get_loop()):
            runner.close()


def _all_end(loop: asyncio.AbstractEventLoop) -> bool:
    """Not waited for: the queue's worker signs off at a database that does not answer, whatever it is told."""
    left = asyncio.all_tasks(loop)
    for task in left:
        task.cancel()
    return not left or not loop.run_until_complete(asyncio.wait(left, timeout=LEFT_SECONDS))[1]


def fast_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop's, where there is one; None: asyncio's own."""
    with suppress(ImportError):
        import uvloop

        return uvloop.new_event_loop
    return None


async def _run(
    settings: Settings, url: str, server: Server | None, site: socket.socket | None, worker: bool, ready: Ready
) -> None:
    stop = asyncio.Event()
    with _signals(stop):
        async with build(settings, url) as parts:
            settle()
            running = [asyncio.create_task(part, name=name) for name, part in _parts(parts, server, worker)]
            if site is not None:
                feeling = pulse.feel(listening_url(parts), parts.patience)
                running.append(asyncio.create_task(feeling, name="pulse"))
                running.append(asyncio.create_task(serve(parts, site, stop, ready), name="site"))
            else:
                await ready(parts)
            ended = await _until(stop, running)
            await _end(running)
            if ended:
                raise PartEnded(f"ended by itself: {', '.join(ended)}")


def settle() -> None:
    """What is there from the start stays: the collector need not look through it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def _parts(parts: Parts, server: Server | None, worker: bool) -> Iterator[tuple[str, Coroutine[Any, Any, None]]]:
    yield "town", follow(parts)
    yield "live", parts.live.run(listening_url(parts))
    yield from bots.parts(parts.bots, parts.transactions, parts.live, parts.now, listening_url(parts), worker=worker)
    if server is not None:
        yield "watch", watch(server)
    if worker:
        yield "worker", work(parts)


async def work(parts: Parts) -> None:
    async with parts.queue.open_async():
        await work_on(parts.queue, name=f"{socket.gethostname()}:{os.getpid()}")


async def watch(server: Server) -> None:
    """Our own server died and we did not: start it again. What was committed is in its log."""
    while True:
        await asyncio.sleep(WATCH_SECONDS)
        if not server.lives():
            log.error("database.gone")
            try:
                await asyncio.to_thread(server.revive)
                log.warning("database.started_again")
            except Exception:
                log.exception("database.not_started")


async def serve(parts: Parts, site: socket.socket, stop: asyncio.Event, ready: Ready) -> None:
    """The doors, until `stop`; then open streams are told to end, and answers under way get a few seconds."""
    import uvicorn

    config = uvicorn.Config(
        build_site(parts), log_config=None, access_log=False, lifespan="on", timeout_graceful_shutdown=STREAMS_SECONDS,
        server_header=False, proxy_headers=True, forwarded_allow_ips=parts.settings.trusted_proxies,
    )  # fmt: skip

    class Doors(uvicorn.Server):
        def capture_signals(self) -> Any:
            """Signals are ours: uvicorn would raise them once more and end the program before the database."""
            return nullcontext()

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            await ready(parts)

    doors = Doors(config)
    closing = asyncio.create_task(_close(doors, parts.live, stop))
    try:
        await doors.serve(sockets=[site])
    finally:
        closing.cancel()


async def _close(doors: Any, live: Any, stop: asyncio.Event) -> None:
    await stop.wait()
    live.stop()
    doors.should_exit = True


async def _until(stop: asyncio.Event, running: list[asyncio.Task[None]]) -> list[str]:
    """Told to stop, or a part ended by itself, which none of them should: their names."""
    waiting = asyncio.create_task(stop.wait())
    done, _ = await asyncio.wait([waiting, *running], return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    ended = [] if stop.is_set() else [task for task in running if task in done]
    for task in ended:
        log.error("part.ended", part=task.get_name(), exc_info=task.exception())
    stop.set()
    return [task.get_name() for task in ended]


async def _end(running: list[asyncio.Task[None]]) -> None:
    """The site ends by itself; the others are cancelled. Whoever takes too long is left behind."""
    for task in running:
        if task.get_name() != "site":
            task.cancel()
    _, late = await asyncio.wait(running, timeout=STOP_SECONDS)
    for task in late:
        log.error("part.late", part=task.get_name())
        task.cancel()


@contextmanager
def _signals(stop: asyncio.Event) -> Iterator[None]:
    """The first asks to stop, the second does not wait. Our database outlives that, and the next start joins it."""
    loop = asyncio.get_running_loop()

    def asked() -> None:
        if stop.is_set():
            os._exit(1)
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, asked)
    try:
        yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
