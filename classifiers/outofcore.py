"""Training from more letters than fit into memory: the file is read twice or more, a piece at a time.

First the vocabulary is counted, rare runs being forgotten on the way. Then machines learn by averaged stochastic
gradient descent, which needs each letter once and none kept. A part is held out for calibration and the figures, and
teaches last. Nothing but the held-out part and a sample for items stays in memory. Left out, beside `training.train`:
hints of our corpus and openings, which many letters do without.
"""

import csv
import hashlib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from classifiers.features import Floats, Sparse
from classifiers.head import Head, for_each
from classifiers.items import Items
from classifiers.linear import Linear
from classifiers.lookup import Ints
from classifiers.model import Model
from classifiers.pieces import Pieces, Streams
from classifiers.rows import FIELD_LIMIT, DataError, Row, checked, labelled
from classifiers.training import Progress, finished, least
from classifiers.unseen import Scored
from classifiers.vocabulary import Vocabulary
from classifiers.words import segmenter as segmenter_named

CHUNK, TOGETHER = 64, 16
"""Lines of the file read in one go, and how many such chunks, from anywhere in it, are learned together: so a file in
the order of its labels teaches like any other."""

COUNTED, COLUMNS = 5_000_000, 300_000
"""Runs known while counting, and kept: some 400 MB and, for 29 labels, 250 MB."""

HELD = 10_000
"""Letters held out, a fifth at most."""

NAMED = 20_000
"""Letters that teach the items."""

LEARNED = 30_000
"""Letters learned before it is enough: fewer are gone through again. Of 4,600 letters the sixth round gains nothing."""

SOFT = 0.5
"""Regularisation times letters: half that of the machine in memory, for each letter is seen once or a few times."""


def train_from_file(
    path: Path,
    *,
    seed: int = 1,
    segmenter: str = "rjieba",
    created_at: datetime | None = None,
    progress: Progress = lambda done, of: None,
) -> Model:
    """A model from a CSV of any size. The same file and seed give the same model; DataError as `read_csv` has it."""
    csv.field_size_limit(FIELD_LIMIT)
    try:
        return _Training(Letters(path), seed, segmenter, progress).run(created_at)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path}: cannot be read as CSV in UTF-8 ({error})") from error


