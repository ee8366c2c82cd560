"""Figures on small tables worked out by hand."""

import numpy as np
import pytest

from classifiers import measure
from classifiers.calibrate import NEVER, Temperature, Thresholds, folds

GOLD = ["a", "a", "b", "c"]
SAID = ["a", "b", "b", "b"]


def test_shares() -> None:
    assert measure.accuracy(GOLD, SAID) == 0.5
    assert measure.macro_f1(GOLD, SAID) == pytest.approx((2 / 3 + 1 / 2 + 0) / 3)
    assert measure.top(GOLD, [["a"], ["b", "a"], ["b"], ["a", "b"]], depth=2) == 0.75
    assert measure.confusion(GOLD, SAID) == {("a", "a"): 1, ("a", "b"): 1, ("b", "b"): 1, ("c", "b"): 1}


def test_coverage_takes_the_surest_first() -> None:
    right = np.array([True, False, True, True])
    assert measure.coverage(right, np.array([0.9, 0.2, 0.8, 0.7]), 0.95) == 0.75
    assert measure.coverage(right, np.array([0.1, 0.9, 0.2, 0.3]), 0.95) == 0


def test_calibration_error() -> None:
    assert measure.calibration_error(np.array([True, True]), np.array([1.0, 1.0])) == 0
    assert measure.calibration_error(np.array([False, False]), np.array([1.0, 0.9])) == pytest.approx(0.95)


def test_lower_bound_is_below_what_was_seen() -> None:
    assert measure.at_least(0, 0) == 0
    assert 0.94 < measure.at_least(980, 1_000) < 0.98
    assert measure.at_least(10, 10) < 0.95


def test_folds_keep_groups_whole_and_labels_spread() -> None:
    labels, groups = ["a"] * 20 + ["b"] * 10, [i // 2 for i in range(30)]
    for learn, test in folds(labels, groups, 5, seed=1):
        assert not {groups[i] for i in learn} & {groups[i] for i in test}
        assert [labels[i] for i in test].count("b") == 2
    assert sorted(i for _, test in folds(labels, groups, 5, seed=1) for i in test) == list(range(30))


def test_temperature_recovers_the_truth() -> None:
    """Scores drawn so that sharpness 3 is right: the fit finds it, and confidence equals the share that is right."""
    random = np.random.default_rng(1)
    scores = random.normal(size=(20_000, 3)).astype(np.float32)
    lengths = np.full(len(scores), 50)
    chances = Temperature(np.log(3)).probabilities(scores, lengths)
    right = np.array([random.choice(3, p=p) for p in chances])
    found = Temperature.fit(scores, lengths, right, np.ones(len(scores))).probabilities(scores, lengths)
    assert found.sum(axis=1) == pytest.approx(1)
    assert measure.calibration_error(found.argmax(1) == right, found.max(1)) < 0.015


def test_a_temperature_learned_where_nothing_was_mistaken_stays_finite() -> None:
    """Copies among the letters: held out, they are no surprise, and any sharper softmax is a better one."""
    random = np.random.default_rng(1)
    right = random.integers(0, 3, size=2_000)
    scores = (np.eye(3)[right] * random.uniform(0.5, 2, size=(2_000, 1))).astype(np.float32)
    lengths = random.integers(5, 500, size=2_000)
    found = Temperature.fit(scores, lengths, right, np.ones(2_000))
    for temperature in (found, Temperature(found.level * 1_000, found.slope * 1_000), Temperature(0.0, -1_000.0)):
        chances = temperature.probabilities(scores, lengths)
        assert chances.sum(axis=1) == pytest.approx(1) and (chances.argmax(axis=1) == right).all()


def test_thresholds_keep_their_promises() -> None:
    random = np.random.default_rng(1)
    sure = random.uniform(size=5_000)
    right = random.uniform(size=5_000) < sure
    three = right | (random.uniform(size=5_000) < 0.8)
    chosen = Thresholds.choose(sure, right, three, np.ones(len(sure)))
    assert right[sure >= chosen.route].mean() >= 0.95
    asked = (sure < chosen.route) & (sure >= chosen.ask)
    assert three[asked].mean() >= 0.9
    assert 0 < chosen.ask < chosen.route < 1


def test_nothing_is_routed_when_nothing_is_sure() -> None:
    wrong = np.zeros(50, dtype=bool)
    assert Thresholds.choose(np.linspace(0, 1, 50), wrong, wrong, np.ones(50)) == Thresholds(NEVER, NEVER)


def test_each_label_by_itself() -> None:
    gold, said = ["a", "a", "a", "b", "c"], ["a", "a", "b", "b", "a"]
    assert measure.per_label(gold, said) == {"a": (2 / 3, 2 / 3, 3), "b": (0.5, 1.0, 1), "c": (0.0, 0.0, 1)}


def test_the_calibration_curve_adds_up_to_the_error() -> None:
    draw = np.random.default_rng(3)
    sure = draw.random(500)
    right = draw.random(500) < sure * 0.8
    curve = measure.reliability(right, sure, bins=15)
    assert sum(n for _, n, _, _ in curve) == 500
    assert sum(n * abs(told - true) for _, n, told, true in curve) / 500 == pytest.approx(
        measure.calibration_error(right, sure)
    )
    assert measure.reliability(np.array([True]), np.array([1.0])) == [(0.9, 1, 1.0, 1.0)]


def test_the_bootstrap_is_the_same_for_the_same_seed_and_tells_more_from_more_texts() -> None:
    def found(n: int, seed: int = 1) -> measure.Difference:
        gold = ["a", "b"] * n
        old = ["a", "a", "b", "b"] * (n // 2)
        new = ["a", "b", "a", "b"] * (n // 2)
        return measure.bootstrap(gold, old, new, seed=seed)["accuracy"]

    assert found(20) == found(20)
    assert found(2_000) != found(2_000, seed=2)
    assert found(2_000).seen == found(20).seen == 0.5
    assert found(20).lower < found(2_000).lower < 0.5 < found(2_000).upper < found(20).upper


def test_the_bootstrap_agrees_with_the_figures_themselves() -> None:
    draw = np.random.default_rng(5)
    gold, old, new = (["abc"[i] for i in draw.integers(0, 3, 300)] for _ in range(3))
    found = measure.bootstrap(gold, old, new)
    assert found["accuracy"].seen == pytest.approx(measure.accuracy(gold, new) - measure.accuracy(gold, old))
    assert found["macro_f1"].seen == pytest.approx(measure.macro_f1(gold, new) - measure.macro_f1(gold, old))
    same = measure.bootstrap(gold, old, old)["accuracy"]
    assert (same.lower, same.seen, same.upper) == (0.0, 0.0, 0.0)
    assert measure.bootstrap([], [], [])["accuracy"].seen == 0.0
