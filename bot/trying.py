"""A message tried out: what the program makes of it, who would handle it, by when and why. Nothing is written."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from bot.because import explained
from bot.senses import Senses
from cases.book import Book
from cases.errors import Missing
from cases.intake import Complaint, Guess
from cases.trial import Trial
from classifiers.manner import manner


@dataclass(frozen=True)
class Wish:
    """What shall be tried. `at` is the town's time, as it was written; `category` None: what the model says."""

    text: str
    place: str | None
    at: datetime | None
    category: str | None
    locale: str


def complaint(senses: Senses, wish: Wish) -> Complaint:
    """As a conversation would end. Raises Missing for a category or a place nobody knows."""
    book, known = senses.book, senses.book.categories.get(wish.category or "")
    if wish.category is not None and known is None:
        raise Missing("rules.no_category", value=wish.category)
    said = senses.classify(wish.text) if wish.category is None else None
    category, item = _label(book, wish.category, said)
    place = book.places.get(wish.place or "")
    spots = [] if place else senses.spots(wish.place or wish.text)
    if wish.place and not place and not spots:
        raise Missing("rules.no_place", value=wish.place)
    return Complaint(
        text=wish.text,
        category=category,
        item=item,
        place=place.code if place else spots[0].place if spots else None,
        grid=place.grid if place else spots[0].grid if spots else None,
        danger=senses.danger(wish.text),
        guess=said,
        chosen=known is not None,
        facts=asdict(manner(wish.text)),
    )


def _label(book: Book, code: str | None, said: Guess | None) -> tuple[str | None, str | None]:
    if known := book.categories.get(code or ""):
        return (known.parent, known.code) if known.parent else (known.code, None)
    return (said.label, said.item) if said is not None and said.action != "hold" else (None, None)


def told(book: Book, wish: Wish, tried: Complaint, trial: Trial) -> Mapping[str, Any]:
    """As JSON."""
    decision, said = trial.decision, tried.guess
    member = book.members.get(trial.person or "")
    explanation = decision.explanation if decision else {}
    unit = decision.unit if decision else None
    return {
        "model": {"says": said.label, "item": said.item, "sure": round(said.confidence, 4), "does": said.action,
                  "version": said.model} if said else None,
        "place": book.place_name(tried.place) or None,
        "area": [book.area_name(code) for code in trial.facts.area_path],
        "facts": trial.facts.snapshot(),
        "rule": decision.rule if decision else None,
        "explanation": explanation,
        "because": explained(book, explanation, unit, wish.locale, trial.facts.accused),
        "unit": unit,
        "unit_name": book.unit_name(unit, wish.locale),
        "co_units": list(decision.co_units) if decision else [],
        "person": {"code": member.code, "name": member.name, "role": str(member.role)} if member else None,
        "clock": trial.clock,
        "due": {name: moment.isoformat() if moment else None for name, moment in asdict(trial.due).items()},
        "broken": [asdict(one) for one in decision.broken] if decision else [],
    }  # fmt: skip
