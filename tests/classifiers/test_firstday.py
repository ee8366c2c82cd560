"""Our own corpus: every department and item of the town, said in many ways, and never twice the same."""

import csv
from collections import Counter
from itertools import pairwise
from pathlib import Path

from classifiers import firstday

ROOT = Path(__file__).parents[2]


def messages() -> list[str]:
    return [row.text for row in firstday.rows() if row.gold]


def test_corpus_and_categories_name_the_same() -> None:
    with (ROOT / "data/categories.csv").open(encoding="utf-8", newline="") as file:
        codes = {line["code"] for line in csv.DictReader(file)}
    rows = firstday.rows()
    assert {row.label for row in rows} | {row.item for row in rows if row.item} == codes
    assert all(row.item.split("/")[0] == row.label for row in rows if row.item)


def test_there_is_enough_of_it() -> None:
    rows = firstday.rows()
    assert len(messages()) >= 800
    per_item = Counter(row.item for row in rows if row.gold)
    assert min(per_item.values()) >= 8
    assert all(department["duties"] for department in firstday.departments())


def test_no_message_is_nearly_another() -> None:
    """Jaccard of character pairs below .6; only texts that share a pair are compared."""
    texts = messages()
    pairs = [set(pairwise(text)) for text in texts]
    holders: dict[tuple[str, str], list[int]] = {}
    near = []
    for i, mine in enumerate(pairs):
        shared = Counter(j for pair in mine for j in holders.get(pair, []))
        near += [(texts[i], texts[j]) for j, n in shared.items() if n / (len(mine) + len(pairs[j]) - n) >= 0.6]
        for pair in mine:
            holders.setdefault(pair, []).append(i)
    assert near == []
