"""Text as it comes in, made safe to keep: no NUL, no lone surrogates, no invisible tricks, no endless length."""

import re

LONGEST = 20_000
# C0/C1 controls but tab and newline; zero-width space, non-joiner and word joiner; direction overrides and marks; BOM.
# The zero-width joiner stays: it holds emoji together.
_UNWANTED = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)


def clean(text: str) -> str:
    """The text without what nobody wrote on purpose and without space at the ends, however long."""
    return _UNWANTED.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def scrub(text: str) -> str:
    """What is kept of it. Longer texts are cut (see `is_cut`)."""
    return clean(text)[:LONGEST]


def is_cut(text: str) -> bool:
    return len(clean(text)) > LONGEST
