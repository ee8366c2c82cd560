"""Words of danger: what must raise the alarm, and what only sounds like it."""

import tomllib
from importlib.resources import files

import pytest

from classifiers.danger import canaries, danger, lexicon

CASES = tomllib.loads(files("classifiers").joinpath("lexicons/danger_cases.toml").read_text("utf-8"))
POSITIVES = canaries()


def test_the_table_is_large_enough_and_names_every_kind() -> None:
    assert len(POSITIVES) >= 200
    assert len(CASES["harmless"]) >= 150
    assert len(set(POSITIVES)) == len(POSITIVES)
    assert set(CASES["danger"]) == {kind for kind, _, _ in lexicon()[1]}


@pytest.mark.parametrize(("kind", "text"), POSITIVES)
def test_danger_is_told_with_its_kind(kind: str, text: str) -> None:
    found = danger(text)
    assert found is not None
    assert found.kind == kind


@pytest.mark.parametrize("text", CASES["harmless"])
def test_what_only_sounds_dangerous_is_left_alone(text: str) -> None:
    assert danger(text) is None


def test_hiding_the_words_does_not_help() -> None:
    assert danger("樓 上 煤\u200b氣\u200b洩\u202e漏 了") == danger("楼上煤气泄漏了")


@pytest.mark.promise("I3")
def test_danger_behind_nineteen_thousand_characters_is_found() -> None:
    assert danger("路灯坏了。" * 3_800 + "厨房着火了") is not None


def test_every_kind_names_a_number_to_call() -> None:
    assert {call for _, call, _ in lexicon()[1]} == {"110", "119", "120"}
