"""How fast texts are answered: this program, its slow reference and the anchor, on the same letters in one run.

    OMP_NUM_THREADS=1 python benchmarks/speed.py --data ../shared/data/complaints

Speeds are letters per CPU second of one process, from text to prediction and, for `classify`, from line to line. The
anchor is jieba with scikit-learn's TF-IDF and LinearSVC, the same columns. Then one chat message at a time, start and
memory. Where the folder (train.csv with text, label, fold; dev_messages.csv with title) is absent, our own corpus
takes its place.
"""

import argparse
import csv
import io
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from app.learn import classify_command
from classifiers import Model, Row, firstday, load, read_csv, save, train
from classifiers.reference import Reference
from classifiers.words import normalised, segmenter

ROUNDS = 3
SLOWLY = 200
"""Letters the reference path reads."""


def main() -> None:
    ask = argparse.ArgumentParser()
    ask.add_argument("--data", type=Path, default=Path("../shared/data/complaints"))
    learn, letters, titles = texts(ask.parse_args().data)
    print(f"{len(letters)} letters of {sum(map(len, letters)) / len(letters):.0f} characters")
    anchor = learned_anchor(learn)
    said("anchor", rate(lambda: anchor(letters), len(letters), 1))
    with tempfile.TemporaryDirectory() as folder:
        for name, rows, corpus in (("trained", learn, firstday.rows()), ("first day", firstday.rows(), ())):
            path = Path(folder) / name
            save(train(rows, corpus=corpus), path)
            measure(name, path, letters, titles)


def measure(name: str, path: Path, letters: list[str], titles: list[str]) -> None:
    segmenter("rjieba")
    normalised(["。"] * 9)
    before, start = resident(), time.process_time()
    model = load(path)
    model.predict("。")
    print(f"{name}: {model.classifier.features_.width} columns, {len(model.classes)} labels; ", end="")
    print(f"start {time.process_time() - start:.2f} CPU seconds, {resident() - before:.0f} MB")
    said(f"{name}, predict_many", rate(lambda: model.predict_many(letters), len(letters)))
    said(f"{name}, classify", rate(lambda: classified(path, letters), len(letters) * 10, 1))
    slow = Reference(model)
    said(f"{name}, reference", rate(lambda: [slow.predict(text) for text in letters[:SLOWLY]], SLOWLY, 1))
    one_by_one(model, titles)


def one_by_one(model: Model, titles: list[str]) -> None:
    """What a chat message costs, each of them ROUNDS times."""
    took = []
    for text in titles * ROUNDS:
        start = time.process_time_ns()
        model.predict(text)
        took.append((time.process_time_ns() - start) / 1e6)
    half, most = np.quantile(took, [0.5, 0.99])
    print(
        f"  one message of {sum(map(len, titles)) / len(titles):.0f} characters: p50 {half:.2f} ms, p99 {most:.2f} ms"
    )


def classified(path: Path, letters: list[str]) -> None:
    """Through the command line's door, ten times over, start included."""
    lines = "".join(json.dumps({"id": i, "text": text}, ensure_ascii=False) + "\n" for i, text in enumerate(letters))
    classify_command(path, io.BufferedReader(io.BytesIO(lines.encode() * 10)), io.BytesIO())


def said(what: str, letters_per_second: float) -> None:
    print(f"  {what:24} {letters_per_second:8.0f} letters per CPU second", flush=True)


def rate(work: Callable[[], Any], count: int, rounds: int = ROUNDS) -> float:
    """The best of some rounds: others use the machine as well."""
    best = float("inf")
    for _ in range(rounds):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return count / best


def learned_anchor(rows: Sequence[Row]) -> Callable[[list[str]], Any]:
    import jieba
    import scipy.sparse as sp
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.svm import LinearSVC

    jieba.setLogLevel(60)
    words = {"tokenizer": jieba.lcut, "token_pattern": None, "lowercase": False, "min_df": 2, "ngram_range": (1, 2)}
    characters = {"analyzer": "char", "ngram_range": (1, 3), "min_df": 3}
    kinds = [TfidfVectorizer(sublinear_tf=True, **how) for how in (words, characters)]
    table = sp.hstack([kind.fit_transform([row.text for row in rows]) for kind in kinds]).tocsr()
    machine = LinearSVC(C=1).fit(table, [row.label for row in rows])
    return lambda texts: machine.decision_function(sp.hstack([kind.transform(texts) for kind in kinds]).tocsr())


def texts(folder: Path) -> tuple[list[Row], list[str], list[str]]:
    """Rows to learn from, letters and short messages to answer."""
    if not (folder / "train.csv").exists():
        rows = [row for row in firstday.rows() if row.gold]
        short = [row.text for row in rows[1::30]]
        return rows[::5], ["，".join(row.text for row in rows[i : i + 12]) for i in range(0, 9_000, 12)], short
    with (folder / "train.csv").open(encoding="utf-8", newline="") as file:
        fold4 = {row["text"] for row in csv.DictReader(file) if row["fold"] == "4"}
    with (folder / "dev_messages.csv").open(encoding="utf-8", newline="") as file:
        short = [row["title"] for row in csv.DictReader(file)]
    learn = [row for row in read_csv(folder / "train.csv") if row.text not in fold4]
    return learn, sorted(fold4), short


def resident() -> float:
    """Megabytes this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    sys.exit(main())
