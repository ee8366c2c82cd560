"""Red, yellow, blue on simulated counts: what planted incidents and storms look like, and how often nothing turns red.

    .venv/bin/python -m benchmarks.colours [--grids 544] [--days 365] [--seed 1] [--json]

Counts of each grid, kind and day are negative-binomial around a rate of the grid's own, higher on Mondays. Incidents: a
single grid has several more events of two or three kinds on one day. Storms: every grid of a street does, on two days.
Limits: incidents red on their day ≥ .95, false reds ≤ 1 per grid and quarter.
"""

import argparse
import json
import time
from collections import Counter

import numpy as np
from numpy.typing import NDArray

from cases.warnings import HISTORY, KINDS, judge
from models.hot import Colour

RATES = (0.05, 0.02, 0.05, 0.02, 0.06, 0.03, 0.06)
"""Events a day in a grid, by KINDS: 60,000 cases a year in 544 grids are .3 cases a day."""

SHAPE_OF_GRIDS, SHAPE_OF_DAYS = 2.0, 1.5
STREETS = 16


def simulate(grids: int, days: int, dice: np.random.Generator) -> tuple[NDArray[np.float64], list[str]]:
    """grids × kinds × days, and the street of each grid."""
    streets = [f"street-{g * STREETS // grids}" for g in range(grids)]
    own = (
        np.array(RATES)
        * dice.gamma(SHAPE_OF_GRIDS, 1 / SHAPE_OF_GRIDS, (grids, 1))
        * dice.gamma(SHAPE_OF_GRIDS, 1 / SHAPE_OF_GRIDS, (grids, len(KINDS)))
    )
    week = np.array([1.3, 1.1, 1.0, 1.0, 1.0, 0.8, 0.8])[np.arange(days) % 7]
    shared = dice.gamma(SHAPE_OF_DAYS * 4, 1 / (SHAPE_OF_DAYS * 4), (grids, 1, days))
    alone = dice.gamma(SHAPE_OF_DAYS, 1 / SHAPE_OF_DAYS, (grids, len(KINDS), days))
    return dice.poisson(own[:, :, None] * week * shared * alone).astype(float), streets


def plant(
    counts: NDArray[np.float64], streets: list[str], dice: np.random.Generator
) -> dict[str, set[tuple[int, int]]]:
    """Incidents and storms put in; the (grid, day) each is at."""
    grids, kinds, days = counts.shape
    planted: dict[str, set[tuple[int, int]]] = {"incident": set(), "storm": set()}
    for _ in range(grids):
        grid, day = int(dice.integers(grids)), int(dice.integers(HISTORY, days))
        for kind in dice.choice(kinds, int(dice.integers(2, 4)), replace=False):
            counts[grid, kind, day] += dice.integers(2, 6)
        planted["incident"].add((grid, day))
    for _ in range(max(1, days // 60)):
        street, day = streets[int(dice.integers(grids))], int(dice.integers(HISTORY, days - 1))
        for grid in (g for g in range(grids) if streets[g] == street):
            for on in (day, day + 1):
                counts[grid, [2, 3, 6], on] += dice.poisson((3.0, 1.5, 2.0))
            planted["storm"].add((grid, day))
    return planted


def run(grids: int, days: int, seed: int) -> dict[str, float]:
    dice = np.random.default_rng(seed)
    counts, streets = simulate(grids, days, dice)
    planted = plant(counts, streets, dice)
    ones, begun = [1] * grids, time.perf_counter()
    colours: dict[tuple[int, int], Colour] = {}
    for day in range(HISTORY, days):
        told = judge(counts[:, :, day - HISTORY : day + 1], streets, ones)
        colours |= {(grid, day): one.colour for grid, one in enumerate(told)}
    seconds = time.perf_counter() - begun
    storm = planted["storm"] | {(grid, day + 1) for grid, day in planted["storm"]}
    quiet = [colour for at, colour in colours.items() if at not in storm | planted["incident"]]
    by = Counter(quiet)
    quarters = len(quiet) / 91.0

    def red(kind: str, later: int) -> float:
        hits = [any(colours.get((g, d + n)) is Colour.RED for n in range(later + 1)) for g, d in planted[kind]]
        return sum(hits) / len(hits)

    return {
        "incidents": len(planted["incident"]),
        "incidents_red_same_day": red("incident", 0),
        "storm_grids": len(planted["storm"]),
        "storm_grids_red_within_a_day": red("storm", 1),
        "false_reds_per_grid_quarter": by[Colour.RED] / quarters,
        "false_yellows_per_grid_quarter": by[Colour.YELLOW] / quarters,
        "false_blues_per_grid_quarter": by[Colour.BLUE] / quarters,
        "ms_per_day": 1000 * seconds / (days - HISTORY),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--grids", type=int, default=544)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    found = run(chosen.grids, chosen.days, chosen.seed)
    if chosen.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name:34} {value:.3f}" if isinstance(value, float) else f"{name:34} {value}")


if __name__ == "__main__":
    main()
