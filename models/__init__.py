"""Every table of the product. Imports nothing of ours."""

from models.cases import CASE_NUMBERS, Case, Correction, Event, Follower, Photo, Prediction, Rating, Timer
from models.console import AuditEntry, SavedView
from models.desks import Absence, BindingLink, DeskChat, DeskMessage, DutyHandover, DutyShift, ModelVersion
from models.hot import AreaDay, Colour, HotCase, HotIssue
from models.lists import Bulletin, ClearingTarget
from models.outbox import Notification, SeenMessage, StaffAct, StaffSession
from models.residents import ChatMessage, Conversation, Resident
from models.rules import AssignTo, Calendar, ClockPolicy, Kind, RoutingRule, Workday
from models.sending import RefusedUpdate, Sending, SentFile
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
from models.supervision import ORDER_NUMBERS, Alarm, Exclusion, ExclusionReason, Order
from models.together import CoStatus, CoTask
from models.town import Area, Category, Person, Place, Town, Unit
from models.watching import DriftAlarm, ShadowPrediction

__all__ = [
    "CASE_NUMBERS",
    "OPEN",
    "ORDER_NUMBERS",
    "STEPS",
    "Absence",
    "Alarm",
    "Area",
    "AreaDay",
    "AssignTo",
    "AuditEntry",
    "BindingLink",
    "Bulletin",
    "Calendar",
    "Case",
    "Category",
    "ChatMessage",
    "ClearingTarget",
    "ClockAct",
    "ClockPolicy",
    "CoStatus",
    "CoTask",
    "Colour",
    "Conversation",
    "Correction",
    "DeskChat",
    "DeskMessage",
    "DriftAlarm",
    "DutyHandover",
    "DutyShift",
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
    "Prediction",
    "Rating",
    "RefusedUpdate",
    "Resident",
    "ReturnReason",
    "Role",
    "RoutingRule",
    "SavedView",
    "SeenMessage",
    "Sending",
    "SentFile",
    "ShadowPrediction",
    "StaffAct",
    "StaffSession",
    "Status",
    "Step",
    "Timer",
    "Town",
    "Unit",
    "Workday",
]
