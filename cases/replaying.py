"""Beside a case's stops: which cases another rule table would have sent elsewhere, from the facts kept with each."""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy
from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from models import Case
from routing.facts import Facts
from routing.rules import RuleBook

AT_A_TIME = 1_000


@dataclass(frozen=True)
class Change:
    """A case that would go to another unit. Its number only: whoever may see it can look it up."""

    number: str
    rule: str
    unit: str
    new_rule: str | None  # None: no row fits, a person would decide
    new_unit: str | None


@dataclass
class Tally:
    """What a replay has seen so far; as large after a million cases as after one."""

    cases: int = 0
    changed: int = 0
    before: Counter[str] = field(default_factory=Counter)
    after: Counter[str] = field(default_factory=Counter)
    held: int = 0  # that no row would fit

    def add(self, unit: str, new_unit: str | None) -> None:
        self.cases += 1
        self.changed += new_unit != unit
        self.before[unit] += 1
        if new_unit is None:
            self.held += 1
        else:
            self.after[new_unit] += 1


async def how_many(session: AsyncSession, since: datetime) -> int:
    return int((await session.exec(select(func.count()).where(*_decided(since)))).one())


async def replay(session: AsyncSession, rules: RuleBook, since: datetime, tally: Tally) -> AsyncIterator[list[Change]]:
    """Every case filed since that a rule decided, in the order of filing; of each thousand those that change.

    Compared with what was decided then, as the case keeps it, whoever has it now.
    """
    before = func.coalesce(col(Case.explanation)["unit"].astext, Case.unit)
    columns = (col(Case.number), col(Case.rule), before, col(Case.facts), col(Case.text))
    chosen = sqlalchemy.select(*columns).where(*_decided(since))
    chosen = chosen.order_by(col(Case.submitted_at), col(Case.number))
    rows = await session.stream(chosen.execution_options(yield_per=AT_A_TIME))
    async for some in rows.partitions():  # row by row would cost more than deciding
        changes = list[Change]()
        for number, rule, unit, facts, text in some:
            new_rule, new_unit = rules.first(Facts.of(facts, text)) or (None, None)
            tally.add(unit, new_unit)
            if new_unit != unit:
                changes.append(Change(number, rule, unit, new_rule, new_unit))
        yield changes


def _decided(since: datetime) -> tuple[Any, ...]:
    """By a rule: what a person alone sorted has no snapshot."""
    return col(Case.submitted_at) >= since, col(Case.rule).is_not(None), col(Case.facts)["at"].is_not(None)
