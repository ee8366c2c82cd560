"""What checking a rule table finds, as data: a console draws it, the command line prints it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from models import Area, Category, Person, RoutingRule, Unit


class Kind(StrEnum):
    BROKEN = "broken"  # the row cannot be used, or the table has no catch-all
    NEVER = "never"  # the row can never decide
    CONFLICT = "conflict"  # two rows of one rank, two units: only their codes decide
    GAP = "gap"  # ordinary cases that nothing but the catch-all takes
    NOBODY = "nobody"  # nobody there to handle it
    ENDLESS = "endless"  # a chain upwards without an end


@dataclass(frozen=True)
class Finding:
    """One thing to mend. `reason` is a word of ours, or for a broken row what it says itself."""

    kind: Kind
    reason: str = ""
    rules: tuple[str, ...] = ()  # the one it is about, then those that cause it
    units: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    category: str | None = None  # of a gap
    whole: bool = False  # of a gap: a field with all its items
    area: str | None = None  # of a gap; the city stands for unknown places too; None: only for those
    window: tuple[str, str] | None = None  # of a gap; None: all day


@dataclass(frozen=True)
class Report:
    rules: int  # in force or not
    findings: tuple[Finding, ...]

    @property
    def sound(self) -> bool:
        return not self.findings

    def count(self, kind: Kind) -> int:
        return sum(one.kind is kind for one in self.findings)

    def as_json(self) -> dict[str, Any]:
        counts = {str(kind): self.count(kind) for kind in Kind}
        found = [asdict(one) for one in self.findings]
        return {"sound": self.sound, "rules": self.rules, "counts": counts, "findings": found}


@dataclass(frozen=True)
class Tables:
    """All a rule table is held against, from the database or from a town's files."""

    rules: Sequence[RoutingRule]
    areas: Sequence[Area]
    categories: Sequence[Category]
    units: Sequence[Unit]
    people: Sequence[Person]
    clocks: frozenset[str]
    desk: str  # the unit that dispatches by hand
    today: date
