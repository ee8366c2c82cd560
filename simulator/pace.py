"""How long the simulator waits: Telegram's own times, which tests shorten."""

from dataclasses import dataclass


@dataclass
class Pace:
    """In seconds."""

    webhook_timeout: float = 60
    webhook_retry: float = 1  # the unit of the back-off: at once, 2, 4, 8 … units
    link_life: float = 3600  # Telegram promises a download link for at least an hour
    query_life: float = 60  # after that a pressed button's query is too old
