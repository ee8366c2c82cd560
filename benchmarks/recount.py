"""The numbers of `cases.rates` once more, slowly: every event is walked in its order, and one dict counts.

Nothing of the SQL is used, nor what it reads of whose a case was: unit, person, round and lateness are followed through
the words of the events themselves, also into cases that were merged. `differences` tells where the two disagree.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime, time, timedelta
from statistics import median
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from cases.rates import By, Rates, Share
from models import Area, Case, Event, Exclusion, Status, Town

TOWN_TIME = ZoneInfo("Asia/Shanghai")
ENDED = frozenset({Status.RESOLVED, Status.CLOSED, Status.REJECTED, Status.WITHDRAWN, Status.MERGED})
UNSORTED = frozenset({Status.SUBMITTED, Status.TRIAGE, Status.ARBITRATION})
HANDS_OUT = frozenset({"route", "assign", "reassign", "raise", "relocate"})
LEAVES_NOBODY = frozenset({"hold", "arbitrate", "unmerge", "lead_unsorted", "pass_by"})
ALONG = frozenset({"resolve_along", "reject_along"})
TAKES_OVER = frozenset({"lead_unsorted", "lead_unsigned", "lead_signed"})
TOUCHES = frozenset({"contact", "relay", "ask", "reply"})


@dataclass(frozen=True)
class Now:
    """A case at some moment."""

    status: Status = Status.SUBMITTED
    round: int = 1
    unit: str | None = None
    worker: str | None = None
    category: str | None = None
    grid: str | None = None
    overdue: bool = False


@dataclass
class Walk:
    """What must be remembered of a case between its events."""

    now: Now = field(default_factory=Now)
    follows: str | None = None  # number of the case it is merged into
    began: datetime | None = None
    touched: bool = False  # in this round
    marked: bool = False  # unsigned in time, since it was handed out
    ats: list[datetime] = field(default_factory=list)
    states: list[Now] = field(default_factory=list)


@dataclass(frozen=True)
class Fact:
    what: str
    at: datetime
    case: UUID
    now: Now
    kept: bool = True  # in time, solved …
    value: Any = None


class Recount:
    """`await Recount.read(session)`, then `rates(…)` as often as one likes."""

    def __init__(self, town: str, desk: str, paths: dict[str, list[str]], exclusions: Sequence[Exclusion]) -> None:
        self.town, self.desk, self.paths = town, desk, paths
        self.exclusions = defaultdict[UUID, list[Exclusion]](list)
        for one in exclusions:
            self.exclusions[one.case_id].append(one)
        self.walks = defaultdict[str, Walk](Walk)
        self.ids: dict[str, UUID] = {}
        self.facts: list[Fact] = []

    @classmethod
    async def read(cls, session: AsyncSession) -> "Recount":
        town = (await session.exec(select(Town))).one()
        paths = {area.code: area.path for area in (await session.exec(select(Area))).all()}
        made = cls(town.code, town.desk, paths, (await session.exec(select(Exclusion))).all())
        wanted = (
            Case.number, Event.case_id, Event.kind, Event.actor, Event.status, Event.details, Event.at, Event.category,
            Event.grid, Event.sign_due_at, Event.contact_due_at,
        )  # fmt: skip
        events = await session.stream(
            select(*wanted).join(Case, col(Case.id) == Event.case_id).order_by(col(Event.id))  # type: ignore[call-overload]
        )
        async for row in events:
            made.walk(row)
        made.facts.sort(key=lambda fact: fact.at)
        return made

    def walk(self, event: Any) -> None:
        case = self.walks[event.number]
        self.ids[event.number] = event.case_id
        self._desk(case, event)
        self._clock(case, event)
        case.now = replace(case.now, status=event.status, category=event.category, grid=event.grid)
        for what, kept, value in self._facts(case, event):
            self.facts.append(Fact(what, event.at, event.case_id, case.now, kept, value))
        if not case.states or case.states[-1] != case.now:
            case.ats.append(event.at)
            case.states.append(case.now)

    def _desk(self, case: Walk, event: Any) -> None:
        """Whose it is after the event."""
        other = event.details.get("other", "")
        if case.follows:  # it lies where the other lies
            leads = self.walks[case.follows].now
            case.now = replace(case.now, unit=leads.unit, worker=leads.worker)
        if event.kind in HANDS_OUT or event.kind == "cover":  # who covers goes on by the same clock
            case.now = replace(case.now, unit=event.details["unit"], worker=event.details["assignee"])
        elif event.kind == "sign":
            case.now = replace(case.now, worker=event.actor)
        elif event.kind in {"merge", "follow", *ALONG, *TAKES_OVER}:
            leads = self.walks[other].now
            case.now = replace(case.now, unit=leads.unit, worker=leads.worker)
            case.follows = other if event.kind in {"merge", "follow"} else None
            if event.kind in TAKES_OVER:
                case.now = replace(case.now, overdue=leads.overdue)
        if event.kind in LEAVES_NOBODY:
            case.now, case.follows = replace(case.now, worker=None), None
        if event.kind == "withdraw":
            case.follows = None

    def _clock(self, case: Walk, event: Any) -> None:
        """Rounds, and whether its time ran out."""
        if event.kind in {"submit", "reopen"}:
            case.began, case.touched = event.at, False
        if event.kind in HANDS_OUT or event.kind in {"submit", "reopen", "hold"}:
            case.marked = False
        if event.kind == "reopen":
            case.now = replace(case.now, round=case.now.round + 1, overdue=False)
        if event.kind == "overdue":
            case.now = replace(case.now, overdue=True)
        if event.kind == "grant_extension" and datetime.fromisoformat(event.details["due"]) > event.at:
            case.now = replace(case.now, overdue=False)

    def _facts(self, case: Walk, event: Any) -> Iterator[tuple[str, bool, Any]]:
        match event.kind:
            case "submit":
                yield "filed", True, None
            case "route" | "assign" | "raise" | "relocate":
                yield "handed", True, None
            case "sign" if event.sign_due_at:
                in_time = event.at <= event.sign_due_at
                if in_time or not case.marked:
                    yield "signed", in_time, None
            case "sign_overdue":
                case.marked = True
                yield "signed", False, None
            case "approve" | "resolve_along":
                assert case.began is not None
                yield "finished", not case.now.overdue, (event.at - case.began).total_seconds() / 3600
            case "rate":
                yield "solved", event.details["solved"] == "yes", None
                yield "satisfied", event.details["satisfied"] == "yes", None
            case "return":
                yield "returned", True, None
            case "reopen":
                yield "reopened", True, None
            case "overdue":
                yield "overdue", True, None
        if event.kind in TOUCHES or event.kind == "contact_overdue":
            if event.contact_due_at and not case.touched:
                in_time = event.kind in TOUCHES and event.at <= event.contact_due_at
                yield "contacted", in_time, None
            case.touched = True

    def rates(
        self, by: By, start: date, end: date, within: str | None = None, as_of: datetime | None = None
    ) -> list[Rates]:
        """As `cases.rates.rates` does it."""
        since, until = midnight(start), midnight(end + timedelta(days=1))
        ats = [fact.at for fact in self.facts]
        counted = defaultdict[str, Count](Count)
        for fact in (*self.facts[bisect_left(ats, since) : bisect_left(ats, until)], *self._left_open(until)):
            if within in (None, self.town, *self.paths.get(fact.now.grid or "", ())):
                for key in self._keys(by, fact, within):
                    counted[key].add(fact, left_out=self._left_out(fact, as_of or until))
        return [count.rates(key) for key, count in sorted(counted.items())]

    def _left_open(self, until: datetime) -> Iterator[Fact]:
        for number, case in self.walks.items():
            at = bisect_left(case.ats, until)
            if at and case.states[at - 1].status not in ENDED:
                yield Fact("left_open", until, self.ids[number], case.states[at - 1])

    def _left_out(self, fact: Fact, as_of: datetime) -> bool:
        for one in self.exclusions.get(fact.case, ()):
            granted = one.granted and one.decided_at is not None and one.decided_at < as_of
            back = one.upheld and one.appeal_decided_at is not None and one.appeal_decided_at < as_of
            if granted and not back and one.round >= fact.now.round:
                return True
        return False

    def _keys(self, by: By, fact: Fact, within: str | None) -> Iterable[str]:
        now = fact.now
        match by:
            case By.TOWN:
                return [within or self.town]
            case By.AREA:
                return self.paths.get(now.grid or "", [self.town])
            case By.CATEGORY:
                return [now.category or ""]
        if fact.what == "filed":
            return []
        if by is By.WORKER:
            return [now.worker] if now.worker and now.status not in UNSORTED else []
        return [self.desk if now.status in UNSORTED else now.unit or self.desk]


@dataclass
class Count:
    whole: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    part: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    hours: list[float] = field(default_factory=list)
    late: int = 0
    left_out: set[UUID] = field(default_factory=set)

    def add(self, fact: Fact, *, left_out: bool) -> None:
        if left_out:
            self.left_out.add(fact.case)
            return
        self.whole[fact.what] += 1
        self.part[fact.what] += fact.kept
        self.late += fact.what == "left_open" and fact.now.overdue
        if fact.value is not None:
            self.hours.append(fact.value)

    def rates(self, key: str) -> Rates:
        n, kept = self.whole, self.part
        return Rates(
            key=key,
            filed=n["filed"],
            handed=n["handed"],
            signed=Share(kept["signed"], n["signed"]),
            contacted=Share(kept["contacted"], n["contacted"]),
            finished=Share(n["finished"], n["finished"] + n["left_open"]),
            in_time=Share(kept["finished"], n["finished"]),
            solved=Share(kept["solved"], n["solved"]),
            satisfied=Share(kept["satisfied"], n["satisfied"]),
            returned=Share(n["returned"], n["handed"]),
            reopened=Share(n["reopened"], n["finished"]),
            overdue=n["overdue"],
            overdue_open=self.late,
            median_hours=median(self.hours) if self.hours else None,
            excluded=len(self.left_out),
        )


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), TOWN_TIME)


def differences(sql: Sequence[Rates], plain: Sequence[Rates]) -> list[str]:
    """`key: name is … by SQL, … by hand`, one line each; none when both say the same. Hours to a millionth."""
    both = [{row.key: row for row in rows} for rows in (sql, plain)]
    found = []
    for key in sorted({*both[0], *both[1]}):
        first, second = (asdict(rows[key]) if key in rows else {} for rows in both)
        for name in sorted({*first, *second}):
            left, right = first.get(name), second.get(name)
            if left != right and not _as_long(left, right):
                found.append(f"{key}: {name} is {left} by SQL, {right} by hand")
    return found


def _as_long(left: Any, right: Any) -> bool:
    return isinstance(left, float) and isinstance(right, float) and abs(left - right) < 1e-6
