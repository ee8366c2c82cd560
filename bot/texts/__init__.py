"""The catalogues: every text under a key, in each language; no prose anywhere else."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

LOCALES = ("zh-Hans", "zh-Hant", "en")
DEFAULT = "zh-Hans"
_HERE = Path(__file__).parent


@cache
def original(locale: str) -> Mapping[str, str]:
    """All keys of one language, from `<subject>.<locale>.toml`; a key defined twice is refused with ValueError."""
    return {key: text for texts in by_subject(locale).values() for key, text in texts.items()}


@cache
def by_subject(locale: str) -> Mapping[str, Mapping[str, str]]:
    """The same, file by file."""
    files: dict[str, Mapping[str, str]] = {}
    known: set[str] = set()
    for path in sorted(_HERE.glob(f"*.{locale}.toml")):
        rows = _flat(tomllib.loads(path.read_text(encoding="utf-8")))
        for key, _ in rows:
            if key in known:
                raise ValueError(f"{path.name}: {key} is defined twice")
            known.add(key)
        files[path.name.partition(".")[0]] = dict(rows)
    return files


_worded: dict[str, Mapping[str, str]] = {}  # by locale, where the town words some texts its own way


def reword(own: Mapping[str, Mapping[str, str]]) -> None:
    """From now on this process says these instead of the originals, by locale and key; what has no original is left."""
    _worded.clear()
    for locale, texts in own.items():
        known = original(locale)
        _worded[locale] = {**known, **{key: text for key, text in texts.items() if key in known}}


def catalogue(locale: str) -> Mapping[str, str]:
    """All texts of one language as they are said."""
    return _worded.get(locale) or original(locale)


def say(key: str, locale: str, **args: object) -> str:
    """The text in the reader's language (Simplified where that is none of ours); KeyError for an unknown key."""
    return catalogue(locale if locale in LOCALES else DEFAULT)[key].format(**args)


def _flat(table: Mapping[str, object], prefix: str = "") -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for name, value in table.items():
        if isinstance(value, Mapping):
            rows += _flat(value, f"{prefix}{name}.")
        else:
            rows.append((prefix + name, str(value)))
    return rows
