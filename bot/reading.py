"""A row of the conversation as its reader sees it: text, card, and the buttons that can still be pressed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

from bot.flows.progress import ON_THE_LINE
from bot.texts import say
from bot.transcript import Line
from bot.wording import Wording
from models import STEPS, Case, ChatMessage

Row: TypeAlias = Line | ChatMessage


def text_of(row: Row, wording: Wording, locale: str, now: datetime) -> str:
    return wording.word(row.text_key, row.args, locale, now) if row.text_key else row.text


def buttons_of(row: Row, cases: Mapping[UUID, Case]) -> Sequence[dict[str, Any]]:
    """Only those that can be pressed now; those of a card's lines belong to the card."""
    if row.answered_at:
        return []
    case = cases.get(row.case_id) if row.case_id else None
    return [button for button in row.buttons if not button.get("in_card") and _still(button, case)]


def card_of(row: Row, wording: Wording, locale: str, now: datetime) -> Sequence[tuple[dict[str, Any], str, str]]:
    """The card's lines: as kept, its name in words, its value in words."""
    lines = (row.card or {"lines": []})["lines"]
    return [
        (line, say(f"card.label.{line['name']}", locale), wording.word(line["value"], line["args"], locale, now))
        for line in lines
    ]


def _still(button: dict[str, Any], case: Case | None) -> bool:
    """Whether the case still is where this step may be taken."""
    if case and case.relay is None and button["action"] in ON_THE_LINE:
        return False
    step = STEPS.get(button["action"].removeprefix("confirm_"))
    return step is None or case is None or button["payload"].get("number") != case.number or case.status in step.before
