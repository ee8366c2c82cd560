"""The first day: rows from our own corpus and the words of the trade, before any citizen has written."""

import tomllib
from collections.abc import Iterator, Mapping
from importlib.resources import files
from itertools import chain
from typing import Any

from classifiers.rows import DataError, Row, checked

WEIGHT = 0.5
"""What a duty sentence, a word people use and a term of the trade count beside a message."""

DECOY = 0.4
"""What a message full of other departments' nouns counts: at 1 the nouns lose their meaning, at 0 they decide alone."""


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
    """Everything the corpus says as training rows; gold are its messages, subjects, decoys and border cases.

    A department's `share` is how often residents write about it beside the commonest ones: what is seldom meant may
    not take the common words.
    """
    shares: dict[str, float] = {}
    out: list[Row] = []
    for department in departments():
        label = department["label"]
        share = shares[label] = department.get("share", 1.0)
        out += [Row(duty, label, weight=WEIGHT * share, gold=False) for duty in department["duties"]]
        for item in department["items"]:
            out += _item(item, label, share)
        for border in department.get("borders", []):
            out += [Row(message, label, border["item"], share) for message in border["ours"]]
    out += [
        Row(term, label, "", WEIGHT * shares[label], gold=False) for label, said in terms().items() for term in said
    ]
    return checked(out, "classifiers/corpus")


def _item(item: Mapping[str, Any], label: str, share: float) -> Iterator[Row]:
    name = item["label"]
    for message in chain(item["messages"], item["subjects"]):
        yield Row(message, label, name, share)
    for decoy in item.get("decoys", []):
        yield Row(decoy, label, name, DECOY * share)
    for word in item["words"]:
        yield Row(word, label, name, WEIGHT * share, gold=False)


def terms() -> dict[str, list[str]]:
    """What each department's law, forms and offices are called: letters use these words, chat messages seldom do."""
    text = files("classifiers").joinpath("lexicons/terms.toml").read_text("utf-8")
    return {label: said.split() for label, said in tomllib.loads(text).items()}
