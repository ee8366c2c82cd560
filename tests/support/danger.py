"""A case of danger, past the conversation, which has tests of its own."""

from uuid import uuid4

from cases.intake import Complaint, file
from models import Conversation, Resident
from tests.support.site import Site


async def file_danger(site: Site, item: str = "公用事业/供气") -> str:
    """Its number. Without an item nobody knows whose it is."""
    async with site.parts.transactions.begin() as session:
        resident = Resident(id=uuid4(), channel="webchat", address=uuid4().hex, created_at=site.parts.now())
        session.add(resident)
        await session.flush()
        session.add(Conversation(resident=resident.id))
        label = {"category": item.partition("/")[0], "item": item} if item else {}
        complaint = Complaint(
            text="楼道里一股煤气味" if item else "出大事了", danger="gas", grid="CX-DG-01-03", **label
        )
        parts = site.parts
        filed = await file(session, parts.senses.book, parts.keys, resident, complaint, parts.now())
        return filed.case.number
