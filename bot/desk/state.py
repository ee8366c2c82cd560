"""What the talk with somebody on the staff remembers between two messages. Kept as JSON in the chat's row."""

from datetime import datetime, timedelta

from pydantic import BaseModel, Field

FORGOTTEN_AFTER = timedelta(hours=12)  # an evening's words are no answer to the morning's question


class Pending(BaseModel):
    """A step that still needs something. `asks` is what, the first being asked now."""

    key: str  # the button's token: under it the step is taken once
    step: str
    number: str = ""  # of the case
    version: int = 0  # of the case as the card showed it
    asks: list[str] = Field(default_factory=list)
    since: datetime
    text: str = ""
    reason: str | None = None
    ground: str | None = None
    outcome: str | None = None
    unit: str | None = None
    units: list[str] = Field(default_factory=list)  # called so far
    assignee: str | None = None
    field: str | None = None  # the department's field whose items are shown
    category: str | None = None
    days: int | None = None
    master: str | None = None  # number of the case it is merged into
    photos: list[str] = Field(default_factory=list)
    page: int = 0
    sought: str = ""  # what a long list is narrowed by


class State(BaseModel):
    pending: Pending | None = None
    counter: int | None = None  # the line that counts photos as they come
