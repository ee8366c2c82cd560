"""Many wait, one rings."""

import asyncio


class Bell:
    def __init__(self) -> None:
        self.waiters: set[asyncio.Future[None]] = set()

    def ring(self) -> None:
        waiters, self.waiters = self.waiters, set()
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    async def wait(self, seconds: float | None = None) -> None:
        """Until the next ring, or until the seconds are over."""
        waiter = asyncio.get_running_loop().create_future()
        self.waiters.add(waiter)
        try:
            await asyncio.wait({waiter}, timeout=seconds)
        finally:
            self.waiters.discard(waiter)
