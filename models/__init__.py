"""Every table of the product. Imports nothing of ours."""

from models.cases import CASE_NUMBERS, Case, Correction, Event, Follower, Photo, Prediction, Rating, Timer
from models.civic import (
    Announcement,
    AnnouncementCopy,
    Ballot,
    CivicChoice,
    CountedBallot,
    Posting,
    Proposal,
    ResidentHome,
    Score,
    Stage,
    Voter,
    VoteSlip,
    Way,
)
from models.console import AuditEntry, CaseWords, SavedView
from models.desks import Absence, BindingLink, DeskChat, DeskMessage, DutyHandover, DutyShift, ModelVersion
from models.hot import AreaDay, Colour, HotCase, HotIssue
from models.knowledge import Service, ServiceCount, TextOverride
from models.lists import Bulletin, ClearingTarget
from models.outbox import Notification, SeenMessage, StaffAct
from models.partners import ApiKey, Brought
from models.personal import Erasure, Unmasking
from models.residents import ChatMessage, Conversation, Resident
from models.rules import AssignTo, Calendar, ClockPolicy, Kind, RoutingRule, Workday
from models.sending import RefusedUpdate, Sending, SentFile
from models.sign_in import SecondFactor, StaffSession, Tries
from models.status import (
    OPEN,
    STEPS,
    ClockAct,
    Outcome,
    ReturnReason,
    Role,
    Status,
    Step,
)
from models.sums import WeekSums
from models.supervision import ORDER_NUMBERS, Alarm, Exclusion, ExclusionReason, Order
from models.together import CoStatus, CoTask
from models.town import Area, Category, Person, Place, SeededFile, Town, TownImport, Unit
from models.watching import DriftAlarm, ShadowPrediction

__all__ = [
    "CASE_NUMBERS",
    "OPEN",
    "ORDER_NUMBERS",
    "STEPS",
    "Absence",
    "Alarm",
    "Announcement",
    "AnnouncementCopy",
    "ApiKey",
    "Area",
    "AreaDay",
    "AssignTo",
    "AuditEntry",
    "Ballot",
    "BindingLink",
    "Brought",
    "Bulletin",
    "Calendar",
    "Case",
    "CaseWords",
    "Category",
    "ChatMessage",
    "CivicChoice",
    "ClearingTarget",
    "ClockAct",
    "ClockPolicy",
    "CoStatus",
    "CoTask",
    "Colour",
    "Conversation",
    "Correction",
    "CountedBallot",
    "DeskChat",
    "DeskMessage",
    "DriftAlarm",
    "DutyHandover",
    "DutyShift",
    "Erasure",
    "Event",
    "Exclusion",
    "ExclusionReason",
    "Follower",
    "HotCase",
    "HotIssue",
    "Kind",
    "ModelVersion",
    "Notification",
    "Order",
    "Outcome",
    "Person",
    "Photo",
    "Place",
    "Posting",
    "Prediction",
    "Proposal",
    "Rating",
    "RefusedUpdate",
    "Resident",
    "ResidentHome",
    "ReturnReason",
    "Role",
    "RoutingRule",
    "SavedView",
    "Score",
    "SecondFactor",
    "SeededFile",
    "SeenMessage",
    "Sending",
    "SentFile",
    "Service",
    "ServiceCount",
    "ShadowPrediction",
    "StaffAct",
    "StaffSession",
    "Stage",
    "Status",
    "Step",
    "TextOverride",
    "Timer",
    "Town",
    "TownImport",
    "Tries",
    "Unit",
    "Unmasking",
    "VoteSlip",
    "Voter",
    "Way",
    "WeekSums",
    "Workday",
]
