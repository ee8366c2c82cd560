"""Our own corpus: every department and item of the town, said in many ways, and never twice the same."""

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from classifiers import firstday

ROOT = Path(__file__).parents[2]
NEAR = 0.6


def items() -> Iterator[dict[str, Any]]:
    return (item for department in firstday.departments() for item in department["items"])


def borders() -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    return ((department, border) for department in firstday.departments() for border in department.get("borders", []))


def test_corpus_and_categories_name_the_same() -> None:
    with (ROOT / "data/categories.csv").open(encoding="utf-8", newline="") as file:
        codes = {line["code"] for line in csv.DictReader(file)}
    rows = firstday.rows()
    assert {row.label for row in rows} | {row.item for row in rows if row.item} == codes
    assert all(row.item.split("/")[0] == row.label for row in rows if row.item)


def test_terms_and_departments_name_the_same() -> None:
    labels = {department["label"] for department in firstday.departments()}
    assert set(firstday.terms()) == labels
    assert {label: len(said) for label, said in firstday.terms().items() if len(said) < 30} == {}


def test_there_is_enough_of_it() -> None:
    departments, told = firstday.departments(), list(items())
    assert len(departments) >= 20
    assert len(told) >= 150
    assert sum(len(item["messages"]) for item in told) >= 3000
    gold = Counter(row.item for row in firstday.rows() if row.gold)
    assert {item["label"]: gold[item["label"]] for item in told if gold[item["label"]] < 20} == {}
    assert all(department["duties"] for department in departments)


def test_no_text_is_a_single_character() -> None:
    short = [row.text for row in firstday.rows() if len(row.text.strip()) < 2]
    assert short == []


def test_every_border_is_one_and_is_shown() -> None:
    labels = {department["label"] for department in firstday.departments()}
    for department, border in borders():
        name = f"{department['label']} with {border['with']}"
        assert border["with"] in labels - {department["label"]}, name
        assert border["item"] in {item["label"] for item in department["items"]}, name
        assert border["rule"].strip(), name
        assert len(border["ours"]) >= 3, name


def test_no_message_is_nearly_another() -> None:
    """Jaccard of runs of three characters below .6."""
    texts = [row.text for row in firstday.rows() if row.gold]
    assert [(texts[i], texts[j]) for i, j in alike([runs(text) for text in texts])] == []


def test_what_is_alike_is_found_however_rare() -> None:
    """Two letters, one word apart; the same twice; and two that share only the opening."""
    texts = [
        "楼下烧烤店的油烟太大了，夜里开不了窗",
        "楼下烧烤店的油烟太大了，夜里开不得窗",
        "楼下烧烤店没有执照，卖的肉发臭",
        "油烟",
        "油烟",
    ]
    assert alike([runs(text) for text in texts]) == [(0, 1), (3, 4)]


def runs(text: str) -> frozenset[str]:
    return frozenset(text[i : i + 3] for i in range(len(text) - 2)) or frozenset([text])


def alike(texts: Sequence[frozenset[str]]) -> list[tuple[int, int]]:
    """Pairs that share that much must share one of their rarest runs, so only those are looked up."""
    seen = Counter(chain.from_iterable(texts))
    holders: dict[str, list[int]] = {}
    found = []
    for i, mine in enumerate(texts):
        rarest = sorted(mine, key=lambda run: (seen[run], run))[: len(mine) - int(NEAR * len(mine)) + 1]
        for j in {j for run in rarest for j in holders.get(run, [])}:
            if len(mine & texts[j]) / len(mine | texts[j]) >= NEAR:
                found.append((j, i))
        for run in rarest:
            holders.setdefault(run, []).append(i)
    return found
