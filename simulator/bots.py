"""A bot: its token, who has blocked it, its commands, its updates and its webhook."""

import re
from dataclasses import dataclass, field
from typing import Any

from simulator.chats import User
from simulator.updates import Updates
from simulator.webhooks import Hook

TOKEN = re.compile(r"\d{1,20}:[A-Za-z0-9_-]{1,80}")


@dataclass(eq=False)
class Bot:
    token: str
    user: User
    updates: Updates
    reads_all: bool = False  # privacy mode off: sees every message of its groups
    known: set[int] = field(default_factory=set)  # people who ever started it
    blocked: set[int] = field(default_factory=set)
    commands: dict[tuple[str, str], list[dict[str, str]]] = field(default_factory=dict)
    hook: Hook | None = None

    @property
    def id(self) -> int:
        return self.user.id

    @property
    def username(self) -> str:
        return self.user.username

    def as_json(self) -> dict[str, Any]:
        return self.user.as_json() | {
            "can_join_groups": True, "can_read_all_group_messages": self.reads_all, "supports_inline_queries": False,
            "can_connect_to_business": False, "has_main_web_app": False,
        }  # fmt: skip
