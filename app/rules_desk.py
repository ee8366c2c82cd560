"""What the commands about the rule table do, and what they print."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sqlmodel import select

from app import rules_tables as tables
from app.build import danger_kind, guess, utcnow
from app.errors import CannotGoOn
from app.model_key import at_hand
from app.settings import Settings
from app.watch import Desk
from bot.because import explained
from bot.senses import Senses
from cases import replaying
from cases.clock import TOWN_TIME
from cases.intake import Complaint, Guess
from cases.replaying import Tally
from cases.trial import Trial
from cases.trial import try_out as tried
from classifiers import ArtefactError, load
from classifiers.manner import manner
from models import Person, RoutingRule
from routing.findings import Finding, Kind, Report, Tables
from routing.rules import RuleBook
from routing.table_check import check as checked
from town import SeedRefused, read_town

SHOWN = 40  # changed cases in the table; `--json` has all


async def check(desk: Desk) -> Report:
    """The table in force."""
    async with desk.transactions.read() as session:
        rules = (await session.exec(select(RoutingRule))).all()
        people = (await session.exec(select(Person))).all()
    book, today = desk.book, desk.now.astimezone(TOWN_TIME).date()
    areas, categories, units = [*book.areas.values()], [*book.categories.values()], [*book.units.values()]
    return checked(Tables(rules, areas, categories, units, people, frozenset(book.policies), book.town.desk, today))


def check_files(folder: Path, today: date | None = None) -> Report:
    """A town's files before they are loaded. What keeps them from being read at all is broken."""
    try:
        town = read_town(folder)
    except SeedRefused as refused:
        return Report(
            0, tuple(Finding(Kind.BROKEN, f"{one.file}:{one.line}: {one.say('en')}") for one in refused.problems)
        )
    codes = frozenset(clock.code for clock in town.clocks)
    today = today or utcnow().astimezone(TOWN_TIME).date()
    desk = town.profile.desk
    return checked(Tables(town.rules, town.areas, town.categories, town.units, town.people, codes, desk, today))


def tell(report: Report, *, as_json: bool) -> None:
    print(json.dumps(report.as_json(), ensure_ascii=False)) if as_json else tables.show(*tables.of_check(report))


@dataclass(frozen=True)
class Wish:
    """What `rules try` was asked. `at` is the town's time, as it was written."""

    text: str
    place: str | None
    at: datetime | None
    category: str | None
    locale: str


async def try_out(desk: Desk, settings: Settings, wish: Wish) -> dict[str, Any]:
    at = wish.at.replace(tzinfo=TOWN_TIME) if wish.at else desk.now
    complaint = _complaint(desk, wish, _guess(settings, wish))
    async with desk.transactions.read() as session:
        trial = await tried(session, desk.book, complaint, at)
    return _told(desk, wish, complaint, trial)


def _guess(settings: Settings, wish: Wish) -> Guess | None:
    """What the model in use says; nothing where the category was given."""
    if wish.category is not None:
        return None
    key = at_hand(settings)
    try:
        return guess(load(settings.model_dir, key.public if key else None), wish.text)
    except ArtefactError as error:
        raise CannotGoOn(f"{settings.model_dir}: {error}; give --category, or train a model") from None


def _complaint(desk: Desk, wish: Wish, said: Guess | None) -> Complaint:
    book = desk.book
    known = book.categories.get(wish.category or "")
    if wish.category is not None and known is None:
        raise CannotGoOn(f"no category {wish.category}")
    category: str | None = None
    item: str | None = None
    if known is not None:
        category, item = (known.parent, known.code) if known.parent else (known.code, None)
    elif said is not None and said.action != "hold":
        category, item = said.label, said.item
    place = book.places.get(wish.place or "")
    spots = [] if place else Senses(book, lambda _: None, danger_kind).spots(wish.place or wish.text)
    if wish.place and not place and not spots:
        raise CannotGoOn(f"no place is called {wish.place}")
    return Complaint(
        text=wish.text,
        category=category,
        item=item,
        place=place.code if place else spots[0].place if spots else None,
        grid=place.grid if place else spots[0].grid if spots else None,
        danger=danger_kind(wish.text),
        guess=said,
        chosen=known is not None,
        facts=asdict(manner(wish.text)),
    )


def _told(desk: Desk, wish: Wish, complaint: Complaint, trial: Trial) -> dict[str, Any]:
    """As JSON, for a console too."""
    book, decision, said = desk.book, trial.decision, complaint.guess
    member = book.members.get(trial.person or "")
    explanation = decision.explanation if decision else {}
    unit = decision.unit if decision else None
    return {
        "model": {"says": said.label, "item": said.item, "sure": round(said.confidence, 4), "does": said.action,
                  "version": said.model} if said else None,
        "place": book.place_name(complaint.place) or None,
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


def tell_trial(trial: Mapping[str, Any], *, as_json: bool) -> None:
    print(json.dumps(trial, ensure_ascii=False)) if as_json else tables.show(*tables.of_trial(trial))


def book_of(folder: Path) -> RuleBook:
    """Raises SeedRefused."""
    town = read_town(folder)
    return RuleBook(town.rules, {area.code: area.level for area in town.areas})


async def replay(desk: Desk, book: RuleBook | None, since: datetime, *, as_json: bool) -> None:
    """`book` None: the table in force. Goes through the cases once, in a stream; the bar is on stderr."""
    tally, shown, begun = Tally(), list[replaying.Change](), since.replace(tzinfo=TOWN_TIME)
    bar = Progress(
        TextColumn("replayed"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        redirect_stdout=False,
    )
    async with desk.transactions.read() as session:
        total = await replaying.how_many(session, begun)
        with bar:
            task = bar.add_task("", total=total)
            async for changes in replaying.replay(session, book or desk.book.rules, begun, tally):
                if as_json:
                    for change in changes:
                        print(json.dumps(asdict(change), ensure_ascii=False))
                shown += changes[: SHOWN - len(shown)]
                bar.update(task, completed=tally.cases)
    if as_json:
        print(json.dumps({"sum": vars(tally)}, ensure_ascii=False))
    else:
        tables.show(*tables.of_replay(tally, shown, desk.book))
