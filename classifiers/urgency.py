"""Beside the stops: whether a message can wait its turn (一般) or not (紧急). A list, as danger is, and no model."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from classifiers.danger import ALL, Pattern, danger, either
from classifiers.words import normalise


@dataclass(frozen=True, slots=True)
class Lexicon:
    """`now` alone is no haste, and `harm` alone may be over: both together are."""

    harmless: Pattern
    patterns: Pattern
    now: Pattern
    harm: Pattern


def urgent(text: str) -> str | None:
    """The words that say it cannot wait, None where nothing does. Danger cannot wait."""
    if found := danger(text):
        return found.words
    words = lexicon()
    plain = words.harmless.sub("\n", "".join(normalise(text, ALL).split()))
    if said := words.patterns.search(plain):
        return said.group()
    happening, harm = words.now.search(plain), words.harm.search(plain)
    return f"{happening.group()} {harm.group()}" if happening and harm else None


@cache
def lexicon() -> Lexicon:
    table = tomllib.loads(files("classifiers").joinpath("lexicons/urgency.toml").read_text("utf-8"))
    together = (re.compile(table[name]) for name in ("now", "harm"))
    return Lexicon(either(table["harmless"]), either(table["patterns"]), *together)
