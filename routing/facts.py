"""Start of routing: what is known about a complaint when somebody has to be found for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from models.base import aware
from routing import spelling

SHANGHAI = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True)
class Facts:
    """All a rule may look at. Nothing else decides, so the snapshot on the case explains the decision for good."""

    category: str | None = None  # a department's field
    item: str | None = None  # a 事项 of it
    area_path: tuple[str, ...] = ()  # codes from the city down to the grid; empty when unknown
    special: tuple[str, ...] = ()  # codes of the special grids it lies in
    place_kind: str | None = None
    danger: str | None = None  # which words of danger, when there are any
    kind: str | None = None  # what the resident wants, as models.Kind; None when that is not clear
    urgent: bool = False  # their words say it cannot wait
    confidence: float = 0.0  # 1.0 once a person chose the category
    at: datetime = field(kw_only=True)  # when it was filed, not when it is routed
    round: int = 1  # 2 and more: reopened
    refusers: frozenset[str] = frozenset()  # person codes: returned it
    refused_units: frozenset[str] = frozenset()  # unit codes: said “not ours”
    accused: frozenset[str] = frozenset()  # codes of people and units the complaint is about
    text: str = ""  # for predicates on words; the case keeps it, so the snapshot does not

    def __post_init__(self) -> None:
        """Refuses a naive `at` (ValueError)."""
        aware(self.at)

    @cached_property
    def local(self) -> datetime:
        """`at` as the clock on the wall shows it: rules speak of Shanghai time."""
        return self.at.astimezone(SHANGHAI)

    @cached_property
    def plain_text(self) -> str:
        """The text as words are looked up in it: Traditional or full-width makes no difference."""
        return spelling.plain(self.text)

    def snapshot(self) -> dict[str, Any]:
        """As JSON, in a fixed order, for the case and for a dry run."""
        return {
            "category": self.category,
            "item": self.item,
            "area_path": list(self.area_path),
            "special": list(self.special),
            "place_kind": self.place_kind,
            "danger": self.danger,
            "kind": self.kind,
            "urgent": self.urgent,
            "confidence": round(self.confidence, 4),
            "at": aware(self.at).isoformat(),
            "round": self.round,
            "refusers": sorted(self.refusers),
            "refused_units": sorted(self.refused_units),
            "accused": sorted(self.accused),
        }

    @classmethod
    def of(cls, snapshot: Mapping[str, Any], text: str = "") -> "Facts":
        """Back from a snapshot, of any age: what it does not name was not known then. KeyError without a time."""
        said = snapshot.get
        return cls(
            category=said("category"),
            item=said("item"),
            area_path=tuple(said("area_path") or ()),
            special=tuple(said("special") or ()),
            place_kind=said("place_kind"),
            danger=said("danger"),
            kind=said("kind"),
            urgent=said("urgent", False),
            confidence=said("confidence", 0.0),
            at=datetime.fromisoformat(snapshot["at"]),
            round=said("round", 1),
            refusers=frozenset(said("refusers") or ()),
            refused_units=frozenset(said("refused_units") or ()),
            accused=frozenset(said("accused") or ()),
            text=text,
        )
