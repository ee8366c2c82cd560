"""Asks the versions that only watch about the cases filed meanwhile, in batches; what it does not get to comes next.

Each batch is read, judged in a thread outside of any transaction, and kept in one: killed anywhere, nothing is lost
but the batch in hand, which is read again.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

import structlog

from bot.transactions import Transactions
from cases import learning, shadow
from cases.shadow import BATCH, LATE, End, Watch
from classifiers import ArtefactError, Model, PublicKey, load
from models import ShadowPrediction

SHOWN = 5  # of a ranking, as a case's own prediction keeps

log = structlog.get_logger()


class Shadowing:
    """`score` is the periodic job. A model is loaded when its version begins, and forgotten when it ends."""

    def __init__(
        self,
        transactions: Transactions,
        models: Path,
        now: Callable[[], datetime],
        batch: int = BATCH,
        *,
        key: PublicKey | None = None,
    ) -> None:
        self._transactions, self._models, self._now, self._batch, self._key = transactions, models, now, batch, key
        self._loaded: dict[str, Model] = {}

    async def score(self) -> int:
        """A batch for each version that watches; how many cases that were, 0 when nothing is left for now."""
        async with self._transactions.read() as session:
            watches = await shadow.watching(session)
            known = learning.put_to_use(await learning.known(session)) if watches else []
        self._loaded = {mark: model for mark, model in self._loaded.items() if mark in {w.fingerprint for w in watches}}
        used = known[0].version if known else None
        return sum([await self._read(watch, used) for watch in watches])

    async def _read(self, watch: Watch, used: str | None) -> int:
        if watch.version == used:
            return await self._end(watch, End.PROMOTED)
        model = await asyncio.to_thread(self._model, watch)
        if model is None:
            return await self._end(watch, End.UNUSABLE)
        async with self._transactions.read() as session:
            cases = await shadow.unread(session, watch, self._batch)
        if cases:
            said = await asyncio.to_thread(_said, model, watch.version, cases, self._now())
            async with self._transactions.begin() as session:
                await shadow.keep(session, said)
        elif self._now() >= watch.until + LATE:
            await self._end(watch, End.TIME)
        return len(cases)

    async def _end(self, watch: Watch, why: End) -> int:
        async with self._transactions.begin() as session:
            await shadow.end(session, watch.version, why, self._now())
        log.info("shadow.ended", version=watch.version, why=why)
        return 0

    def _model(self, watch: Watch) -> Model | None:
        """The very model that was compared; None after an alarm."""
        if watch.fingerprint not in self._loaded:
            try:
                model = load(self._models / watch.version, self._key)
                if model.version != watch.fingerprint:
                    raise ArtefactError("foreign", "not the model that was trained as this version")
            except ArtefactError as error:
                log.error("model.unusable", version=watch.version, reason=error.reason)
                return None
            self._loaded[watch.fingerprint] = model
        return self._loaded[watch.fingerprint]


def _said(model: Model, version: str, cases: Sequence[tuple[UUID, str]], now: datetime) -> list[ShadowPrediction]:
    told = model.predict_many([text for _, text in cases])
    return [
        ShadowPrediction(
            version=version,
            case_id=case,
            label=one.label,
            item=one.item,
            confidence=one.confidence,
            ranking=[list(pair) for pair in one.ranking[:SHOWN]],
            action=one.action,
            at=now,
        )
        for (case, _), one in zip(cases, told, strict=True)
    ]
