"""The model that answers now: what the database says was promoted last, noticed while the program runs.

The database decides, so that every copy of the program answers alike moments after a promotion. `current` follows it
for whoever has no database, and holds the first-day model until an admin promotes another.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import structlog

from bot.transactions import Transactions
from cases import learning
from cases.learning import Known
from classifiers import ArtefactError, Model, PublicKey, check, copy, load, version_of
from classifiers.dictionary import dictionary

log = structlog.get_logger()


class InUse:
    """`model` answers; None while there is none: a person then sorts every complaint. `look` follows the database.

    `current` is the folder of the first-day model; beside it stands a folder for each version. Nothing answers but
    what `key` signed.
    """

    def __init__(self, transactions: Transactions, current: Path, now: Callable[[], datetime], key: PublicKey) -> None:
        self._transactions, self._current, self._now, self._key = transactions, current, now, key
        self.model: Model | None = None
        self.version: str | None = None  # None: no row's
        self.names: dict[str, str] = {}  # fingerprint → version, as of the last look
        self._told: set[tuple[str, str]] = set()  # alarms, each once

    def kept(self, version: str, fingerprint: str) -> str:
        """Whether a version could be taken: "signed", or the reason of its ArtefactError. Reads the whole file."""
        try:
            found = check(self._current.parent / version, self._key)
        except ArtefactError as error:
            return error.reason
        return "signed" if found == fingerprint else "foreign"

    def stamp(self, version: str) -> Sequence[tuple[str, int, int]]:
        """Changes when anything in its folder does."""
        try:
            found = [(one.name, one.stat()) for one in (self._current.parent / version).iterdir()]
        except OSError:
            return []
        return sorted((name, about.st_mtime_ns, about.st_size) for name, about in found)

    async def look(self) -> bool:
        """Take what is in use by now; True if that is another model than before.

        One that cannot be used raises the alarm, and the last good one goes on: the one in memory, or at a start the
        one that was in use before it. It is tried again with every look.
        """
        rows = await self._promoted()
        if not rows or rows[0].version != self.version:
            at_a_start = self.model is None
            for row in rows if at_a_start else rows[:1]:
                if model := await asyncio.to_thread(self._usable, row):
                    return await self._take(row, model, in_use=row is rows[0])
            if at_a_start:
                self.model = await asyncio.to_thread(self._loaded, self._current, None)
                return self.model is not None
        return False

    async def _promoted(self) -> Sequence[Known]:
        """Those put to use, the last one first; a model that an operator trained meanwhile is one of them."""
        async with self._transactions.read() as session:
            known = await learning.known(session)
        self.names = learning.names(known)
        rows = learning.put_to_use(known)
        if (rows and rows[0].by_admin) or not self._unknown(known):  # what an admin promoted stays
            return rows
        model = await asyncio.to_thread(self._loaded, self._current, None)
        try:
            return [await self._adopt(model), *rows] if model else rows
        except (ArtefactError, OSError) as error:  # a full disk: it answers all the same, and is adopted later
            log.warning("model.not_copied", version="current", error=str(error))
            return rows

    def _unknown(self, known: Sequence[Known]) -> bool:
        found = version_of(self._current)
        return found is not None and found not in {one.fingerprint for one in known}

    async def _adopt(self, model: Model) -> Known:
        """A row and a folder for what lies in `current`, so that there is a way back to it."""
        async with self._transactions.begin() as session:
            await learning.lock(session)
            for known in await learning.known(session):  # another program was faster
                if known.fingerprint == model.version:
                    return known
            rows = await learning.versions(session)
            row = learning.adopted(rows, model.version, model.facts["metrics"], self._now())
            adopted = Known(row.version, model.version, by_admin=False, promoted_at=row.promoted_at)
            await asyncio.to_thread(copy, self._current, self._folder(adopted))
            session.add(row)
        self.names[model.version] = row.version
        log.info("model.adopted", version=row.version)
        return adopted

    async def _take(self, row: Known, model: Model, *, in_use: bool) -> bool:
        changed = self.version != row.version
        self.model, self.version = model, row.version
        if in_use:
            await asyncio.to_thread(self._follow, row)
        if changed:
            log.info("model.in_use", version=row.version)
            if model.facts["dictionary"] != dictionary(model.facts["segmenter"]):
                log.warning("model.cut_otherwise", version=row.version)  # it answers, a little worse: train anew
        return changed

    def _follow(self, row: Known) -> None:
        """`current` becomes the version in use."""
        try:
            if version_of(self._current) != row.fingerprint:
                copy(self._folder(row), self._current)
        except (ArtefactError, OSError) as error:
            log.warning("model.not_copied", version=row.version, error=str(error))

    def _usable(self, row: Known) -> Model | None:
        """From its own folder; from `current` where folders are not shared and it happens to be the same."""
        if version_of(self._current) == row.fingerprint != version_of(self._folder(row)):
            return self._loaded(self._current, row)
        return self._loaded(self._folder(row), row)

    def _loaded(self, folder: Path, row: Known | None) -> Model | None:
        """The model, which must be the very one that was compared; None after an alarm."""
        try:
            model = load(folder, self._key)
            if row is not None and model.version != row.fingerprint:
                raise ArtefactError("foreign", "not the model that was trained as this version")
        except ArtefactError as error:
            alarm = (row.version if row else "current", error.reason)
            if alarm not in self._told:
                self._told.add(alarm)
                log.error("model.unusable", version=alarm[0], reason=alarm[1])
            return None
        return model

    def _folder(self, row: Known) -> Path:
        return self._current.parent / row.version
