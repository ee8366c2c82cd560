"""What somebody was told about a case: text keys with the words that came along, in their order."""

from sqlmodel import col, select

from models import Case, Notification
from tests.support.site import Site


async def told(site: Site, number: str, person: str | None, key: str = "") -> list[tuple[str, str]]:
    """`person` None: the resident. `key`: only these."""
    async with site.parts.sessions() as session:
        chosen = select(Notification).join(Case, col(Case.id) == Notification.case_id).where(Case.number == number)
        chosen = chosen.where(col(Notification.person).is_(None) if person is None else Notification.person == person)
        rows = (await session.exec(chosen.order_by(col(Notification.id)))).all()
    return [(row.text_key, row.args["text"]) for row in rows if key in ("", row.text_key)]


async def who_was_told(site: Site, number: str, key: str) -> list[str]:
    """Of the staff, by name, in order."""
    async with site.parts.sessions() as session:
        chosen = select(Notification.person).join(Case, col(Case.id) == Notification.case_id)
        chosen = chosen.where(
            Case.number == number, Notification.text_key == key, col(Notification.person).is_not(None)
        )
        return sorted(str(person) for person in (await session.exec(chosen)).all())
