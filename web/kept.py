"""What is costly to count, kept in the process for a while: whoever asks later gets it at once.

Nothing is kept that may not be lost, nor more than MOST answers; of two who ask at once one counts.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

import structlog

T = TypeVar("T")
MOST = 500
_NOT_AT_ALL = timedelta(0)
log = structlog.get_logger()


@dataclass(frozen=True)
class _Answer:
    at: datetime
    value: Any


class Kept:
    """`await kept.get("days", now, count_them, fresh=timedelta(minutes=1))`"""

    def __init__(self) -> None:
        self._answers: OrderedDict[Hashable, _Answer] = OrderedDict()
        self._counting: dict[Hashable, asyncio.Task[Any]] = {}

    async def get(
        self, key: Hashable, now: datetime, make: Callable[[], Awaitable[T]], *, fresh: timedelta,
        stale: timedelta = _NOT_AT_ALL,
    ) -> T:  # fmt: skip
        """`stale`: so long past its freshness an answer is still given, while it is counted anew behind it."""
        answer = self._answers.get(key)
        age = abs(now - answer.at) if answer else None
        if answer is not None and age is not None and age <= fresh:
            return answer.value  # type: ignore[no-any-return]
        task = self._counting.get(key) or self._begin(key, now, make)
        if answer is not None and age is not None and age <= fresh + stale:
            return answer.value  # type: ignore[no-any-return]
        return await asyncio.shield(task)

    def _begin(self, key: Hashable, now: datetime, make: Callable[[], Awaitable[Any]]) -> asyncio.Task[Any]:
        async def count() -> Any:
            value = await make()
            self._answers[key] = _Answer(now, value)
            self._answers.move_to_end(key)
            while len(self._answers) > MOST:
                self._answers.popitem(last=False)
            return value

        def over(done: asyncio.Task[Any]) -> None:
            self._counting.pop(key, None)
            if not done.cancelled() and (error := done.exception()):
                log.warning("kept.not_counted", error=type(error).__name__)

        task = asyncio.ensure_future(count())
        self._counting[key] = task
        task.add_done_callback(over)
        return task
