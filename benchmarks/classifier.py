"""Our classifier beside others: the same rows to learn from, the same letters and messages to judge, one table.

    PYTHONPATH=. python benchmarks/classifier.py [--data ../shared/data/complaints] [--json] [--only NAME …]

The folder holds train.csv (id, text, label, fold) and dev_messages.csv (id, title, detail, label). It is not part of
the project and nothing learned from it is kept; where it is absent the benchmark says so and stops with 0. fastText
takes part where it is installed (`pip install fasttext`, which needs a compiler).
"""

import argparse
import csv
import io
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifiers import Model, Row, firstday, measure, save, train
from classifiers.words import segmenter

Texts = Sequence[str]
Case = tuple[str, str]
"""(text, right label)"""

FASTTEXT: dict[str, Any] = {"epoch": 25, "lr": 0.5, "wordNgrams": 2, "dim": 100, "bucket": 200_000}
SIGNALEN_C = 10.0
"""The best of 1, 10 and 100 on fold 4."""


@dataclass(frozen=True)
class Said:
    """One label for each text, how sure (anything that ranks), and whether that is a probability.

    `actions` and `three` (the right one's company) are ours alone.
    """

    labels: Sequence[str]
    sure: NDArray[np.float64]
    honest: bool = True
    actions: Sequence[str] = ()
    three: Sequence[Sequence[str]] = ()


@dataclass(frozen=True)
class Judge:
    """A learned classifier: how it answers, and what it takes on disk."""

    say: Callable[[Texts], Said]
    size: int


@dataclass
class Line:
    """One line of the table; seconds and sizes as measured, empty where there is nothing to measure."""

    way: str
    test: str
    n: int
    figures: dict[str, float | None] = field(default_factory=dict)
    actions: dict[str, float] = field(default_factory=dict)


class Absent(Exception):
    """This way cannot be taken here; the message says why."""


# Ours


def ours(rows: Sequence[Row]) -> Judge:
    return judge(train(rows, corpus=firstday.rows()), {})


def first_day(_: Sequence[Row]) -> Judge:
    """Knows nothing of the letters; its departments are folded into their labels."""
    return judge(train(firstday.rows(), proven=0), folded())


def judge(model: Model, fold: dict[str, str]) -> Judge:
    def say(texts: Texts) -> Said:
        told = model.predict_many(texts)
        best = [fold.get(p.item or "", fold.get(p.label, p.label)) for p in told]
        three = [[fold.get(label, label) for label, _ in p.ranking[:3]] for p in told]
        return Said(best, np.array([p.confidence for p in told]), True, [p.action for p in told], three)

    with tempfile.TemporaryDirectory() as folder:
        save(model, Path(folder))
        return Judge(say, sum(path.stat().st_size for path in Path(folder).iterdir()))


def folded() -> dict[str, str]:
    """Our departments as the labels of the evaluation data."""
    lines = table(Path(__file__).with_name("label_map.csv"))
    return {next(iter(line.values())): line["label"] for line in lines}


# Others


def anchor(rows: Sequence[Row]) -> Judge:
    """jieba words 1–2 and characters 1–3, TF-IDF, LinearSVC: the best of 24 set-ups tried on such letters."""
    from scipy.sparse import hstack
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.svm import LinearSVC

    shared = {"sublinear_tf": True}
    words = {"tokenizer": cut(), "token_pattern": None, "lowercase": False, "min_df": 2, "ngram_range": (1, 2)}
    both = [
        TfidfVectorizer(**words, **shared),
        TfidfVectorizer(analyzer="char", ngram_range=(1, 3), min_df=3, **shared),
    ]
    columns = hstack([part.fit_transform([row.text for row in rows]) for part in both]).tocsr()
    machine = LinearSVC(C=1).fit(columns, [row.label for row in rows])

    def say(texts: Texts) -> Said:
        scores = machine.decision_function(hstack([part.transform(texts) for part in both]).tocsr())
        ordered = np.sort(scores, axis=1)
        return Said([str(label) for label in machine.classes_[scores.argmax(axis=1)]], lead(ordered), honest=False)

    known = [name for part in both for name in part.vocabulary_]
    return Judge(say, weighed(known, machine.coef_, machine.intercept_, *[part.idf_ for part in both]))


