"""Beside the stops: how a message is meant, for whoever routes and reads it. What it wants, and whether it can wait."""

from dataclasses import dataclass

from classifiers.kinds import kind
from classifiers.urgency import urgent

PRAISE = "praise"


@dataclass(frozen=True, slots=True)
class Manner:
    """`kind`: one of KINDS, None where that is not clear."""

    kind: str | None
    urgent: bool


def manner(text: str) -> Manner:
    """Praise tells of haste that is over, whatever its words."""
    wants = kind(text)
    return Manner(wants, wants != PRAISE and urgent(text) is not None)
