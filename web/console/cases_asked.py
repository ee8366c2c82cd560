"""The list's address, read: what somebody may ask for, and what it means to cases/search.py."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Annotated
from urllib.parse import urlencode

from pydantic import BaseModel, Field, field_validator

from bot.scrub import scrub
from cases.listing import ORDERS
from cases.periods import begins, today
from cases.search import GROUPS, TOGETHER, Search
from cases.word_index import SHORTEST
from classifiers.kinds import KINDS
from models import Role, Status
from web.console.shell import NOT_BLANK

NUMBER = re.compile(r"[\d-]{2,}")
DIGITS = re.compile(r"\d{5,}")  # a telephone, a card: whoever may look by those has a door of its own
WORDS = 5
SOON = {"today": 1, "tomorrow": 2, "week": 7}
STATUSES = frozenset({*GROUPS, *Status})
LEFT_OUT = frozenset({"after", "lang"})  # not what was asked, but where one stands in it


class Asked(BaseModel):
    """Every filter as the form sends it; empty is not asked."""

    q: str = Field(default="", max_length=200)
    status: str = ""
    unit: str = Field(default="", max_length=32)
    category: str = Field(default="", max_length=64)
    kind: str = ""
    place: str = Field(default="", max_length=100)
    assignee: str = Field(default="", max_length=64)
    person: str = Field(default="", pattern=r"^([0-9a-f]{64})?$")
    danger: bool = False
    overdue: bool = False
    ordered: bool = False
    filed: bool = False
    together: str = ""
    hot: int = Field(default=0, ge=0, lt=2**63)  # of a hot issue (热点), as the dashboard leads here
    since: Annotated[date | None, NOT_BLANK] = None
    until: Annotated[date | None, NOT_BLANK] = None
    due: str = Field(default="", pattern=r"^(today|tomorrow|week|\d{4}-\d\d-\d\d)?$")
    sort: str = ""
    after: str = Field(default="", max_length=120)

    @field_validator("status", "kind", "together", "sort")
    @classmethod
    def one_of(cls, value: str, info: object) -> str:
        allowed = {"status": STATUSES, "kind": {*KINDS}, "together": {*TOGETHER}, "sort": {*ORDERS}}
        if value and value not in allowed[info.field_name]:  # type: ignore[attr-defined]
            raise ValueError(value)
        return value

    @field_validator("due")
    @classmethod
    def a_day(cls, value: str) -> str:
        if value and value not in SOON:
            date.fromisoformat(value)
        return value

    @property
    def number(self) -> str:
        plain = re.sub(r"\s", "", unicodedata.normalize("NFKC", self.q))
        return plain if NUMBER.fullmatch(plain) and plain.strip("-") else ""

    @property
    def words(self) -> list[str]:
        """What can be looked for of it: no single characters, no long numbers."""
        return [word for word in self._said if len(word) >= SHORTEST and not DIGITS.search(word)][:WORDS]

    @property
    def _said(self) -> list[str]:
        return [] if self.number else scrub(self.q).split()

    @property
    def hints(self) -> Sequence[str]:
        """Why something was not looked for as it was written."""
        hints = {
            "console.cases.hint_any_status": bool(self.number or self.person) and self.status in ("", "open"),
            "console.cases.hint_short": any(len(word) < SHORTEST for word in self._said),
            "console.cases.hint_digits": any(DIGITS.search(word) for word in self._said),
        }
        return [key for key, holds in hints.items() if holds]

    @property
    def group(self) -> str:
        """One case, or one person's, is wanted whatever became of it."""
        wanted = self.status or "open"
        return "all" if wanted == "open" and (self.number or self.person) else wanted

    def search(self, now: datetime) -> Search:
        given = self.model_dump(
            include={"unit", "category", "kind", "assignee", "danger", "overdue", "ordered", "filed", "together", "hot"}
        )
        return Search(
            **given,
            number=self.number,
            words=self.words,
            place=scrub(self.place),
            contact=self.person,
            status=self.group,
            since=begins(self.since) if self.since else None,
            until=begins(self.until + timedelta(days=1)) if self.until else None,
            due_by=self._due_by(now),
            sort=self.sort or "due",
            nothing=bool(self._said) and not self.words,
        )

    def _due_by(self, now: datetime) -> datetime | None:
        if not self.due:
            return None
        days = SOON.get(self.due)
        return begins(today(now) + timedelta(days=days) if days else date.fromisoformat(self.due) + timedelta(days=1))

    def query(self, **changed: str) -> str:
        """The address again, only with what was asked."""
        given = {name: value for name, value in self._given().items() if name not in LEFT_OUT}
        return urlencode({name: value for name, value in {**given, **changed}.items() if value})

    def _given(self) -> Mapping[str, str]:
        plain = self.model_dump(mode="json")
        return {name: "1" if value is True else str(value or "") for name, value in plain.items()}


# Lists everybody of a role wants again and again; what each is called is `console.cases.view.<name>`.
_OWN = {
    "unit_late": "status=late&unit=mine",
    "unit_sign": "status=dispatched&unit=mine",
    "unit_today": "unit=mine&due=today",
    "unit_waiting": "status=waiting&unit=mine",
}
_TOWN = {
    "late": "status=late",
    "danger": "danger=1&sort=urgent",
    "today": "due=today",
    "ordered": "status=all&ordered=1",
    "unrated": "status=resolved",
}
READY: Mapping[Role, Mapping[str, str]] = {
    Role.DISPATCHER: {"triage": "status=triage", "arbitration": "status=arbitration", **_TOWN, "filed": "filed=1"},
    Role.SUPERVISOR: {"arbitration": "status=arbitration", **_TOWN},
    Role.ADMIN: {"triage": "status=triage", **_TOWN},
    Role.AUDITOR: _TOWN,
    Role.CLERK: {**_OWN, "mine": "assignee=me"},
    Role.LEADER: {"unit_review": "status=replied&unit=mine", **_OWN, "below_late": "status=late"},
}
