"""A clock that stands still until told otherwise. Call it, as the program calls its own, for an aware `now`."""

from datetime import UTC, datetime, timedelta

WORKDAY_MORNING = datetime(2026, 11, 18, 2, 0, tzinfo=UTC)  # a Wednesday, ten o'clock in Shanghai


class Clock:
    def __init__(self, now: datetime = WORKDAY_MORNING) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def set(self, now: datetime) -> None:
        self.now = now

    def forward(self, **span: float) -> datetime:
        """`clock.forward(hours=3)`, `clock.forward(days=-1)`"""
        self.now += timedelta(**span)
        return self.now
