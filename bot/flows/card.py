"""The card that confirms a draft, and the buttons that correct it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bot.flows import whereabouts
from bot.flows.state import Draft
from bot.flows.surroundings import Surroundings
from bot.messages import Button, CardLine, Say
from cases.intake import Guess

SUGGESTED = 3
OTHER = "其他"


def show(draft: Draft, around: Surroundings, now: datetime, *, has_contact: bool) -> Say:
    plan = around.plan(draft, now)
    return Say(
        "card.title" if draft.category else "card.title_by_person",
        card=(
            _what(draft, plan.unit),
            _where(draft, around),
            CardLine("due", "card.due", {"due": plan.due.isoformat() if plan.due else ""}),
            *_photos(draft),
            _contact(draft, has_contact),
        ),
        buttons=_buttons(draft),
    )


def suggestions(draft: Draft, around: Surroundings, *, correcting: bool = False) -> Sequence[Button]:
    """The three likeliest, then the way out. One who corrects may also see every department."""
    guess = draft.guess or {"ranking": [], "items": {}}
    codes = [guess["items"].get(label) or label for label, _ in guess["ranking"] if label != OTHER]
    likely = [_choice(code) for code in codes if code in around.categories][:SUGGESTED]
    every = [Button("category", "button.all_categories", payload={"all": True})] if correcting else []
    return [*likely, *every, Button("none", "button.none")]


def departments(around: Surroundings) -> Sequence[Button]:
    fields = [c.code for c in around.categories.values() if c.parent is None and c.code != OTHER]
    return [*(_choice(code) for code in fields), Button("none", "button.none")]


def kept(guess: Guess) -> dict[str, Any]:
    """A guess as the draft remembers it: the first labels of the ranking are enough."""
    return {
        "label": guess.label,
        "confidence": guess.confidence,
        "ranking": [[label, p] for label, p in guess.ranking[:5]],
        "item": guess.item,
        "items": dict(guess.items),
        "action": guess.action,
        "model": guess.model,
        "novelty": guess.novelty,
    }


def _choice(code: str) -> Button:
    return Button("choose_category", "button.choose_category", {"category": code}, {"code": code})


def _what(draft: Draft, unit: str | None) -> CardLine:
    button = Button("category", "button.category")
    if draft.category is None:
        return CardLine("what", "card.what_by_person", button=button)
    return CardLine("what", "card.what", {"category": draft.item or draft.category, "unit": unit or ""}, button)


def _where(draft: Draft, around: Surroundings) -> CardLine:
    place = around.places.get(draft.place or "")
    name = place.name if place else draft.place_text
    near = "card.where" if name else "card.where_pin" if draft.lon is not None else "card.where_unknown"
    if name and not whereabouts.is_sure(draft):
        near = "card.where_unsure"
    return CardLine("where", near, {"name": name}, Button("place", "button.place"))


def _photos(draft: Draft) -> Sequence[CardLine]:
    photos, voices = len(draft.photos) - len(draft.voices), len(draft.voices)
    lines = []
    if photos:
        lines.append(CardLine("photos", "card.photos", {"count": photos}, Button("photo", "button.photo")))
    if voices:
        lines.append(CardLine("voices", "card.voices", {"count": voices}))
    return lines


def _contact(draft: Draft, has_contact: bool) -> CardLine:
    if draft.anonymous:
        return CardLine("contact", "card.anonymous", button=Button("named", "button.named"))
    return CardLine(
        "contact",
        "card.contact_phone" if has_contact else "card.contact_chat",
        button=Button("contact", "button.contact"),
    )


def _buttons(draft: Draft) -> Sequence[Button]:
    hide = Button("named", "button.named") if draft.anonymous else Button("anonymous", "button.anonymous")
    return (
        Button("submit", "button.submit"),
        Button("category", "button.category"),
        Button("place", "button.place"),
        Button("photo", "button.photo"),
        hide,
        Button("cancel", "button.cancel"),
    )
