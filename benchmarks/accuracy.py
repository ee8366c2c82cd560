"""How well a message finds its desk: the first-day model and one trained on letters, on messages neither has seen.

    python benchmarks/accuracy.py --data ../shared/data/complaints

The folder holds train.csv (id, text, label, fold) and dev_messages.csv (id, title, detail, label); it is not part of
the project, and nothing learned from it is kept. Where it is absent the benchmark says so and stops with 0.
"""

import argparse
import csv
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from classifiers import Model, Row, firstday, measure, train

Case = tuple[str, str]
"""(text, right label)"""

HEAD = (
    "model       test          n    acc  macroF1   top3    ece  cov95 | route  right |   ask   top3 |  hold | texts/s"
)


def main() -> None:
    ask = argparse.ArgumentParser()
    ask.add_argument("--data", type=Path, default=Path("../shared/data/complaints"))
    data = ask.parse_args().data
    if not (data / "train.csv").exists():
        sys.exit(print(f"skipped: no evaluation data in {data}"))
    letters, messages = table(data / "train.csv"), table(data / "dev_messages.csv")
    fold4 = [(r["text"], r["label"]) for r in letters if r["fold"] == "4"]
    titles = [(r["title"], r["label"]) for r in messages]
    whole = [(r["title"] + "。" + r["detail"], r["label"]) for r in messages]
    print(HEAD)
    first = train(firstday.rows())
    for name, cases in (("titles", titles), ("title+detail", whole), ("fold 4", fold4)):
        report("first day", name, first, cases, mapped("label_map.csv"))
    report("folds 1-3", "fold 4", taught(r for r in letters if r["fold"] != "4"), fold4, {})
    full = taught(letters)
    for name, cases in (("titles", titles), ("title+detail", whole)):
        report("folds 1-4", name, full, cases, {})


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def taught(lines: Iterable[dict[str, str]]) -> Model:
    return train([Row(line["text"], line["label"]) for line in lines])


def mapped(name: str) -> dict[str, str]:
    """Our departments as the labels of the evaluation data."""
    return {next(iter(line.values())): line["label"] for line in table(Path(__file__).with_name(name))}


def report(model_name: str, test_name: str, model: Model, cases: Sequence[Case], fold: dict[str, str]) -> None:
    started = time.process_time()
    said = model.predict_many([text for text, _ in cases])
    rate = len(cases) / (time.process_time() - started)
    gold = [label for _, label in cases]
    best = [fold.get(p.item or "", fold.get(p.label, p.label)) for p in said]
    sure, right = np.array([p.confidence for p in said]), np.array([g == b for g, b in zip(gold, best, strict=True)])
    three = np.array([g in [fold.get(c, c) for c, _ in p.ranking[:3]] for g, p in zip(gold, said, strict=True)])
    action = np.array([p.action for p in said])
    routed, asked = action == "route", action == "ask"
    ece, cov95 = measure.calibration_error(right, sure), measure.coverage(right, sure, 0.95)
    print(
        f"{model_name:11} {test_name:12}{len(cases):4} {right.mean():6.4f}  {measure.macro_f1(gold, best):6.4f}"
        f" {three.mean():6.4f} {ece:6.4f} {cov95:6.3f} | {routed.mean():5.3f}  {share(right, routed)}"
        f" | {asked.mean():5.3f}  {share(three, asked)} | {(action == 'hold').mean():5.3f} | {rate:11.0f}",
        flush=True,
    )


def share(
    good: "np.ndarray[tuple[int], np.dtype[np.bool_]]", where: "np.ndarray[tuple[int], np.dtype[np.bool_]]"
) -> str:
    return f"{good[where].mean():5.3f}" if where.any() else "    –"


if __name__ == "__main__":
    main()
