"""The catalogues: every text under a key, in each language; no prose anywhere else."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

LOCALES = ("zh-Hans", "zh-Hant", "en")
DEFAULT = "zh-Hans"
_HERE = Path(__file__).parent


@cache
def catalogue(locale: str) -> Mapping[str, str]:
    """All keys of one language, from `<subject>.<locale>.toml`; a key defined twice is refused with ValueError."""
    texts: dict[str, str] = {}
    for path in sorted(_HERE.glob(f"*.{locale}.toml")):
        for key, text in _flat(tomllib.loads(path.read_text(encoding="utf-8"))):
            if key in texts:
                raise ValueError(f"{path.name}: {key} is defined twice")
            texts[key] = text
    return texts


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
