"""Training out of core on very many letters: CPU seconds, peak memory, and accuracy on letters it was not made from.

    nice -n 19 python benchmarks/million.py --rows 1000000 --data ../shared/data/complaints

The letters are those of the folder's train.csv (text, label, fold) but fold 4, each written again and again with noise:
characters swapped, dropped and put in, and words of other letters. Fold 4 as it is tests. The folder is no part of the
project; where it is absent our own corpus takes its place, every fifth message testing.
"""

import argparse
import csv
import random
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from classifiers import firstday, load

Case = tuple[str, str]
"""(text, label)"""

NOISE = 0.05
"""Changes for each character."""

STRANGE = 4
"""Runs of 2–6 characters of other letters put in."""


def main() -> None:
    ask = argparse.ArgumentParser()
    ask.add_argument("--data", type=Path, default=Path("../shared/data/complaints"))
    ask.add_argument("--rows", type=int, default=1_000_000)
    asked = ask.parse_args()
    learn, test = cases(asked.data / "train.csv")
    with tempfile.TemporaryDirectory() as folder:
        big, model = Path(folder) / "big.csv", Path(folder) / "model"
        write(big, noisy(learn, asked.rows))
        print(f"{asked.rows} letters from {len(learn)}, {big.stat().st_size / 1e6:.0f} MB", flush=True)
        train = [sys.executable, "-m", "app", "train", "--data", big, "--out", model, "--out-of-core"]
        subprocess.run(train, check=True)
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        said = load(model).predict_many([text for text, _ in test])
    right = sum(one.label == label for one, (_, label) in zip(said, test, strict=True))
    print(f"{used.ru_utime + used.ru_stime:.0f} CPU seconds, peak {used.ru_maxrss / 1e3:.0f} MB", end=", ")
    print(f"accuracy {right / len(test):.4f} on {len(test)} clean letters it has not seen")


def cases(path: Path) -> tuple[list[Case], list[Case]]:
    """What is written again with noise, and what tests."""
    if path.exists():
        with path.open(encoding="utf-8", newline="") as file:
            rows = [(row["text"], row["label"], row["fold"] == "4") for row in csv.DictReader(file)]
    else:
        messages = [row for row in firstday.rows() if row.gold]
        rows = [(row.text, row.label, i % 5 == 4) for i, row in enumerate(messages)]
    return [row[:2] for row in rows if not row[2]], [row[:2] for row in rows if row[2]]


def noisy(learn: list[Case], count: int) -> Iterator[Case]:
    draw = random.Random(1)
    for _ in range(count):
        text, label = draw.choice(learn)
        yield spoiled(text, draw.choice(learn)[0], draw), label


def spoiled(text: str, other: str, draw: random.Random) -> str:
    """The text with characters swapped, dropped and put in, and runs of another text."""
    signs = list(text)
    for _ in range(int(NOISE * len(text))):
        at, how = draw.randrange(len(signs)), draw.randrange(3)
        if how == 0 and at:
            signs[at - 1 : at + 1] = signs[at], signs[at - 1]
        elif how == 1 and len(signs) > 1:
            del signs[at]
        else:
            signs.insert(at, draw.choice(other))
    for _ in range(STRANGE):
        start = draw.randrange(len(other))
        signs.insert(draw.randrange(len(signs) + 1), other[start : start + draw.randint(2, 6)])
    return "".join(signs)


def write(path: Path, rows: Iterator[Case]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["text", "label"])
        table.writerows(rows)


if __name__ == "__main__":
    main()
