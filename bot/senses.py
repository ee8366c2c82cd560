"""What the conversation can make out by itself: the model, words of danger, places, and the rule table's plan."""

from collections.abc import Callable, Sequence
from datetime import datetime

from bot.flows.state import Draft
from bot.flows.surroundings import Brief, Plan, Spot, Surroundings
from bot.messages import Pin
from cases import accused
from cases.book import Book
from cases.clock import deadlines
from cases.intake import Guess
from cases.triage import HELD_CLOCK
from classifiers.manner import manner
from routing.places import ROAD, Found
from routing.rules import Facts, NoRule

Classify = Callable[[str], Guess | None]
Danger = Callable[[str], str | None]


class Senses:
    """Joins the pure parts for one message. `book` and `classify` are swapped when the town or the model changes."""

    def __init__(self, book: Book, classify: Classify, danger: Danger) -> None:
        self.book, self.classify, self.danger = book, classify, danger

    def around(self, cases: Sequence[Brief], has_contact: bool) -> Surroundings:
        return Surroundings(
            classify=self.classify,
            danger=self.danger,
            spots=self.spots,
            pin=self.pin,
            plan=self.plan,
            places=self.book.places,
            categories=self.book.categories,
            emergency=self.book.town.emergency,
            cases=cases,
            has_contact=has_contact,
            guide=self.book.guide,
        )

    def spots(self, text: str) -> Sequence[Spot]:
        """Places named in a text that really are different ones, the surest first."""
        kept: list[Found] = []
        for found in self.book.index.from_words(text):
            if not any(self._says_no_more(found, other) for other in kept):
                kept.append(found)
        return [_spot(found) for found in kept]

    def _says_no_more(self, found: Found, known: Found) -> bool:
        """The community or road of a building that is named too, or another name in the same grid."""
        around = found.place is None and found.area in self.book.path(known.grid or known.area)
        same = known.grid is not None and found.grid == known.grid
        return around or same or (found.kind == ROAD and known.place is not None)

    def pin(self, pin: Pin) -> Spot | None:
        found = self.book.index.from_pin(pin.lon, pin.lat, pin.accuracy)
        return _spot(found) if found else None

    def plan(self, draft: Draft, now: datetime) -> Plan:
        """Where a draft would go and by when, by the very rules that will decide when it is filed."""
        if draft.category is None and not draft.danger:
            return Plan(None, deadlines(self.book.policies[HELD_CLOCK], now, self.book.calendar).resolve)
        try:
            decision = self.book.rules.route(self._facts(draft, now))
        except NoRule:
            return Plan(None, deadlines(self.book.policies[HELD_CLOCK], now, self.book.calendar).resolve)
        return Plan(decision.unit, deadlines(self.book.policies[decision.clock], now, self.book.calendar).resolve)

    def _facts(self, draft: Draft, now: datetime) -> Facts:
        place, meant = self.book.places.get(draft.place or ""), manner(draft.text)
        path = self.book.path(draft.grid)
        whom = accused.read(self.book, draft.text, path)
        return Facts(
            category=draft.category,
            item=draft.item,
            area_path=path,
            special=self.book.special_at(draft.place, draft.lon, draft.lat, draft.grid),
            place_kind=place.kind if place else None,
            danger=draft.danger,
            kind=meant.kind,
            urgent=meant.urgent,
            confidence=1.0 if draft.chosen or not draft.guess else float(draft.guess["confidence"]),
            at=now,
            text=draft.text,
            refused_units=accused.not_led(self.book, whom),
            accused=whom,
        )


def _spot(found: Found) -> Spot:
    return Spot(found.name, found.place, found.grid, str(found.how), found.sure)
