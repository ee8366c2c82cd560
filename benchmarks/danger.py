"""How often the words of danger ring on real titles, most of which tell of none, and for what.

    PYTHONPATH=. python benchmarks/danger.py --data ../shared/data/complaints [--show]

The folder holds dev_messages.csv, hot_topics.csv and answered.csv, each with a column `title`; it is not part of the
project and nothing of it is kept. Where it is absent the benchmark says so and stops with 0. What rings is not all
false: `--show` prints the titles to judge by.
"""

import argparse
import csv
import sys
from collections import Counter
from pathlib import Path

from classifiers.danger import canaries, danger

FILES = ("dev_messages.csv", "hot_topics.csv", "answered.csv")


def main() -> None:
    ask = argparse.ArgumentParser()
    ask.add_argument("--data", type=Path, default=Path("../shared/data/complaints"))
    ask.add_argument("--show", action="store_true")
    given = ask.parse_args()
    kinds = canaries()
    told = sum((found := danger(text)) is not None and found.kind == kind for kind, text in kinds)
    print(f"canaries: {told} of {len(kinds)} told as their kind")
    here = [given.data / name for name in FILES if (given.data / name).exists()]
    if not here:
        sys.exit(print(f"skipped: no evaluation data in {given.data}"))
    seen: set[str] = set()
    for path in here:
        titles = [title for title in dict.fromkeys(_titles(path)) if title not in seen]
        seen.update(titles)
        rung = [(title, found) for title in titles if (found := danger(title))]
        by_kind = ", ".join(f"{kind} {n}" for kind, n in Counter(found.kind for _, found in rung).most_common())
        print(f"{path.name}: rings for {len(rung)} of {len(titles)} titles ({len(rung) / len(titles):.2%}): {by_kind}")
        for title, found in rung if given.show else ():
            print(f"  {found.kind:<10} {found.words}  |  {title}")


def _titles(path: Path) -> list[str]:
    csv.field_size_limit(10**7)
    with path.open(newline="", encoding="utf-8-sig") as file:
        return [row["title"].strip() for row in csv.DictReader(file) if (row["title"] or "").strip()]


if __name__ == "__main__":
    main()
