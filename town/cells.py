"""How one cell is read: strictly, since a town's tables come from spreadsheets. Raises WrongValue."""

import json
import re
from collections.abc import Callable
from datetime import date, time
from enum import StrEnum
from typing import Any, TypeVar

from town.problems import WrongValue

T = TypeVar("T")
Choice = TypeVar("Choice", bound=StrEnum)


def many(text: str) -> list[str]:
    """A list in one cell: `a;b`, with the full-width semicolon as well."""
    return [part.strip() for part in re.split("[;；]", text) if part.strip()]


def choice(kind: type[Choice]) -> Callable[[str], Choice]:
    def choose(text: str) -> Choice:
        try:
            return kind(text)
        except ValueError:
            raise WrongValue("choice") from None

    return choose


def word(kind: type[StrEnum]) -> Callable[[str], str]:
    """One of the kind's words, kept as a plain word."""
    choose = choice(kind)
    return lambda text: choose(text).value


def _written(pattern: str, key: str, read: Callable[[str], T]) -> Callable[[str], T]:
    """A reader of what is written just so: `fromisoformat` and `int` alone take far more than a table should."""

    def parse(text: str) -> T:
        if not re.fullmatch(pattern, text):
            raise WrongValue(key)
        try:
            return read(text)
        except ValueError:
            raise WrongValue(key) from None

    return parse


def _between(low: float, high: float, key: str) -> Callable[[str], float]:
    def parse(text: str) -> float:
        number = float(text)
        if not low <= number <= high:
            raise ValueError(text)
        return number

    return _written(r"-?[0-9]{1,4}(\.[0-9]+)?", key, parse)


def _no_constant(name: str) -> Any:
    """NaN and Infinity are no JSON, though Python reads them."""
    raise ValueError(name)


def _document(text: str) -> dict[str, Any]:
    """A JSON object that PostgreSQL will keep: no NUL, no half of a surrogate pair, no NaN."""
    value = json.loads(text, parse_constant=_no_constant)
    if not isinstance(value, dict):
        raise ValueError(text)
    return value


def weekdays(text: str) -> list[int]:
    """`1-5`, `6;7`, `1;3;5-7`: Monday is 1."""
    days = set[int]()
    for part in many(text):
        found = re.fullmatch(r"([1-7])(?:-([1-7]))?", part)
        if not found or int(found[2] or found[1]) < int(found[1]):
            raise WrongValue("weekdays")
        days |= set(range(int(found[1]), int(found[2] or found[1]) + 1))
    if not days:
        raise WrongValue("weekdays")
    return sorted(days)


code = _written(r"[A-Za-z0-9._-]{1,40}", "code", str)
category_code = _written(r"[^\s;/]{1,20}(/[^\s;]{1,30})?", "code", str)
sign_in = _written(r"[a-z][a-z0-9._-]{0,39}", "sign_in", str)
whole = _written(r"[0-9]{1,9}", "number", int)
truth = _written(r"(?i:true|false)", "truth", lambda text: text.lower() == "true")
day = _written(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", "date", date.fromisoformat)
hour = _written(r"[0-9]{2}:[0-9]{2}", "time", time.fromisoformat)
span = _written(r"[0-9]+[mhdw]", "span", str)
confidence = _between(0, 1, "confidence")
longitude = _between(-180, 180, "longitude")
latitude = _between(-90, 90, "latitude")
document = _written(r"(?is)(?!.*\\u(0000|d[89a-f])).*", "document", _document)
