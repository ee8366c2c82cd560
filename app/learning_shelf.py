"""What the learning page is told of the folders of the versions and of our own corpus: `web.parts.Models`.

Files are read again only when they changed, the corpus once: both in a thread, for both take a while.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence

from app.learning_use import InUse
from classifiers import Row
from classifiers.compared import reference

Corpus = Callable[[], Sequence[Row]]


class Shelf:
    """`corpus` gives what trainings read now, which is read anew when that is another function."""

    def __init__(self, in_use: InUse, corpus: Callable[[], Corpus]) -> None:
        self._in_use, self._corpus = in_use, corpus
        self._kept: dict[str, tuple[object, str]] = {}
        self._read: tuple[Corpus, Mapping[str, int], Mapping[str, str]] | None = None

    @property
    def answers(self) -> str | None:
        return self._in_use.version

    def name(self, fingerprint: str) -> str | None:
        return self._in_use.names.get(fingerprint)

    async def kept(self, versions: Mapping[str, str]) -> Mapping[str, str]:
        return await asyncio.to_thread(lambda: {name: self._look(name, mark) for name, mark in versions.items()})

    def _look(self, version: str, fingerprint: str) -> str:
        stamp = (fingerprint, self._in_use.stamp(version))
        known = self._kept.get(version)
        if known is None or known[0] != stamp:
            known = self._kept[version] = (stamp, self._in_use.kept(version, fingerprint))
        return known[1]

    async def corpus(self) -> Mapping[str, int]:
        return (await self._rows())[0]

    async def texts(self, references: Collection[str]) -> Mapping[str, str]:
        known = (await self._rows())[1]
        return {one: known[one] for one in references if one in known}

    async def _rows(self) -> tuple[Mapping[str, int], Mapping[str, str]]:
        corpus = self._corpus()
        if self._read is None or self._read[0] is not corpus:
            rows = await asyncio.to_thread(lambda: [row for row in corpus() if row.gold])
            counts = Counter(row.label for row in rows)
            self._read = (corpus, counts, {reference(row.text): row.text for row in rows})
        return self._read[1], self._read[2]
