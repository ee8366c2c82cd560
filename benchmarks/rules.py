"""Decisions by a large rule table: the index beside the plain scan, on the same facts in one run.

    PYTHONPATH=. python benchmarks/rules.py --cases 1000000

A town of 544 grids, 234 items and `--rules` random rows; facts are made as they are asked, so memory stays flat. Speeds
are decisions per CPU second of one process: `decided` is one that is kept, with its explanation and its snapshot of the
facts; `replayed` reads the facts back from a snapshot and asks for the unit, as `rules replay` does. The plain scan
answers the first `--plain` cases, and the two must agree on each of them.
"""

import argparse
import csv
import random
import resource
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from datetime import time as hour
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from models import AssignTo, RoutingRule
from routing.facts import Facts
from routing.rules import RuleBook
from tests.support.plain_rules import PlainScan

STREETS, COMMUNITIES, GRIDS = 17, 8, 4
KINDS = ("estate", "road", "school", "market", "park", "factory")
PER_CPU_SECOND, MOST_MS = 20_000, 2.0
BATCH = 10_000


def main() -> int:
    ask = argparse.ArgumentParser()
    ask.add_argument("--cases", type=int, default=1_000_000)
    ask.add_argument("--rules", type=int, default=10_000)
    ask.add_argument("--plain", type=int, default=500)
    ask.add_argument("--seed", type=int, default=1)
    given = ask.parse_args()
    areas, paths, items = town()
    rules = list(table(given.rules, paths, items, random.Random(given.seed)))
    start = time.process_time()
    book = RuleBook(rules, areas)
    print(f"{len(rules)} rules, {len(paths)} grids, {len(items)} items; ready in {time.process_time() - start:.2f} s")
    replayed, decided, took = measure(book, cases(given.cases, paths, items, random.Random(given.seed + 1)))
    half, most = np.quantile(took, [0.5, 0.99])
    print(f"index: decided {decided:,.0f} and replayed {replayed:,.0f} a CPU second; ", end="")
    print(f"one decision p50 {half:.3f} ms, p99 {most:.3f} ms, most {took.max():.2f} ms ({len(took):,} cases)")
    some = list(cases(given.plain, paths, items, random.Random(given.seed + 1)))
    slow = plain(book, PlainScan(rules, areas), some)
    print(f"plain scan: {slow:,.0f} a CPU second; the same answer to all of {len(some)}")
    print(f"memory at most {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    return 0 if min(replayed, decided) >= PER_CPU_SECOND and most <= MOST_MS else 1


def town() -> tuple[dict[str, int], list[tuple[str, ...]], list[tuple[str, str]]]:
    """Areas with their level, the path of each grid, and (field, item)."""
    paths = [
        ("C", f"C-{s:02}", f"C-{s:02}-{c:02}", f"C-{s:02}-{c:02}-{g:02}")
        for s in range(STREETS)
        for c in range(COMMUNITIES)
        for g in range(GRIDS)
    ]
    areas = {code: level for path in paths for level, code in enumerate(path)}
    with (Path(__file__).parents[1] / "data/categories.csv").open(encoding="utf-8") as file:
        items = [(row["parent"] or row["code"], row["code"]) for row in csv.DictReader(file)]
    return areas, paths, items


def table(
    count: int, paths: list[tuple[str, ...]], items: list[tuple[str, str]], chance: random.Random
) -> Iterator[Any]:
    """Mostly an item or field in an area, some at night, of danger or a kind of place; a catch-all at the end."""
    for n in range(count - 1):
        asks: dict[str, Any] = {}
        if chance.random() < 0.95:
            asks["category"] = chance.choice(items)[chance.random() < 0.8]
        if chance.random() < 0.85:
            asks["area"] = chance.choice(paths)[chance.choice((1, 1, 2, 2, 3))]
        if chance.random() < 0.2:
            asks["from_time"], asks["to_time"] = hour(chance.randrange(18, 24)), hour(chance.randrange(5, 9))
        if chance.random() < 0.1:
            asks["danger"] = chance.random() < 0.8
        if chance.random() < 0.1:
            asks["place_kind"] = chance.choice(KINDS)
        if chance.random() < 0.1:
            asks["predicates"] = chance.choice(({"weekday": [6, 7]}, {"urgent": True}, {"kind": ["question"]}))
        priority, unit = chance.choice((100, 200, 300)), f"U{chance.randrange(60)}"
        yield RoutingRule(code=f"R{n:05}", priority=priority, unit=unit, assign=AssignTo.UNIT, clock="simple", **asks)
    yield RoutingRule(code="LAST", priority=9999, unit="U0", assign=AssignTo.UNIT, clock="simple")


def cases(
    count: int, paths: list[tuple[str, ...]], items: list[tuple[str, str]], chance: random.Random
) -> Iterator[Any]:
    """Snapshots as they are kept with cases."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    for _ in range(count):
        field, item = chance.choice(items)
        yield Facts(
            category=field,
            item=item if item != field else None,
            area_path=chance.choice(paths) if chance.random() < 0.95 else (),
            place_kind=chance.choice(KINDS),
            danger="gas" if chance.random() < 0.02 else None,
            kind=chance.choice(("complaint", "question", None)),
            urgent=chance.random() < 0.1,
            confidence=chance.random(),
            at=start + timedelta(minutes=chance.randrange(525_600)),
            refused_units=frozenset({f"U{chance.randrange(60)}"}) if chance.random() < 0.05 else frozenset(),
        ).snapshot()


def measure(book: RuleBook, snapshots: Iterator[Any]) -> tuple[float, float, Any]:
    """Both speeds, and milliseconds of every single decision."""
    replaying, deciding, took = 0.0, 0.0, []
    while batch := list(islice(snapshots, BATCH)):
        start = time.process_time()
        for snapshot in batch:
            book.first(Facts.of(snapshot))
        replaying += time.process_time() - start
        known = [Facts.of(snapshot) for snapshot in batch]
        start = time.process_time()
        for facts in known:
            began = time.perf_counter_ns()
            book.route(facts)
            took.append(time.perf_counter_ns() - began)
        deciding += time.process_time() - start
    return len(took) / replaying, len(took) / deciding, np.array(took) / 1e6


def plain(book: RuleBook, scan: PlainScan, snapshots: list[Any]) -> float:
    known = [Facts.of(snapshot) for snapshot in snapshots]
    start = time.process_time()
    answers = [scan.route(facts) for facts in known]
    spent = time.process_time() - start
    assert answers == [book.route(Facts.of(snapshot)).rule for snapshot in snapshots]
    return len(known) / spent


if __name__ == "__main__":
    sys.exit(main())
