"""What the commands about the rule table do, and what they print."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from app import rules_tables as tables
from app.build import danger_kind, guess, utcnow
from app.desk import Desk
from app.errors import CannotGoOn
from app.model_key import at_hand
from app.settings import Settings
from app.terminal import show
from bot import trying
from bot.senses import Senses
from bot.texts import say
from bot.trying import Wish
from cases import replaying
from cases.clock import TOWN_TIME
from cases.errors import Missing
from cases.intake import Guess
from cases.replaying import Tally
from cases.trial import try_out as tried
from classifiers import ArtefactError, load
from routing.findings import Finding, Kind, Report
from routing.rules import RuleBook
from town import SeedRefused, read_town, rule_table

__all__ = ["Wish", "book_of", "check", "check_files", "replay", "tell", "tell_trial", "try_out"]

SHOWN = 40  # changed cases in the table; `--json` has all


async def check(desk: Desk) -> Report:
    """The table in force."""
    async with desk.transactions.read() as session:
        return await rule_table.in_force(session, desk.now.astimezone(TOWN_TIME).date())


def check_files(folder: Path, today: date | None = None) -> Report:
    """A town's files before they are loaded. What keeps them from being read at all is broken."""
    try:
        town = read_town(folder)
    except SeedRefused as refused:
        return Report(
            0, tuple(Finding(Kind.BROKEN, f"{one.file}:{one.line}: {one.say('en')}") for one in refused.problems)
        )
    return rule_table.report(town, today or utcnow().astimezone(TOWN_TIME).date())


def tell(report: Report, *, as_json: bool) -> None:
    print(json.dumps(report.as_json(), ensure_ascii=False)) if as_json else show(*tables.of_check(report))


async def try_out(desk: Desk, settings: Settings, wish: Wish) -> Mapping[str, Any]:
    at = wish.at.replace(tzinfo=TOWN_TIME) if wish.at else desk.now
    senses = Senses(desk.book, lambda said: _guess(settings, said), danger_kind)
    try:
        complaint = trying.complaint(senses, wish)
    except Missing as missing:
        raise CannotGoOn(say(missing.key, "en", **missing.values)) from None
    async with desk.transactions.read() as session:
        trial = await tried(session, desk.book, complaint, at)
    return trying.told(desk.book, wish, complaint, trial)


def _guess(settings: Settings, said: str) -> Guess | None:
    """What the model in use says."""
    key = at_hand(settings)
    try:
        return guess(load(settings.model_dir, key.public if key else None), said)
    except ArtefactError as error:
        raise CannotGoOn(f"{settings.model_dir}: {error}; give --category, or train a model") from None


def tell_trial(trial: Mapping[str, Any], *, as_json: bool) -> None:
    print(json.dumps(trial, ensure_ascii=False)) if as_json else show(*tables.of_trial(trial))


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
    async with desk.transactions.read(held=True) as session:
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
        show(*tables.of_replay(tally, shown, desk.book))
