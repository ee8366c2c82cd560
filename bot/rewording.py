"""Texts a town words its own way: what may be changed in one, and what is in force."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from string import Formatter

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.texts import LOCALES, original, reword
from cases.errors import Missing, NotFound, Refusal
from models import TextOverride

ON_A_BUTTON = {"zh-Hans": 20, "zh-Hant": 20, "en": 40}
ROOM = 3
"""A text may become that many times as long, and a short one SOME characters."""

SOME = 200
UNSEEN = re.compile("[\x00-\x09\x0b-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
NUMBER = re.compile(r"(?<!\d)1[12]\d(?!\d)")
Own = Mapping[str, Mapping[str, str]]


def holes(text: str) -> Sequence[tuple[str, str, str]]:
    """Each hole with how it is written; ValueError where a brace stands alone."""
    parsed = Formatter().parse(text)
    return sorted({(name, spec or "", turned or "") for _, name, spec, turned in parsed if name is not None})


def check(locale: str, key: str, text: str) -> str:
    """The text as it is kept. Raises a refusal that says what is wrong with it."""
    if locale not in LOCALES or key not in original(locale):
        raise NotFound("request.not_found")
    was, text = original(locale)[key], text.replace("\r\n", "\n").strip()
    if not text:
        raise Missing("console.texts.empty")
    if UNSEEN.search(text):
        raise Refusal("console.texts.unseen")
    if longest(locale, key) < len(text):
        raise Refusal("console.texts.too_long", most=longest(locale, key))
    if not _same_holes(was, text):
        names = ", ".join("{" + name + "}" for name, _, _ in holes(was))
        raise Refusal("console.texts.holes" if names else "console.texts.no_holes", holes=names)
    if NUMBER.findall(was) != NUMBER.findall(text):
        raise Refusal("console.texts.numbers", numbers=", ".join(NUMBER.findall(was)) or "–")
    if text.count("**") % 2:
        raise Refusal("console.texts.stars")
    return text


def _same_holes(was: str, text: str) -> bool:
    try:
        return holes(was) == holes(text)
    except ValueError:
        return False


def longest(locale: str, key: str) -> int:
    """Buttons stay short, or nobody can read them on a phone."""
    was = original(locale)[key]
    if key.startswith("button."):
        return max(ON_A_BUTTON[locale], len(was))
    return max(SOME, ROOM * len(was))


def usable(locale: str, key: str, text: str) -> bool:
    """A text kept under an older version may no longer fit: then the original is said."""
    try:
        return check(locale, key, text) == text
    except Refusal:
        return False


async def in_force(session: AsyncSession) -> Own:
    own: dict[str, dict[str, str]] = {}
    for row in (await session.exec(select(TextOverride))).all():
        if usable(row.locale, row.key, row.text):
            own.setdefault(row.locale, {})[row.key] = row.text
    return own


class Rewording:
    """This process's share: it says what the table says, and notices within seconds when that changes."""

    def __init__(self) -> None:
        self._as_of: tuple[int, datetime | None] | None = None

    async def look(self, session: AsyncSession) -> bool:
        """Whether something had changed."""
        count, latest = (await session.exec(select(func.count(), func.max(col(TextOverride.at))))).one()
        if (count, latest) == self._as_of:
            return False
        reword(await in_force(session))
        self._as_of = (count, latest)
        return True
