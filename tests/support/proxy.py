"""A wire between two programs that can be bent: spread over several, slow, frozen, cut, dead. Plain TCP, no protocol.

`Proxy("127.0.0.1:8001", "127.0.0.1:8002")` spreads connections in turn over those that answer; a path is a Unix socket.
Frozen, connections stay open and nothing passes, as when a machine stands still. Lost, whoever called hears nothing any
more, not even from the other's kernel, as when a machine or a router is gone without a word; new connections pass.
"""

import asyncio
import ctypes
import socket
import struct
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from enum import StrEnum

CHUNK = 64 * 1024
ATTACH_FILTER = 26  # SO_ATTACH_FILTER of Linux, which Python does not name


class Harm(StrEnum):
    """What becomes of one piece on its way, and of its connection."""

    NONE = ""
    BEFORE = "not passed on, then cut"
    HALF = "half passed on, then cut"
    UNANSWERED = "passed on, its answer lost, then cut"


Spoil = Callable[[bytes, bool], Harm]
"""Asked for each piece: what it is, whether it goes to the target. An answer is never UNANSWERED."""


class Proxy:
    def __init__(self, *targets: str) -> None:
        self.targets, self.port, self.delay, self.refuses = list(targets), 0, 0.0, False
        self.passed = dict.fromkeys(targets, 0)  # connections, by target
        self.spoil: Spoil = lambda piece, there: Harm.NONE
        self.harmed = Counter[Harm]()
        self._turn, self._flows = 0, asyncio.Event()
        self._links = set[Link]()
        self._calls = set[asyncio.Task[None]]()
        self._flows.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Proxy"]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            self.refuses = True
            self.flow()
            self.cut()
            if self._calls:
                await asyncio.wait(self._calls, timeout=5)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def freeze(self) -> None:
        """Nothing passes, in either direction, on connections there are and on new ones, until `flow`."""
        self._flows.clear()

    def flow(self) -> None:
        self._flows.set()

    def cut(self) -> int:
        """Every connection breaks, in the middle of whatever it carried."""
        links = list(self._links)
        for link in links:
            link.cut()
        return len(links)

    def lose(self, noticed: float) -> int:
        """Every connection there is goes dead: who called is not told, and gets no answer however often they ask.

        The target's own kernel notices after some seconds, which ends the connection there.
        """
        links = list(self._links)
        for link in links:
            link.lose(noticed)
        return len(links)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = None if self.refuses else await self._target()
        if there is None:
            writer.transport.abort()
            return
        link, call = Link(self, writer, there[1]), asyncio.current_task()
        assert call is not None
        self._calls.add(call)
        call.add_done_callback(self._calls.discard)
        self._links.add(link)
        try:
            await asyncio.gather(link.carry(reader, there[1], True), link.carry(there[0], writer, False))
        finally:
            self._links.discard(link)
            link.close()

    async def _target(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        """The next in turn that takes the connection."""
        for _ in self.targets:
            target = self.targets[self._turn % len(self.targets)]
            self._turn += 1
            with suppress(OSError):
                found = await _connect(target)
                self.passed[target] += 1
                return found
        return None

    async def flows(self) -> None:
        await self._flows.wait()
        if self.delay:
            await asyncio.sleep(self.delay)


class Link:
    """One connection through the proxy: its two ends."""

    def __init__(self, proxy: Proxy, caller: asyncio.StreamWriter, target: asyncio.StreamWriter) -> None:
        self._proxy, self._caller, self._target = proxy, caller, target
        self._unanswered = self._lost = False

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, there: bool) -> None:
        with suppress(OSError):
            while piece := await reader.read(CHUNK):
                await self._proxy.flows()
                if not await self._pass(piece, writer, there):
                    self.cut()
                    return
        with suppress(OSError):
            if writer.can_write_eof() and not self._lost:
                writer.write_eof()

    async def _pass(self, piece: bytes, writer: asyncio.StreamWriter, there: bool) -> bool:
        """False: the connection breaks here."""
        if self._lost:
            return True
        if self._unanswered and not there:
            return False
        harm = Harm.NONE if self._unanswered else self._proxy.spoil(piece, there)
        if harm:
            self._proxy.harmed[harm] += 1
        self._unanswered |= harm is Harm.UNANSWERED
        if harm is not Harm.BEFORE:
            writer.write(piece[: len(piece) // 2] if harm is Harm.HALF else piece)
            await writer.drain()
        return harm in (Harm.NONE, Harm.UNANSWERED)

    def lose(self, noticed: float) -> None:
        """What the caller sends is thrown away before our kernel sees it: it is not even acknowledged."""
        self._lost = True
        deaf(self._caller.get_extra_info("socket"))
        asyncio.get_running_loop().call_later(noticed, self._target.transport.abort)

    def cut(self) -> None:
        """By a reset, but for what is written already. The dead end is dropped without a word."""
        for end in (self._caller, self._target):
            end.transport.abort()

    def close(self) -> None:
        for end in (self._caller, self._target):
            end.close()


def deaf(line: socket.socket) -> None:
    """Its kernel drops whatever comes in: a filter of one instruction, `return 0`."""
    instruction = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0))
    program = struct.pack("HP", 1, ctypes.addressof(instruction))
    line.setsockopt(socket.SOL_SOCKET, ATTACH_FILTER, program)


async def _connect(target: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if target.startswith("/"):
        return await asyncio.open_unix_connection(target)
    host, _, port = target.rpartition(":")
    return await asyncio.open_connection(host, int(port))