class Letters:
    """The rows of a CSV, in chunks that can be read in any order."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with path.open("rb") as file:
            lines = csv.reader(line.decode("utf-8-sig" if not at else "utf-8") for at, line in _lines(file))
            self.names = next(lines, [])
            self.starts = [file.tell()]
            while list(islice(lines, CHUNK)):
                self.starts.append(file.tell())

    def __len__(self) -> int:
        return len(self.starts) - 1

    def chunk(self, number: int) -> list[Row]:
        """Those lines of it that have a text and a label."""
        start, end = self.starts[number : number + 2]
        with self.path.open("rb") as file:
            file.seek(start)
            text = file.read(end - start).decode()
        return labelled(csv.DictReader(io.StringIO(text, newline=""), self.names), self.path)

    def sha256(self) -> str:
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()


def _lines(file: io.BufferedReader) -> Iterator[tuple[int, bytes]]:
    at = 0
    while line := file.readline():
        yield at, line
        at += len(line)


@dataclass(frozen=True, slots=True)
class _Part:
    """Rows with their columns."""

    rows: list[Row]
    table: Sparse

    def take(self, numbers: Sequence[int] | Ints) -> "_Part":
        return _Part([self.rows[i] for i in numbers], self.table.take(numbers))

    @property
    def named(self) -> "_Part":
        """Those that name their item."""
        return self.take([i for i, row in enumerate(self.rows) if row.item])

    @classmethod
    def joined(cls, parts: Sequence["_Part"]) -> "_Part":
        return cls([row for part in parts for row in part.rows], Sparse.stacked([part.table for part in parts]))


class _Training:
    """What one training knows on its way."""

    def __init__(self, letters: Letters, seed: int, segmenter: str, progress: Progress) -> None:
        self.letters, self.seed, self.segmenter, self.progress = letters, seed, segmenter, progress
        self.draw = np.random.default_rng(seed)
        self.cut = segmenter_named(segmenter)
        self.classifier = Linear(seed=seed, segmenter=segmenter)
        self.features = self.classifier.features_
        self.labels: set[str] = set()
        self.count = 0

    def run(self, created_at: datetime | None) -> Model:
        self._count()
        order = self.draw.permutation(len(self.letters)).tolist()
        aside = max(1, min(self.count // 5, HELD) // CHUNK)
        held = _Part.joined(list(self._parts(order[:aside])))
        rounds = max(1, -(-LEARNED // self.count))
        machine, sample = self._learn(order[aside:] or order, rounds)
        self.classifier.head_ = self._head(machine)
        heads = self._items(sample)
        scores, items = self._scored(held), _scored_items(heads, held)
        for _ in range(rounds):
            self._teach(machine, held)
        self.classifier.head_ = self._head(machine)
        self.classifier.head_.lighten(self.features.idf_)
        facts = {
            "segmenter": self.segmenter,
            "seed": self.seed,
            "created_at": created_at.isoformat() if created_at else None,
            "training": {"sha256": self.letters.sha256(), "rows": self.count, "messages": self.count, "folds": 1},
        }
        return finished(self.classifier, heads, scores, items, facts)

    def _count(self) -> None:
        seen = Vocabulary(COUNTED)
        for start in range(0, len(self.letters), TOGETHER):
            rows = self._rows(range(start, min(start + TOGETHER, len(self.letters))))
            seen.add(Pieces.cut([row.text for row in rows], self.cut))
            self.labels |= {row.label for row in rows}
            self.count += len(rows)
            self.progress(start, 3 * len(self.letters))
        checked([Row("", label) for label in self.labels], str(self.letters.path))
        seen.merge()
        if len(seen.keys) > COLUMNS:
            seen.keep(seen.counts > np.partition(seen.counts, -COLUMNS)[-COLUMNS])
        self.features.least = least(self.count)
        self.features.choose(seen)
        if not self.features.width:
            raise DataError("no word stands often enough in the texts to learn from")

    def _rows(self, chunks: Sequence[int]) -> list[Row]:
        return [row for number in chunks for row in self.letters.chunk(number)]

    def _parts(self, chunks: Sequence[int]) -> Iterator[_Part]:
        """The rows of these chunks, some chunks at a time, in columns."""
        for start in range(0, len(chunks), TOGETHER):
            rows = self._rows(chunks[start : start + TOGETHER])
            pieces = Pieces.cut([row.text for row in rows], self.cut)
            self.features.spell(pieces, Streams.of(pieces))
            yield _Part(rows, self.features.columns(pieces))

    def _learn(self, chunks: list[int], rounds: int) -> tuple[Any, _Part]:
        """The machine over labels, and a sample of rows that name their item."""
        from sklearn.linear_model import SGDClassifier

        machine = SGDClassifier(alpha=SOFT / self.count, average=True, random_state=self.seed)
        sample: list[_Part] = [_Part([], Sparse(np.zeros(1, np.int64), np.zeros(0, np.int64), np.zeros(0, np.float32)))]
        share = min(1.0, NAMED / self.count)
        for turn in range(rounds):
            for done, part in enumerate(self._parts(self.draw.permutation(chunks).tolist())):
                self._teach(machine, part)
                if turn == 0:
                    sample.append(part.take(np.flatnonzero(self.draw.random(len(part.rows)) < share)).named)
                self.progress((1 + 2 * turn // rounds) * len(chunks) + done * TOGETHER, 3 * len(chunks))
        return machine, _Part.joined(sample)

    def _teach(self, machine: Any, part: _Part) -> None:
        from scipy.sparse import csr_matrix

        part = part.take(self.draw.permutation(len(part.rows)))
        table, shape = part.table, (len(part.rows), self.features.width)
        columns = csr_matrix((table.values, table.columns, table.starts), shape)
        machine.partial_fit(columns, [row.label for row in part.rows], classes=sorted(self.labels))

    def _head(self, machine: Any) -> Head:
        classes = sorted(self.labels)
        coef, intercept = for_each(classes, machine.coef_, machine.intercept_)
        return Head.restore(np.ascontiguousarray(coef.T, dtype=np.float32), intercept.astype(np.float32), classes)

    def _items(self, sample: _Part) -> Items:
        labels, items = [row.label for row in sample.rows], [row.item for row in sample.rows]
        return Items(self.seed).fit(sample.table, labels, items, np.ones(len(labels)))

    def _scored(self, held: _Part) -> Scored:
        classes = self.classifier.classes_
        return _seen_once(self.classifier.head_.scores(held.table), held, classes, [row.label for row in held.rows])


def _scored_items(heads: Items, held: _Part) -> Scored | None:
    """How the machines over items do on the held-out letters whose item they know; None where there is none."""
    parts = []
    for label, names in heads.names.items():
        mine = held.take([i for i, row in enumerate(held.rows) if row.label == label and row.item in names])
        if mine.rows:
            parts.append(_seen_once(heads.scores(mine.table, label), mine, names, [row.item for row in mine.rows]))
    return Scored.joined(parts) if parts else None


def _seen_once(scores: Floats, part: _Part, names: list[str], right: list[str]) -> Scored:
    whole, weights = np.ones(len(right), dtype=np.bool_), np.ones(len(right))
    return Scored(scores, part.table.lengths, np.array([names.index(name) for name in right]), whole, weights)
