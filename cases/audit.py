"""The log of changes by hand (操作日志): the one door through which a line gets in, with the change itself."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from models import AuditEntry

Fields = Mapping[str, Any]


def note(
    session: AsyncSession, who: str, action: str, kind: str, subject: str, now: datetime,
    *, before: Fields | None = None, after: Fields | None = None, reason: str = "",
) -> None:  # fmt: skip
    """Kept with the transaction or not at all. Of `before` and `after` only what differs; values as JSON can hold them.

    Never give it personal data of residents: whoever reads the log has no need of it.
    """
    old, new = _differing(before, after)
    session.add(
        AuditEntry(at=now, person=who, action=action, kind=kind, subject=subject, before=old, after=new, reason=reason)
    )


def _differing(before: Fields | None, after: Fields | None) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    if before is None or after is None:
        return (dict(before) if before is not None else None), (dict(after) if after is not None else None)
    changed = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return {name: before.get(name) for name in changed}, {name: after.get(name) for name in changed}
