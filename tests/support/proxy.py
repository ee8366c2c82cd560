"""A wire between two programs that can be bent: spread over several, made slow, frozen, cut. Plain TCP, no protocol.

`Proxy("127.0.0.1:8001", "127.0.0.1:8002")` spreads connections in turn over those that answer; a path is a Unix socket.
Frozen, connections stay open and nothing passes, as when a machine is gone without a word.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

CHUNK = 64 * 1024


class Proxy:
    def __init__(self, *targets: str) -> None:
        self.targets, self.port, self.delay = list(targets), 0, 0.0
        self.passed = dict.fromkeys(targets, 0)  # connections, by target
        self._turn, self._flows = 0, asyncio.Event()
        self._open = set[asyncio.StreamWriter]()
        self._flows.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Proxy"]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            self.flow()
            self.cut()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def freeze(self) -> None:
        """Nothing passes, in either direction, on connections there are and on new ones, until `flow`."""
        self._flows.clear()

    def flow(self) -> None:
        self._flows.set()

    def cut(self) -> None:
        """Every connection breaks, in the middle of whatever it carried."""
        for writer in list(self._open):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = await self._target()
        if there is None:
            writer.transport.abort()
            return
        self._open |= {writer, there[1]}
        try:
            await asyncio.gather(self._pass(reader, there[1]), self._pass(there[0], writer))
        finally:
            for end in (writer, there[1]):
                self._open.discard(end)
                end.close()

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

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(CHUNK):
                await self._flows.wait()
                if self.delay:
                    await asyncio.sleep(self.delay)
                writer.write(data)
                await writer.drain()
        with suppress(OSError):
            if writer.can_write_eof():
                writer.write_eof()


async def _connect(target: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if target.startswith("/"):
        return await asyncio.open_unix_connection(target)
    host, _, port = target.rpartition(":")
    return await asyncio.open_connection(host, int(port))
