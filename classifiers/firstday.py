"""The first day: rows from our own corpus and the words of the trade, before any citizen has written."""

import tomllib
from importlib.resources import files
from itertools import chain
from typing import Any

from classifiers.rows import DataError, Row, checked

WEIGHT = 0.5
"""What a duty sentence, a word people use and a term of the trade count beside a message."""


def departments() -> list[dict[str, Any]]:
    """The corpus files as they stand, one table per department, in file order; DataError names a broken file."""
    folder = files("classifiers").joinpath("corpus")
    paths = sorted((p for p in folder.iterdir() if p.name.endswith(".toml")), key=lambda p: p.name)
    return [_table(path.name, path.read_text("utf-8")) for path in paths]


def _table(name: str, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DataError(f"classifiers/corpus/{name}: {error}") from error


def rows() -> list[Row]:
    """Everything the corpus says as training rows; gold are its messages, subjects and border cases."""
    out: list[Row] = []
    for department in departments():
        label = department["label"]
        out += [Row(duty, label, weight=WEIGHT, gold=False) for duty in department.get("duties", [])]
        for item in department.get("items", []):
            said = chain(item.get("messages", []), item.get("subjects", []))
            out += [Row(message, label, item["label"]) for message in said]
            out += [Row(word, label, item["label"], WEIGHT, gold=False) for word in item.get("words", [])]
        for border in department.get("borders", []):
            out += [Row(message, label, border["item"]) for message in border["ours"]]
    out += [Row(term, label, weight=WEIGHT, gold=False) for label, said in terms().items() for term in said]
    return checked(out, "classifiers/corpus")


def terms() -> dict[str, list[str]]:
    """What each department's law, forms and offices are called: letters use these words, chat messages seldom do."""
    text = files("classifiers").joinpath("lexicons/terms.toml").read_text("utf-8")
    return {label: said.split() for label, said in tomllib.loads(text).items()}
