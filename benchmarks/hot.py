"""Hot issues on real letters replayed in the order of their time, and how long one new case takes among 100,000.

    .venv/bin/python -m benchmarks.hot [--data FILE] [--open 100000] [--json]

The letters (columns id, user, title, time, detail) are not part of the project. `benchmarks/hot_list.csv` says by
their ids which belong together, by hand; `sure` no: could be counted either way, and counts neither. Without the
letters a set of our own is replayed: messages of our corpus about twelve places.

Of each group of the list, the gathered group with most of its letters is looked at. Recall: the share of the
group's letters in it; precision: the share of its letters that are the group's. Total: letters of all groups
together. First card: at which letter of the group a gathered group that holds it is a card, by `cases/hot.py`.
"""

import argparse
import csv
import json
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from cases.hot import CASES, QUICK, RESIDENTS
from classifiers import firstday
from classifiers.gathering import Gathering, read

ROOT = Path(__file__).parents[1]
LETTERS = ROOT / "../shared/data/complaints/hot_topics.csv"
LIST = Path(__file__).with_name("hot_list.csv")
TIMED = 500


@dataclass(frozen=True)
class Letter:
    id: str
    user: str
    text: str
    at: datetime


@dataclass
class Found:
    """What became of the letters: groups in order of their letters, and each group's first moment as a card."""

    groups: list[list[Letter]] = field(default_factory=list)
    group_of: dict[str, int] = field(default_factory=dict)
    card_at: dict[int, str] = field(default_factory=dict)  # by which letter
    ms: list[float] = field(default_factory=list)


def letters(path: Path) -> list[Letter]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = [
            Letter(row["id"], row["user"], f"{row['title'].strip()}。{row['detail']}", _time(row["time"]))
            for row in csv.DictReader(file)
        ]
    return sorted(rows, key=lambda one: (one.at, one.id))


def _time(said: str) -> datetime:
    day, _, clock = said.replace("-", "/").partition(" ")
    parts = [*map(int, day.split("/")), *map(int, clock.split(":") if clock else ())]
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type]


def listed() -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """Letters by group: the sure ones, and those that count neither way."""
    sure, either = defaultdict(set), defaultdict(set)
    with LIST.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            (sure if row["sure"] == "yes" else either)[row["group"]].add(row["id"])
    return sure, either


