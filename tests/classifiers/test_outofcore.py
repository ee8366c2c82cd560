"""Training from a file that is never held in memory: it reads the same rows and learns as well."""

import csv
from pathlib import Path

import numpy as np
import pytest

from classifiers import DataError, Model, Row, load, save
from classifiers.outofcore import CHUNK, Letters, train_from_file
from classifiers.pieces import Pieces, Streams
from classifiers.vocabulary import Vocabulary


def written(path: Path, rows: list[Row]) -> Path:
    """In the order of their labels, with marks and line ends that CSV has to quote."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        table = csv.writer(file)
        table.writerow(["id", "text", "label", "item"])
        for row in sorted(rows, key=lambda row: row.label):
            table.writerow([1, f'“{row.text}"，\n请处理', row.label, row.item])
    return path


@pytest.fixture(scope="module")
def file(rows: list[Row], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("big") / "big.csv", [row for row in rows if row.gold] * 6)


@pytest.fixture(scope="module")
def streamed(file: Path) -> Model:
    return train_from_file(file)


def test_chunks_are_the_rows_of_the_file_in_order(file: Path) -> None:
    letters = Letters(file)
    read = [row for chunk in range(len(letters)) for row in letters.chunk(chunk)]
    assert len(letters) == -(-360 // CHUNK)
    assert [row.label for row in read] == sorted(row.label for row in read)
    assert (len(read), read[0].text[0], read[0].text[-4:]) == (360, "“", "\n请处理")


def test_what_it_learned(streamed: Model, rows: list[Row]) -> None:
    messages = [row for row in rows if row.gold]
    said = streamed.predict_many([row.text for row in messages])
    assert [one.label for one in said] == [row.label for row in messages]
    assert [one.item for one in said] == [row.item for row in messages]
    assert streamed.facts["metrics"]["accuracy"] == 1
    assert streamed.facts["training"]["rows"] == 360
    assert all(streamed.classifier.features_.spelled_)


def test_the_same_file_gives_the_same_model_and_it_can_be_kept(streamed: Model, file: Path, tmp_path: Path) -> None:
    save(streamed, tmp_path)
    assert load(tmp_path).version == streamed.version == train_from_file(file).version


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "no row"),
        (b"text,label\n", "no row"),
        (b"id,text\n1,x\n", "column label missing"),
        ("text,label\n停水,公用事业\n停电,公用事业\n".encode(), "only one label"),
        ("text,label\n。。,公用事业\n！！,城市管理\n".encode(), "no word"),
        (b"text,label\n\xff\xfe,x\n", "cannot be read as CSV"),
    ],
)
def test_unusable_files_are_refused(content: bytes, complaint: str, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_bytes(content)
    with pytest.raises(DataError, match=complaint):
        train_from_file(tmp_path / "rows.csv")


def counted(most: int | None, batches: int) -> Vocabulary:
    seen = Vocabulary(most)
    for n in range(batches):
        seen.add(Pieces.of([["路灯", "坏"], ["路灯", f"编号{n}", "路灯"]]))
    seen.merge()
    return seen


def test_documents_are_counted_once_each() -> None:
    seen = counted(None, 3)
    often = dict(zip(seen.keys.tolist(), seen.counts.tolist(), strict=True))
    lamp, broken = (np.unique(Streams.of(Pieces.of([[word]])).runs()[0])[0] for word in ("路灯", "坏"))
    assert (seen.documents, often[lamp], often[broken]) == (6, 6, 3)


def test_rare_runs_are_forgotten_and_frequent_ones_are_not() -> None:
    every, few = counted(None, 200), counted(100, 200)
    frequent = every.keys[every.counts >= 100]
    assert len(every.keys) > 1_000
    assert len(few.keys) <= 100
    assert np.isin(frequent, few.keys).all()
