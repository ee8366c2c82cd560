"""With a database that is away: who waits for it, and how they are told. Begun and ended by app/pulse.py."""

import asyncio


class Patience:
    """Told by whoever watches the database: `begin` when it is away, `end` when it is back."""

    def __init__(self) -> None:
        self.away = False
        self._waiting = set[asyncio.Future[None]]()

    def begin(self) -> None:
        self.away = True
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_result(None)

    def end(self) -> None:
        self.away = False

    async def outlast(self, work: "asyncio.Task[None]") -> bool:
        """Until the work is done (True) or the database is away (False)."""
        gone = asyncio.get_running_loop().create_future()
        self._waiting.add(gone)
        try:
            await asyncio.wait([work, gone], return_when=asyncio.FIRST_COMPLETED)
            return work.done()
        finally:
            self._waiting.discard(gone)
