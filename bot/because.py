"""Why a case went where it did, in the reader's language: the explanation a rule left on the case, in plain words.

“规则 R-17：生活噪音（在丹桂街道，22:00 至次日 6:00）→ 丹桂街道城管中队。因为：夜间由城管先到场。”
The only place that words a rule.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from typing import Any

from bot.texts import say
from cases.book import Book


def explained(
    book: Book, explanation: Mapping[str, Any], unit: str | None, locale: str, accused: Collection[str] = ()
) -> str:
    """One or two sentences: the rule, what it asks, the unit, its note; and past whom it went (C7).

    `unit`: for explanations of an older program, which did not name it.
    """
    if not explanation:
        return say("rule.none", locale) + _past(book, accused, locale)
    asked = {one["condition"]: one["value"] for one in explanation["because"]}
    said = asking(book, asked, locale)
    note = say("rule.note", locale, note=explanation["note"].rstrip("。.")) if explanation.get("note") else ""
    named = book.unit_name(explanation.get("unit", unit), locale) or say("word.dispatch_desk", locale)
    told = say("rule.text", locale, rule=explanation["rule"], because=said, unit=named)
    return told + note + _past(book, accused, locale)


def asking(book: Book, conditions: Mapping[str, Any], locale: str) -> str:
    """What a rule asks, by the names of its conditions: “生活噪音（在丹桂街道，22:00 至次日 6:00）”."""
    if not conditions:
        return say("rule.always", locale)
    asked = dict(conditions)
    what = book.category_name(asked.pop("category", None), locale) or say("rule.anything", locale)
    how = [words for name, value in asked.items() for words in WORDS[name](book, value, locale)]
    return say("rule.of", locale, what=what, how=say("rule.sep", locale).join(how)) if how else what


def _past(book: Book, accused: Collection[str], locale: str) -> str:
    """The people by name, and a unit where none of its people is named."""
    people = sorted(code for code in accused if code in book.members)
    units = sorted({code for code in accused if code in book.units} - {book.unit_of[code] for code in people})
    names = [*(book.people[code] for code in people), *(book.unit_name(code, locale) for code in units)]
    return say("rule.past", locale, who=say("rule.and", locale).join(names)) if names else ""


def _area(book: Book, value: Any, locale: str) -> list[str]:
    return [say("rule.because.area", locale, value=book.area_name(value) or value)]


def _place_kind(_: Book, value: Any, locale: str) -> list[str]:
    return [say(f"rule.place.{value}", locale)]


def _danger(_: Book, value: Any, locale: str) -> list[str]:
    return [say("rule.because.danger" if value else "rule.because.no_danger", locale)]


def _window(_: Book, value: Sequence[str], locale: str) -> list[str]:
    start, end = (written.removeprefix("0") for written in value)
    over_midnight = value[1] <= value[0]
    return [say("rule.because.over_midnight" if over_midnight else "rule.because.window", locale, start=start, end=end)]


def _validity(_: Book, value: Sequence[str | None], locale: str) -> list[str]:
    first, last = (day if day not in (str(date.min), str(date.max)) else None for day in value)
    which = "validity" if first and last else "valid_from" if first else "valid_to"
    return [say(f"rule.because.{which}", locale, first=first, last=last)]


def _confidence(_: Book, value: float, locale: str) -> list[str]:
    return [say("rule.because.min_confidence", locale, value=f"{100 * value:.0f}%")]


def _predicates(book: Book, value: Mapping[str, Any], locale: str) -> list[str]:
    return [PREDICATES[name](one, locale) for name, one in value.items()]


def _weekday(days: Sequence[int], locale: str) -> str:
    return _either((say(f"rule.weekday.{'abcdefg'[day - 1]}", locale) for day in days), locale)


def _either(words: Any, locale: str) -> str:
    return say("rule.or", locale).join(words)


WORDS: Mapping[str, Callable[[Book, Any, str], list[str]]] = {
    "area": _area,
    "place_kind": _place_kind,
    "danger": _danger,
    "window": _window,
    "validity": _validity,
    "min_confidence": _confidence,
    "predicates": _predicates,
}
PREDICATES: Mapping[str, Callable[[Any, str], str]] = {
    "weekday": _weekday,
    "text_has_any": lambda words, locale: say("rule.says", locale, words=_either(words, locale)),
    "min_round": lambda least, locale: say("rule.round", locale, least=least),
    "kind": lambda kinds, locale: _either((say(f"kind.{kind}", locale) for kind in kinds), locale),
    "urgent": lambda wanted, locale: say("rule.urgent" if wanted else "rule.can_wait", locale),
}
