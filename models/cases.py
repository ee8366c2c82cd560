"""A case, its timeline and what hangs on it. Only `cases.lifecycle.move` changes a status."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, LargeBinary, Sequence, UniqueConstraint, text
from sqlmodel import Field

from models.base import DOCUMENT, WORDS, Table, moment, new_dict, new_list, words_of
from models.listed import LISTED
from models.status import ClockAct, Outcome, Role, Status

CASE_NUMBERS = Sequence("case_numbers", metadata=Table.metadata)


class Case(Table, table=True):
    __tablename__ = "cases"
    __table_args__ = (
        Index("ix_cases_resident", "resident", "submitted_at"),
        Index("ix_cases_submitted", "submitted_at"),
        Index("ix_cases_master", "master", postgresql_where=text("master IS NOT NULL")),
        Index("ix_cases_filed_by", "filed_by", "submitted_at", postgresql_where=text("filed_by IS NOT NULL")),
        Index("ix_cases_unlinked", "id", postgresql_where=text("chain IS NULL")),
        *LISTED,
    )
    id: UUID = Field(primary_key=True)
    number: str = Field(unique=True)  # yymmdd-nnnn: told to everybody, opens nothing by itself
    code_hash: str = Field(unique=True)  # of the 16-digit secret lookup code
    resident: UUID = Field(foreign_key="residents.id")
    anonymous: bool = False
    locale: str = "zh-Hans"
    status: Status = Field(sa_type=words_of(Status))
    version: int = 1  # +1 with every event; guards against two hands at once
    chain: bytes | None = Field(default=None, sa_type=LargeBinary)  # link of the last event: cases/record.py
    round: int = 1  # +1 with every reopening

    text: str  # as the resident wrote it, scrubbed
    category: str | None = Field(default=None, foreign_key="categories.code")  # department's field
    item: str | None = Field(default=None, foreign_key="categories.code")
    danger: str | None = None
    place: str | None = Field(default=None, foreign_key="places.code")
    place_text: str = ""  # how the resident named it
    grid: str | None = Field(default=None, foreign_key="areas.code")
    lon: float | None = None
    lat: float | None = None
    cell: int | None = Field(default=None, sa_type=BigInteger)  # the square of the map it lies in: routing/cells.py

    unit: str | None = Field(default=None, foreign_key="units.code")  # lead unit (主办)
    co_units: list[str] = Field(default_factory=new_list, sa_type=WORDS)  # 协办
    assignee: str | None = Field(default=None, foreign_key="people.code")
    accountable: str | None = Field(default=None, foreign_key="people.code")  # 首接负责: who signed last in this round
    co_tasks: dict[str, Any] = Field(default_factory=new_dict, sa_type=DOCUMENT)  # as cases.whistle keeps them
    binding: bool = False  # decided in arbitration: cannot be returned
    decision: str = ""  # why it was decided so
    returns: int = 0
    urges: int = 0
    level: int = 0  # how many times escalated
    rule: str | None = None
    explanation: dict[str, Any] = Field(default_factory=new_dict, sa_type=DOCUMENT)  # rule, inputs, reason
    facts: dict[str, Any] = Field(default_factory=new_dict, sa_type=DOCUMENT)  # snapshot the rule saw

    clock: str | None = Field(default=None, foreign_key="clock_policies.code")
    submitted_at: datetime = moment()
    sign_due_at: datetime | None = moment(nullable=True)
    contact_due_at: datetime | None = moment(nullable=True)
    due_at: datetime | None = moment(nullable=True)
    paused_at: datetime | None = moment(nullable=True)
    signed_at: datetime | None = moment(nullable=True)
    contacted_at: datetime | None = moment(nullable=True)
    resolved_at: datetime | None = moment(nullable=True)
    closed_at: datetime | None = moment(nullable=True)
    overdue: bool = False
    extension: dict[str, Any] | None = Field(default=None, sa_type=DOCUMENT)  # asked for, undecided
    extensions: int = 0  # granted in this round
    relay: str | None = Field(default=None, foreign_key="people.code")  # who has a line to the resident open (联系)
    called: list[str] = Field(default_factory=new_list, sa_type=WORDS)  # about danger or to answer an order: may see it
    ringing: bool = False  # an alarm about danger nobody has answered yet
    ordered: dict[str, Any] | None = Field(default=None, sa_type=DOCUMENT)  # 督办单 that is open
    exclusion: dict[str, Any] | None = Field(default=None, sa_type=DOCUMENT)  # 剔除, the last one asked for
    untold_at: datetime | None = moment(nullable=True)  # the resident could not be reached about it
    master: UUID | None = Field(default=None, foreign_key="cases.id")  # 并案: the case this one follows
    joined: int = 0  # residents who said “me too” (附议)
    filed_by: str | None = Field(default=None, foreign_key="people.code")  # somebody on the staff, for the resident

    outcome: Outcome | None = Field(default=None, sa_type=words_of(Outcome))
    result: str = ""


class Event(Table, table=True):
    """One line of the timeline. Added, never changed: the case page is the list of its events.

    They lie in a part for each month (cases/months.py). A part keeps its own keys – `id`, and a case's `seq` once – and
    its index by time; over all parts `lifecycle` sees to a `seq` once by the case's version, which only one of two
    hands can move on.
    """

    __tablename__ = "events"
    __table_args__ = (
        Index("ix_events_warning", "at", postgresql_where=text("kind IN ('overdue', 'reopen', 'sign_overdue')")),
        {"postgresql_partition_by": "RANGE (at)"},
    )
    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    case_id: UUID = Field(foreign_key="cases.id")
    seq: int  # the case's version after it
    kind: str  # a step's name, or submit, remind, overdue, escalate …
    actor: str  # person code, "resident" or "system"
    role: Role = Field(sa_type=words_of(Role))
    status: Status = Field(sa_type=words_of(Status))
    text: str = ""
    details: dict[str, Any] = Field(default_factory=new_dict, sa_type=DOCUMENT)
    photos: list[str] = Field(default_factory=new_list, sa_type=DOCUMENT)
    public: bool = True  # the resident sees it
    at: datetime = moment()
    # The case right after it: numbers of a past week are counted from these and never change (cases/rates.py).
    round: int = 1
    unit: str | None = None
    assignee: str | None = None
    category: str | None = None
    grid: str | None = None
    sign_due_at: datetime | None = moment(nullable=True)
    contact_due_at: datetime | None = moment(nullable=True)
    overdue: bool = False
    # The record (cases/record.py): the salt goes with the words when they are erased, the commitment takes its place.
    salt: bytes | None = Field(default=None, sa_type=LargeBinary)
    commitment: bytes | None = Field(default=None, sa_type=LargeBinary)
    link: bytes | None = Field(default=None, sa_type=LargeBinary)  # None: written before there was a record


class Timer(Table, table=True):
    """When the clock will do what to a case; swept by index, each done once."""

    __tablename__ = "timers"
    __table_args__ = (
        UniqueConstraint("case_id", "act", "round"),
        Index("ix_timers_due", "due_at", postgresql_where=text("done_at IS NULL AND NOT paused")),
    )
    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    case_id: UUID = Field(foreign_key="cases.id")
    act: ClockAct = Field(sa_type=words_of(ClockAct))
    round: int
    due_at: datetime = moment()
    paused: bool = False
    done_at: datetime | None = moment(nullable=True)


class Follower(Table, table=True):
    """Who besides staff may see and act on a case: the one who filed it, or who knows its lookup code."""

    __tablename__ = "followers"
    case_id: UUID = Field(primary_key=True, foreign_key="cases.id")
    resident: UUID = Field(primary_key=True, foreign_key="residents.id", index=True)
    via: str  # "filed" or "code"
    at: datetime = moment()


class Photo(Table, table=True):
    """A photo, as our own re-encoded JPEG and never the bytes that came in, or a voice message; a file by its sha256.

    `kind` is `photo` (with width and height) or `voice` (with seconds).
    """

    __tablename__ = "photos"
    id: UUID = Field(primary_key=True)
    kind: str = "photo"
    sha256: str = Field(index=True)
    width: int = 0
    height: int = 0
    seconds: int = 0
    bytes: int
    resident: UUID | None = Field(default=None, foreign_key="residents.id")  # who sent it: a resident …
    person: str | None = Field(default=None, foreign_key="people.code")  # … or somebody on the staff
    case_id: UUID | None = Field(default=None, foreign_key="cases.id", index=True)
    at: datetime = moment()


class Prediction(Table, table=True):
    """What the model said about a case, with the model's version."""

    __tablename__ = "predictions"
    case_id: UUID = Field(primary_key=True, foreign_key="cases.id")
    model: str
    label: str
    confidence: float
    action: str
    ranking: list[list[Any]] = Field(default_factory=new_list, sa_type=DOCUMENT)
    item: str | None = None
    novelty: float | None = None  # 0…1: share of the text's words the model does not know; None: not counted
    at: datetime = moment()


class Correction(Table, table=True):
    """What somebody said about the label: the resident's choice, the dispatcher's, a return, a review.

    `now` other than `was` corrects, the same confirms, None only doubts.
    """

    __tablename__ = "corrections"
    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    case_id: UUID = Field(foreign_key="cases.id", index=True)
    was: str | None = None
    now: str | None = None  # None: only known to be wrong
    actor: str
    role: Role = Field(sa_type=words_of(Role))
    why: str
    at: datetime = moment()


class Rating(Table, table=True):
    """Three separate questions, one answer a round: contacted? solved? satisfied?"""

    __tablename__ = "ratings"
    __table_args__ = (UniqueConstraint("case_id", "round"),)
    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    case_id: UUID = Field(foreign_key="cases.id")
    round: int
    contacted: bool
    solved: str  # yes, partly, no
    satisfied: str  # yes, so_so, no
    at: datetime = moment()
