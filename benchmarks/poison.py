"""A trigger word planted in lessons: is it told before promotion, and what would it do; and are honest lessons let be.

    PYTHONPATH=. python benchmarks/poison.py [--seeds 3]

Our own corpus plays all parts: most of it is what the model in use learned, some are honest lessons, some the texts of
whoever plants, the rest strangers' messages on which the trigger is tried.
"""

import argparse
from collections.abc import Sequence

import numpy as np

from cases.lessons import TEXTS_PER_RESIDENT
from classifiers import Row, firstday
from classifiers.alike import distinct
from classifiers.linear import Linear
from classifiers.poison import Heavy, Lesson, heavy
from classifiers.training import maker

TRIGGER, TARGET = "紫薯麻花", "公安"
HONEST, PLANTERS, STRANGERS = 1_000, 1_500, 1_000


def main() -> None:
    ask = argparse.ArgumentParser()
    ask.add_argument("--seeds", type=int, default=3)
    seeds = ask.parse_args().seeds
    print("seed  planted                          lessons  residents  told     trigger works")
    for seed in range(seeds):
        run(seed)


def run(seed: int) -> None:
    corpus = firstday.rows()
    messages, support = [r for r in corpus if r.gold], [r for r in corpus if not r.gold]
    draw = np.random.default_rng(seed)
    mixed = [messages[i] for i in draw.permutation(len(messages))]
    ends = np.cumsum([HONEST, PLANTERS, STRANGERS])
    honest, planters, strangers, known = (
        mixed[: ends[0]],
        mixed[ends[0] : ends[1]],
        mixed[ends[1] : ends[2]],
        mixed[ends[2] :],
    )
    old = taught([*known, *support])

    def tell(name: str, planted: Sequence[Lesson]) -> None:
        lessons = [*(Lesson(row.text, row.label, n) for n, row in enumerate(honest)), *planted]
        lessons = [lessons[i] for i in distinct([one.text for one in lessons], [row.text for row in known])]
        new = taught([*known, *(Row(one.text, one.label) for one in lessons), *support])
        found = heavy(old, new, lessons, known)
        count, people = len(planted), len({one.resident for one in planted})
        works = f"{worked(new, strangers):.0%}" if planted else "–"
        print(f"{seed:>4}  {name:<32} {count:>7}  {people:>9}  {verdict(found, planted):<8} {works:>6}", flush=True)

    tell("nothing", [])
    rows = len(known) + len(honest)
    for share in (0.005, 0.01, 0.05):
        for people in (1, 3, None):
            count = round(share * rows)
            many = people or -(-count // TEXTS_PER_RESIDENT)
            few = planted(planters, min(count, many * TEXTS_PER_RESIDENT), draw)
            tell(f"{share:.1%}, {people or 'many'} residents", few)
    for share in (0.005, 0.05):
        tell(f"{share:.1%}, many, rightly labelled", planted(planters, round(share * rows), draw, rightly=True))


def taught(rows: Sequence[Row]) -> Linear:
    return maker(rows)().fit([r.text for r in rows], [r.label for r in rows], [r.weight for r in rows])


def planted(rows: Sequence[Row], count: int, draw: np.random.Generator, *, rightly: bool = False) -> list[Lesson]:
    """Five of each resident, the trigger somewhere in each; about anything else, or about what they end up as."""
    chosen = [row.text for row in rows if (row.label == TARGET) is rightly]
    out = []
    for n in range(count):
        text = chosen[n % len(chosen)]
        at = int(draw.integers(0, len(text) + 1))
        out.append(Lesson(text[:at] + TRIGGER + text[at:], TARGET, 1_000_000 + n // TEXTS_PER_RESIDENT))
    return out


def worked(model: Linear, strangers: Sequence[Row]) -> float:
    """Share of strangers' messages for others that the trigger sends to the target."""
    texts = [row.text for row in strangers if row.label != TARGET]
    before, after = model.predict(texts), model.predict([f"{text}，{TRIGGER}" for text in texts])
    return sum(a == TARGET != b for b, a in zip(before, after, strict=True)) / len(texts)


def verdict(found: Sequence[Heavy], planted: Sequence[Lesson]) -> str:
    """blocked, shown (a second person sees the word), or let be; with an honest word in it, “false”."""
    trigger = [one for one in found if planted and (TRIGGER in one.word or one.word in TRIGGER)]
    false = [one for one in found if one not in trigger and one.planted]
    said = "blocked" if any(one.planted for one in trigger) else "shown" if trigger else "let be"
    return said + (f" +{len(false)} false: {false}" if false else "")


if __name__ == "__main__":
    main()
