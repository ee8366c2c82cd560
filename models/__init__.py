"""Every table of the product. Imports nothing of ours."""

from models.cases import CASE_NUMBERS, Case, Correction, Event, Follower, Photo, Prediction, Rating, Timer
from models.outbox import Notification, SeenMessage, StaffAct, StaffSession
from models.residents import ChatMessage, Conversation, Resident
from models.rules import AssignTo, Calendar, ClockPolicy, RoutingRule, Workday
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
from models.town import Area, Category, Person, Place, Town, Unit

__all__ = [
    "CASE_NUMBERS", "OPEN", "STEPS", "Area", "AssignTo", "Calendar", "Case", "Category", "ChatMessage", "ClockAct",
    "ClockPolicy", "Conversation", "Correction", "Event", "Follower", "Notification", "Outcome", "Person", "Photo",
    "Place", "Prediction", "Rating", "Resident", "ReturnReason", "Role", "RoutingRule", "SeenMessage", "StaffAct",
    "StaffSession", "Status", "Step", "Timer", "Town", "Unit", "Workday",
]  # fmt: skip
