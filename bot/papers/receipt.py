"""受理告知书 (A13): what somebody told, in their words, who handles it, by when, and how to follow. As of now."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.papers.typeset import paragraphs, typeset
from bot.texts import say
from bot.wording import Wording, on_paper
from cases.actors import SYSTEM
from cases.book import Book
from cases.lifecycle import told_args
from models import OPEN, Case, Status

WITH_A_PAPER = frozenset({"receipt.here"})
"""Lines of a conversation that the receipt goes with."""

HOTLINE = "12345"  # 政务服务便民热线, the same in every town


def comes_with(text_key: str) -> bool:
    return text_key.removesuffix(".large") in WITH_A_PAPER


async def receipt(
    book: Book, wording: Wording, case: Case, locale: str, now: datetime, *, large: bool, mark: Sequence[str] = ()
) -> bytes:
    """`large`: in large print, for whoever reads in elder mode. `mark`: who on the staff took it out."""
    return await typeset("receipt", data(book, wording, case, locale, now, large=large), locale, now, mark)


def data(
    book: Book, wording: Wording, case: Case, locale: str, now: datetime, *, large: bool = False
) -> dict[str, Any]:
    town = _town(book, locale)
    return {
        "title": say("paper.receipt.title", locale),
        "town": town,
        "from": say("paper.receipt.from", locale, town=town),
        "large": large,
        "number": case.number,
        "lead": say("paper.receipt.lead", locale),
        "facts": _facts(book, wording, case, locale, now),
        "words_label": say("paper.receipt.words", locale),
        "words": paragraphs(case.text) or [say("paper.receipt.no_words", locale)],
        "follow_label": say("paper.receipt.follow", locale),
        "follow": [
            say("paper.receipt.follow_chat", locale),
            say("paper.receipt.follow_code", locale),
            say("paper.receipt.follow_phone", locale, phone=HOTLINE, number=case.number),
        ],
        "signed": book.unit_name(book.town.desk, locale),
        "date": on_paper(now, locale),
    }


def file_name(case: Case, locale: str) -> str:
    return f"{say('paper.receipt.title', locale)} {case.number}.pdf"


def _facts(book: Book, wording: Wording, case: Case, locale: str, now: datetime) -> list[tuple[str, str]]:
    """Label and value. While nobody has it there is a desk and a promise, but no name."""
    args = told_args(book, case, SYSTEM, "")
    held = case.unit is None
    by = say("paper.receipt.by_desk", locale) if held else wording.word("paper.receipt.by", args, locale, now)
    facts = {
        "paper.receipt.number": case.number,
        "paper.receipt.filed": on_paper(case.submitted_at, locale),
        "paper.receipt.place": " ".join(paragraphs(args["place"])),
        "paper.receipt.category": wording.word("paper.receipt.category_is", args, locale, now),
        "paper.receipt.handler": by,
        "paper.receipt.due": _due(case, locale),
        "paper.receipt.status": say(
            "paper.receipt.status_at", locale, status=_status(case, locale), at=on_paper(now, locale)
        ),
    }
    return [(say(key, locale), value) for key, value in facts.items() if value]


def _due(case: Case, locale: str) -> str:
    if case.status not in OPEN | {Status.MERGED}:
        return ""
    if case.due_at is None:
        return say("paper.receipt.due_later", locale)
    return say("paper.receipt.due_by", locale, due=on_paper(case.due_at, locale))


def _status(case: Case, locale: str) -> str:
    return say(f"status_name.{case.status}", locale)


def _town(book: Book, locale: str) -> str:
    names: Mapping[str, str] = {"zh-Hant": book.town.name_hant, "en": book.town.name_en}
    return names.get(locale) or book.town.name
