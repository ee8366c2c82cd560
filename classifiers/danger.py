"""Before any model: words that mean someone may be hurt now. A list, not a learner, so it can be read and trusted."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from classifiers.words import normalise

ALL = 20_000
"""Characters looked through: all that a complaint keeps, four times what a model reads."""

Pattern = re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Danger:
    """What kind of danger a text tells of, whom to call at once (110, 119, 120), and the words that said so."""

    kind: str
    call: str
    words: str


def danger(text: str) -> Danger | None:
    """The first kind of danger the text speaks of, or None. Phrases that only sound dangerous are blanked first."""
    harmless, kinds = lexicon()
    plain = harmless.sub("\n", normalise(text, ALL).replace(" ", "").replace("著", "着"))  # Taiwan writes 著火
    for kind, call, pattern in kinds:
        if found := pattern.search(plain):
            return Danger(kind, call, found.group())
    return None


@cache
def lexicon() -> tuple[Pattern, list[tuple[str, str, Pattern]]]:
    """The harmless phrases and, in order of asking, (kind, number to call, pattern)."""
    table = tomllib.loads(files("classifiers").joinpath("lexicons/danger.toml").read_text("utf-8"))
    kinds = [(k["kind"], k["call"], either(k["patterns"])) for k in table["kinds"]]
    return either(table["harmless"]), kinds


@cache
def canaries() -> list[tuple[str, str]]:
    """(kind, message) of every message that has to be told, as its kind, whatever else changes."""
    table = tomllib.loads(files("classifiers").joinpath("lexicons/danger_cases.toml").read_text("utf-8"))
    return [(kind, text) for kind, texts in table["danger"].items() for text in texts]


def either(patterns: list[str]) -> Pattern:
    """Whatever one of these finds."""
    return re.compile("|".join(f"(?:{p})" for p in patterns))
