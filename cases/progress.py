"""How far a notice has come: of its residents who has it, who cannot be reached, who wants none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

COUNTED = text("""
SELECT copy.announcement, copy.state, count(*) AS n,
    count(*) FILTER (WHERE line.id IS NOT NULL AND line.failed_at IS NULL
        AND (line.channel = '' OR line.sent_at IS NOT NULL)) AS delivered,
    count(*) FILTER (WHERE line.failed_at IS NOT NULL OR notice.failed_at IS NOT NULL) AS failed
FROM announcement_copies AS copy
LEFT JOIN notifications AS notice ON notice.id = copy.notification
LEFT JOIN chat_messages AS line ON line.resident = copy.resident AND line.unique_key = 'notice:' || notice.id
WHERE copy.announcement = ANY(:numbers) GROUP BY copy.announcement, copy.state
""")


@dataclass(frozen=True)
class Progress:
    sent: int = 0  # on its way or there
    delivered: int = 0
    unreachable: int = 0
    opted_out: int = 0
    too_many: int = 0  # had two this week

    @property
    def done(self) -> int:
        return self.sent + self.unreachable + self.opted_out + self.too_many


async def of(session: AsyncSession, numbers: Sequence[int]) -> Mapping[int, Progress]:
    found: dict[int, dict[str, int]] = {number: {} for number in numbers}
    for number, state, n, delivered, failed in await session.execute(COUNTED, {"numbers": list(numbers)}):
        into = found[number]
        if state == "sent":
            into |= {"sent": n - failed, "delivered": delivered}
        into["unreachable"] = into.get("unreachable", 0) + (n if state == "unreachable" else failed)
        if state in ("opted_out", "too_many"):
            into[state] = n
    return {number: Progress(**counts) for number, counts in found.items()}
