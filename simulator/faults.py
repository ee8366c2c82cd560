"""Trouble on order: the next n calls of a method, or a share of them."""

import random
from dataclasses import asdict, dataclass
from typing import Any

KINDS = ("429", "500", "timeout", "reset", "403")


@dataclass
class Fault:
    kind: str
    method: str = "*"
    bot: int | None = None
    chat: int | None = None
    count: int | None = 1  # None: until taken away
    share: float = 1.0
    retry_after: int = 1
    seconds: float = 3600  # how long a time-out holds the line
    after: bool = False  # the work is done, only its answer is lost

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind is one of {', '.join(KINDS)}")
        if not 0 < self.share <= 1:
            raise ValueError("share is over 0 and up to 1")

    def meets(self, method: str, bot: int, chat: int | None) -> bool:
        named = (self.method == "*" and method != "getupdates") or self.method.lower() == method
        return named and self.bot in (None, bot) and self.chat in (None, chat)


class Faults:
    def __init__(self, seed: int = 1) -> None:
        self.planned: list[Fault] = []
        self.random = random.Random(seed)

    def plan(self, **wanted: Any) -> Fault:
        """A share without a count lasts until taken away."""
        if "share" in wanted:
            wanted.setdefault("count", None)
        fault = Fault(**wanted)
        self.planned.append(fault)
        return fault

    def take(self, method: str, bot: int, chat: int | None) -> Fault | None:
        for fault in self.planned:
            if fault.meets(method, bot, chat) and self.random.random() < fault.share:
                if fault.count is not None:
                    fault.count -= 1
                    if fault.count <= 0:
                        self.planned.remove(fault)
                return fault
        return None

    def as_json(self) -> list[dict[str, Any]]:
        return [asdict(fault) for fault in self.planned]
