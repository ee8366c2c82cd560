"""Neighbours together: who belongs to which building, proposals with secret ballots, scores, notices to residents."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, Index, LargeBinary
from sqlmodel import Field

from models.base import DOCUMENT, WORDS, Table, moment, new_dict, new_list, words_of


class ResidentHome(Table, table=True):
    """They opened the code of this building. Nothing else is kept: no name, no flat."""

    __tablename__ = "resident_homes"
    __table_args__ = (Index("ix_resident_homes_place", "place", "resident"),)
    resident: UUID = Field(primary_key=True, foreign_key="residents.id")
    place: str = Field(primary_key=True, foreign_key="places.code")
    since: datetime = moment()


class CivicChoice(Table, table=True):
    """What a resident wants of us beside their cases; no row is the usual."""

    __tablename__ = "civic_choices"
    resident: UUID = Field(primary_key=True, foreign_key="residents.id")
    notices_off: bool = False
    asked_quarter: str = ""  # the last one in which they were asked for a score


class Stage(StrEnum):
    """A proposal's."""

    RAISED = "raised"  # by a resident, nobody has looked at it
    REFUSED = "refused"
    PLANNED = "planned"  # accepted, opens by the clock
    OPEN = "open"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class Way(StrEnum):
    """How one person is one vote."""

    RESIDENT = "resident"  # whoever opened the code of one of the buildings
    HOUSEHOLD = "household"  # whoever has the household's slip


class Proposal(Table, table=True):
    """Something neighbours decide. `ballot_key` is sealed and random; it is destroyed with the counting."""

    __tablename__ = "proposals"
    __table_args__ = (Index("ix_proposals_stage", "stage", "closes_at"),)
    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    stage: Stage = Field(sa_type=words_of(Stage))
    title: str
    text: str = ""
    options: list[str] = Field(default_factory=new_list, sa_type=WORDS)
    places: list[str] = Field(default_factory=new_list, sa_type=WORDS)
    way: Way = Field(default=Way.RESIDENT, sa_type=words_of(Way))
    majority: str = "half"  # see cases/elections.py
    quorum: int = 5
    raised_at: datetime = moment()
    raised_by: UUID | None = Field(default=None, foreign_key="residents.id")  # the resident, for the answer only
    checked_by: str | None = Field(default=None, foreign_key="people.code")
    reason: str = ""  # why it was refused or withdrawn
    opens_at: datetime | None = moment(nullable=True)
    closes_at: datetime | None = moment(nullable=True)
    ballot_key: bytes | None = Field(default=None, sa_type=LargeBinary)
    counts: list[int] | None = Field(default=None, sa_type=DOCUMENT)  # ballots for each option, once closed
    outcome: str = ""  # passed, not_passed, tie, no_quorum; nothing before it is closed
    winner: int | None = None


class Ballot(Table, table=True):
    """While the vote is open: a voter's mark under the proposal's own key, and the choice sealed. See ADR 32."""

    __tablename__ = "ballots"
    proposal: int = Field(primary_key=True, foreign_key="proposals.id", sa_type=BigInteger)
    mark: str = Field(primary_key=True)
    sealed: bytes


class CountedBallot(Table, table=True):
    """After the vote: the choices alone, under random numbers, so that anybody may count again."""

    __tablename__ = "counted_ballots"
    proposal: int = Field(primary_key=True, foreign_key="proposals.id", sa_type=BigInteger)
    number: UUID = Field(primary_key=True)
    choice: int


class Voter(Table, table=True):
    """Who is to be told the result. Says that they voted, never what; gone once they are told."""

    __tablename__ = "voters"
    proposal: int = Field(primary_key=True, foreign_key="proposals.id", sa_type=BigInteger)
    resident: UUID = Field(primary_key=True, foreign_key="residents.id")


class VoteSlip(Table, table=True):
    """投票码 of a household: twelve digits on paper, here only their hash."""

    __tablename__ = "vote_slips"
    hash: str = Field(primary_key=True)
    proposal: int = Field(foreign_key="proposals.id", index=True, sa_type=BigInteger)
    place: str = Field(foreign_key="places.code")


class Score(Table, table=True):
    """What somebody thinks of a community's or a street's work in a quarter. `mark` is keyed: it names nobody."""

    __tablename__ = "scores"
    area: str = Field(primary_key=True, foreign_key="areas.code")
    quarter: str = Field(primary_key=True)  # 2026Q4
    mark: str = Field(primary_key=True)
    answers: dict[str, int] = Field(default_factory=new_dict, sa_type=DOCUMENT)
    business: bool = False
    words: str = ""  # numbers and names starred out before they are kept
    at: datetime = moment()


class Posting(StrEnum):
    """A notice's stage."""

    DRAFT = "draft"
    WAITING = "waiting"  # for a second person
    SENDING = "sending"
    SENT = "sent"
    RECALLING = "recalling"  # telling those who have it that it does not hold
    WITHDRAWN = "withdrawn"


class Announcement(Table, table=True):
    """信息发布: words to the residents of some places. `cursor` is the last resident the work in hand came to."""

    __tablename__ = "announcements"
    __table_args__ = (Index("ix_announcements_stage", "stage", "id"),)
    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    stage: Posting = Field(sa_type=words_of(Posting))
    title: str
    texts: dict[str, str] = Field(default_factory=new_dict, sa_type=DOCUMENT)  # by language; Simplified always
    signed: str  # 丹桂社区 · 王兴
    places: list[str] = Field(default_factory=new_list, sa_type=WORDS)
    emergency: bool = False
    proposal: int | None = Field(default=None, foreign_key="proposals.id", sa_type=BigInteger)  # it opens this vote
    by: str = Field(foreign_key="people.code")
    approved_by: str | None = Field(default=None, foreign_key="people.code")
    reach: int = 0  # residents it was meant for, when it was let out
    created_at: datetime = moment()
    sent_at: datetime | None = moment(nullable=True)
    cursor: UUID | None = None
    correction: str = ""  # what holds instead, when it was taken back
    withdrawn_by: str | None = Field(default=None, foreign_key="people.code")


class AnnouncementCopy(Table, table=True):
    """What became of a notice for one resident."""

    __tablename__ = "announcement_copies"
    __table_args__ = (Index("ix_announcement_copies_resident", "resident", "at"),)
    announcement: int = Field(primary_key=True, foreign_key="announcements.id", sa_type=BigInteger)
    resident: UUID = Field(primary_key=True, foreign_key="residents.id")
    state: str  # sent, opted_out, too_many, unreachable
    notification: int | None = Field(default=None, foreign_key="notifications.id", sa_type=BigInteger)
    at: datetime = moment()
