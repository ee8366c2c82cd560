"""Beside the stops: whether a message asks how an errand is done. A grievance is none, however it is put."""

import tomllib
from functools import cache
from importlib.resources import files

from classifiers.danger import ALL, Pattern, either
from classifiers.kinds import kind
from classifiers.words import normalise

LONGEST = 60
"""Characters of a question. Whoever says more tells a story, and is listened to."""

TELLS = frozenset({"report", "praise", "suggestion"})


def asks(text: str) -> bool:
    """Whoever only asks may be answered first; in doubt a message is a matter of its own."""
    asked, grieved = lexicon()
    plain = "".join(normalise(text, ALL).split())
    if not plain or len(plain) > LONGEST or grieved.search(plain):
        return False
    wants = kind(text)
    return wants not in TELLS and (wants == "question" or bool(asked.search(plain)))


@cache
def lexicon() -> tuple[Pattern, Pattern]:
    """What asks, and what grieves."""
    table = tomllib.loads(files("classifiers").joinpath("lexicons/asking.toml").read_text("utf-8"))
    return either(table["asks"]), either(table["grieves"])