def made_up() -> tuple[list[Letter], dict[str, set[str]], dict[str, set[str]]]:
    """Nine messages of one item about one place for each of twelve places, among a thousand others."""
    items = [item for table in firstday.departments() for item in table["items"] if len(item["messages"]) >= 20]
    names, dice = list(_places()), np.random.default_rng(1)
    start, out, sure = datetime(2026, 1, 1, tzinfo=UTC), list[Letter](), defaultdict(set)
    for n, item in enumerate(items[:: max(1, len(items) // 12)][:12]):
        for k, said in enumerate(item["messages"][:9]):
            at = start + timedelta(days=5 * n, hours=9 * k)
            out.append(Letter(f"{n}-{k}", f"u{n}-{k}", f"{names[n]}{said}", at))
            sure[names[n]].add(f"{n}-{k}")
    others = [(item, said) for item in items for said in item["messages"][9:]]
    for k in dice.permutation(len(others))[:1000].tolist():
        place, at = names[int(dice.integers(12, len(names)))], start + timedelta(hours=float(dice.random() * 1800))
        out.append(Letter(f"o{k}", f"o{k}", f"{place}{others[k][1]}", at))
    return sorted(out, key=lambda one: (one.at, one.id)), sure, {}


def _places() -> Iterator[str]:
    with (ROOT / "data/places.csv").open(newline="", encoding="utf-8") as file:
        yield from (row["name"] for row in csv.DictReader(file))


def replay(said: list[Letter]) -> Found:
    found, gathering = Found(), Gathering[int]().background(row.text for row in firstday.rows())
    for letter in said:
        begun = time.perf_counter()
        new = read(letter.text, letter.at)
        nearest = gathering.nearest(new)
        key = nearest.key if nearest else len(found.groups)
        gathering.put(key, new)
        found.ms.append(1000 * (time.perf_counter() - begun))
        if nearest is None:
            found.groups.append([])
        found.groups[key].append(letter)
        found.group_of[letter.id] = key
        if key not in found.card_at and _is_card(found.groups[key]):
            found.card_at[key] = letter.id
    return found


def _is_card(group: list[Letter]) -> bool:
    many = len(group) >= CASES and len({one.user for one in group}) >= RESIDENTS
    last = group[-1].at - QUICK
    return many or len({one.user for one in group if one.at > last}) >= RESIDENTS


def measure(said: list[Letter], sure: dict[str, set[str]], either: dict[str, set[str]]) -> tuple[list[dict], Found]:
    found, lines = replay(said), []
    for name, ids in sure.items():
        mine = [letter.id for letter in said if letter.id in ids]
        best, hit = Counter(found.group_of[one] for one in mine).most_common(1)[0]
        size = sum(letter.id not in either.get(name, ()) for letter in found.groups[best])
        first = next((n for n, one in enumerate(mine, 1) if _carded(found, one)), None)
        lines.append({"group": name, "letters": len(mine), "found": hit, "card": size, "first_card": first})
    return lines, found


def _carded(found: Found, letter: str) -> bool:
    """Whether its group was a card when this letter had come."""
    group = found.group_of[letter]
    order = [one.id for one in found.groups[group]]
    return group in found.card_at and order.index(found.card_at[group]) <= order.index(letter)


def among(open_cases: int) -> dict[str, float]:
    """Milliseconds of a new case among so many: our corpus's messages over and over, each with the name of a place."""
    messages = [row.text for row in firstday.rows() if row.gold]
    names, dice = list(_places()), np.random.default_rng(1)
    gathering, start = Gathering[int]().background(messages), datetime(2026, 1, 1, tzinfo=UTC)

    def next_one(n: int) -> tuple[str, datetime]:
        said = messages[int(dice.integers(len(messages)))], messages[int(dice.integers(len(messages)))]
        return f"{names[int(dice.integers(len(names)))]}{n % 900}号，{said[0]}。{said[1]}", start + timedelta(
            seconds=50 * n
        )

    for n in range(open_cases):
        text, at = next_one(n)
        gathering.put(n, read(text, at))  # each its own group: the most there can be
    ms = []
    for n in range(open_cases, open_cases + TIMED):
        text, at = next_one(n)
        begun = time.perf_counter()
        new = read(text, at)
        nearest = gathering.nearest(new)
        gathering.put(nearest.key if nearest else n, new)
        ms.append(1000 * (time.perf_counter() - begun))
    return {
        "open": open_cases,
        "p50_ms_among_them": float(np.percentile(ms, 50)),
        "p99_ms_among_them": float(np.percentile(ms, 99)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=LETTERS)
    parser.add_argument("--open", type=int, default=100_000, help="0: not measured")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    real = chosen.data.is_file()
    lines, found = measure(letters(chosen.data), *listed()) if real else measure(*made_up())
    hit, size, all_ = (sum(line[name] for line in lines) for name in ("found", "card", "letters"))
    total = {
        "letters_are": "real" if real else "made up: the real ones are not here",
        "groups": len(lines),
        "recall": hit / all_,
        "precision": hit / size,
        "mean_recall_of_groups": float(np.mean([line["found"] / line["letters"] for line in lines])),
        "mean_precision_of_groups": float(np.mean([line["found"] / line["card"] for line in lines])),
        "card_within_10": sum((line["first_card"] or 99) <= 10 for line in lines),
        "cards_in_all": len(found.card_at),
        "p99_ms": float(np.percentile(found.ms, 99)),
    }
    load = among(chosen.open) if chosen.open else {}
    if chosen.json:
        print(json.dumps({"groups": lines, "total": total, "load": load}, ensure_ascii=False))
        return
    for line in lines:
        shares = f"recall {line['found'] / line['letters']:.2f} precision {line['found'] / line['card']:.2f}"
        print(f"{line['letters']:4} letters, card at {line['first_card'] or '–':>3}, {shares}  {line['group']}")
    for name, value in (total | load).items():
        print(f"{name:26} {value:.3f}" if isinstance(value, float) else f"{name:26} {value}")


if __name__ == "__main__":
    main()
