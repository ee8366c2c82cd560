"""Buttons in rows: as many beside each other as can be read on a telephone."""

import unicodedata
from collections.abc import Sequence

BESIDE, WIDE = 3, 26  # buttons in a row; half-width characters in a row


def laid_out(buttons: Sequence[tuple[str, str]]) -> Sequence[Sequence[tuple[str, str]]]:
    """(token, label) in their order, in rows."""
    rows = list[list[tuple[str, str]]]()
    for button in buttons:
        if rows and len(rows[-1]) < BESIDE and sum(map(_width, [*rows[-1], button])) <= WIDE:
            rows[-1].append(button)
        else:
            rows.append([button])
    return rows


def _width(button: tuple[str, str]) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in button[1])
