"""The rule table before it decides: with a row changed, held against the town's own checks and against routing's."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlmodel.ext.asyncio.session import AsyncSession

from cases.book import NoTown
from models import RoutingRule
from routing.findings import Finding, Kind, Report, Tables
from routing.table_check import check
from town import edit
from town.edit import Proposal
from town.load import town_in
from town.problems import Problem
from town.read import Town
from town.sheets import Sheets

FORBID = frozenset({Kind.BROKEN, Kind.CONFLICT, Kind.NOBODY, Kind.ENDLESS})
"""Whoever saves must mend these first. A gap or a row that never decides is told, and may be meant."""


@dataclass(frozen=True)
class Weighed:
    """`findings` are those the change brings; what was amiss before is no reason to refuse it."""

    proposal: Proposal
    findings: Sequence[Finding]

    @property
    def problems(self) -> Sequence[Problem]:
        return self.proposal.problems

    @property
    def errors(self) -> list[Finding]:
        return [one for one in self.findings if one.kind in FORBID]

    @property
    def rules(self) -> Sequence[RoutingRule]:
        return self.proposal.town.rules if self.proposal.town else ()


def report(town: Town, today: date) -> Report:
    codes = frozenset(clock.code for clock in town.clocks)
    desk = town.profile.desk
    return check(Tables(town.rules, town.areas, town.categories, town.units, town.people, codes, desk, today))


async def weigh(session: AsyncSession, old: Sheets, new: Sheets, today: date) -> Weighed:
    """`old` is what `session` reads. In a thread, as the checks of the files are."""
    proposal = await edit.weigh(old, new)
    if proposal.town is None:
        return Weighed(proposal, ())
    known = set((await in_force(session, today)).findings)
    after = await asyncio.to_thread(report, proposal.town, today)
    return Weighed(proposal, [one for one in after.findings if one not in known])


async def in_force(session: AsyncSession, today: date) -> Report:
    """Of the table as it is. Raises NoTown."""
    town = await town_in(session)
    if town is None:
        raise NoTown("no town has been loaded yet")
    return await asyncio.to_thread(report, town, today)