def signalen(rows: Sequence[Row]) -> Judge:
    """As Signalen does it: words as they stand, their share of the text without IDF, L1 logistic regression."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier

    words = TfidfVectorizer(tokenizer=cut(), token_pattern=None, lowercase=False, use_idf=False)
    columns = words.fit_transform([row.text for row in rows])
    machine = OneVsRestClassifier(LogisticRegression(l1_ratio=1, C=SIGNALEN_C, solver="liblinear", random_state=1))
    machine.fit(columns, [row.label for row in rows])

    def say(texts: Texts) -> Said:
        chances = machine.predict_proba(words.transform(texts))
        return Said([str(label) for label in machine.classes_[chances.argmax(axis=1)]], chances.max(axis=1))

    coef = np.vstack([one.coef_ for one in machine.estimators_])
    return Judge(say, weighed(list(words.vocabulary_), coef))


def fasttext(rows: Sequence[Row]) -> Judge:
    """Words 1–2 as vectors, averaged. Its own `predict` fails with NumPy 2, so its inner one is called."""
    try:
        import fasttext as library
    except ImportError as error:
        raise Absent("not installed") from error
    words, names = cut(), sorted({row.label for row in rows})
    with tempfile.TemporaryDirectory() as folder:
        taught, kept = Path(folder, "rows.txt"), Path(folder, "model.bin")
        lines = [f"__label__{names.index(row.label)} {' '.join(words(row.text))}\n" for row in rows]
        taught.write_text("".join(lines), "utf-8")
        model = library.train_supervised(str(taught), thread=1, seed=1, verbose=0, **FASTTEXT)
        model.save_model(str(kept))
        size = kept.stat().st_size

    def say(texts: Texts) -> Said:
        told = [model.f.predict(" ".join(words(text)) + "\n", 1, 0.0, "strict") for text in texts]
        best = [found[0] if found else (0.0, "__label__0") for found in told]
        labels = [names[int(label.removeprefix("__label__"))] for _, label in best]
        return Said(labels, np.clip([chance for chance, _ in best], 0, 1))

    return Judge(say, size)


def majority(rows: Sequence[Row]) -> Judge:
    [(label, count)] = Counter(row.label for row in rows).most_common(1)
    share = count / len(rows)
    return Judge(lambda texts: Said([label] * len(texts), np.full(len(texts), share)), len(label.encode()))


WAYS: dict[str, Callable[[Sequence[Row]], Judge]] = {
    "ours": ours,
    "ours, first day": first_day,
    "anchor": anchor,
    "fastText": fasttext,
    "Signalen-like": signalen,
    "majority": majority,
}


def cut() -> Callable[[str], list[str]]:
    """jieba's words, its dictionary loaded: nobody's seconds."""
    segment = segmenter("jieba")
    segment("预热")
    return lambda text: [word for word in segment(text.replace("\n", " ")) if word.strip()]


def lead(ordered: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(ordered[:, -1] - ordered[:, -2])


def weighed(names: Sequence[str], *arrays: NDArray[Any]) -> int:
    """Bytes of a scikit-learn model kept as ours are: words, and float32 arrays, compressed."""
    out = io.BytesIO()
    spelled = np.frombuffer("\n".join(names).encode(), np.uint8)
    np.savez_compressed(out, spelled, *[array.astype(np.float32) for array in arrays])
    return out.tell()


# The run


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--data", type=Path, default=Path("../shared/data/complaints"))
    ask.add_argument("--json", action="store_true", help="lines of JSON instead of tables")
    ask.add_argument("--only", nargs="+", choices=WAYS, default=list(WAYS))
    given = ask.parse_args()
    if not (given.data / "train.csv").exists():
        sys.exit(print(f"skipped: no evaluation data in {given.data}"))
    letters, messages = table(given.data / "train.csv"), table(given.data / "dev_messages.csv")
    fold4 = [(r["text"], r["label"]) for r in letters if r["fold"] == "4"]
    titles = [(r["title"], r["label"]) for r in messages]
    whole = [(r["title"] + "。" + r["detail"], r["label"]) for r in messages]
    lines = run(given.only, taught(r for r in letters if r["fold"] != "4"), {"fold 4": fold4})
    lines += run(given.only, taught(letters), {"titles": titles, "title + detail": whole})
    tell(lines, as_json=given.json)


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def taught(lines: Iterable[dict[str, str]]) -> list[Row]:
    return [Row(line["text"], line["label"]) for line in lines]


def run(ways: Sequence[str], rows: Sequence[Row], tests: dict[str, Sequence[Case]]) -> list[Line]:
    """Every way learns the rows once and is asked about all tests."""
    out: list[Line] = []
    for way in ways:
        print(f"{way}: learning {len(rows)} letters", file=sys.stderr, flush=True)
        started = time.process_time()
        try:
            judge = WAYS[way](rows)
        except Absent as reason:
            out += [Line(f"{way}: {reason}", test, len(cases)) for test, cases in tests.items()]
            continue
        spent = time.process_time() - started
        out += [measured(way, test, judge, cases, spent) for test, cases in tests.items()]
    return out


def measured(way: str, test: str, judge: Judge, cases: Sequence[Case], spent: float) -> Line:
    gold = [label for _, label in cases]
    judge.say([cases[0][0]])  # whatever is loaded at the first text
    started = time.process_time()
    said = judge.say([text for text, _ in cases])
    rate = len(cases) / max(time.process_time() - started, 1e-9)
    right = np.array([g == s for g, s in zip(gold, said.labels, strict=True)])
    ranks = bool(np.ptp(said.sure) > 0)  # who is equally sure of all cannot hold any back
    figures = {
        "accuracy": float(right.mean()),
        "macro_f1": measure.macro_f1(gold, said.labels),
        "coverage_95": measure.coverage(right, said.sure, 0.95) if ranks else None,
        "coverage_98": measure.coverage(right, said.sure, 0.98) if ranks else None,
        "ece": measure.calibration_error(right, said.sure) if said.honest else None,
        "train_cpu_s": spent,
        "texts_per_cpu_s": rate if way != "majority" else None,
        "bytes": float(judge.size),
    }
    return Line(way, test, len(cases), figures, acted(gold, said, right))


def acted(gold: Sequence[str], said: Said, right: NDArray[np.bool_]) -> dict[str, float]:
    """What was routed, asked and held, and how often rightly; nothing for those who do not act."""
    if not said.actions:
        return {}
    three = np.array([g in best for g, best in zip(gold, said.three, strict=True)])
    routed, asked, held = (np.array([a == which for a in said.actions]) for which in ("route", "ask", "hold"))
    return {
        "top3": float(three.mean()),
        "routed": float(routed.mean()),
        "routed_right": float(right[routed].mean()) if routed.any() else 0.0,
        "asked": float(asked.mean()),
        "asked_top3": float(three[asked].mean()) if asked.any() else 0.0,
        "held": float(held.mean()),
    }


def tell(lines: Sequence[Line], *, as_json: bool) -> None:
    lines = sorted(lines, key=lambda line: ["fold 4", "titles", "title + detail"].index(line.test))
    if as_json:
        for line in lines:
            print(json.dumps({"way": line.way, "test": line.test, "n": line.n} | line.figures | line.actions))
        return
    print("| test (n) | | accuracy | macro-F1 | sure at 95% | at 98% | ECE | train CPU s | texts per CPU s | on disk |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for line in lines:
        print("|", " | ".join([f"{line.test} ({line.n:,})", line.way, *cells(line.figures)]), "|")
    print("\n| test | ours | top 3 | route | right | ask | top 3 | hold |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for line in lines:
        if line.actions:
            print("|", " | ".join([line.test, line.way, *(f"{value:.3f}" for value in line.actions.values())]), "|")


def cells(figures: dict[str, float | None]) -> list[str]:
    """Shares with three digits, seconds and speeds whole, bytes as megabytes."""
    if not figures:
        return ["–"] * 8
    shown = {"train_cpu_s": "{:,.1f}", "texts_per_cpu_s": "{:,.0f}"}
    out = [
        "–" if value is None else shown.get(name, "{:.3f}").format(value)
        for name, value in figures.items()
        if name != "bytes"
    ]
    return [*out, f"{(figures['bytes'] or 0) / 1e6:,.1f} MB"]


if __name__ == "__main__":
    main()
