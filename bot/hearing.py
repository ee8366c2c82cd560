"""An incoming message as the flow hears it, its button or its earlier form looked up, and as the line it leaves."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel.ext.asyncio.session import AsyncSession

from bot import numbered, transcript
from bot.flows import words
from bot.flows.heard import Edit, Heard
from bot.flows.neighbours import SECRET
from bot.messages import Incoming, Say
from bot.scrub import is_cut, scrub
from bot.transcript import Line
from cases.masking import mask_numbers
from models import Case, Photo


@dataclass(frozen=True)
class Hearing:
    heard: Heard
    row: Line
    stale: str | None = None  # an old button: the number of the case it was about, or ""


async def hear(session: AsyncSession, incoming: Incoming, files: Sequence[Photo]) -> Hearing:
    """Whoever presses says the button's label; whoever sends a secret code has it hidden."""
    edit = await _edit(session, incoming) if incoming.edits else None
    photos = [str(file.id) for file in files]
    row = transcript.heard(incoming.resident, incoming.key, _shown(incoming, files), photos, incoming.at)
    row.external = [incoming.number] if incoming.number and not incoming.choice else []
    voices = [str(file.id) for file in files if file.kind == "voice"]
    if voices:
        row.args = {**row.args, "voices": voices}
    if incoming.choice:
        return await _pressed(session, incoming, row)
    if row.external:  # found again by its number before the answer is there
        await transcript.add(session, row)
    heard = Heard(
        text=scrub(incoming.text),
        photos=row.photos,
        voices=voices,
        numbers=row.external,
        album=incoming.album,
        edit=edit,
        pin=incoming.pin,
        cut=is_cut(incoming.text),
    )
    return Hearing(heard, row)


def _shown(incoming: Incoming, files: Sequence[Photo]) -> str | Say:
    text = scrub(incoming.text)
    if incoming.pin:
        return Say("said.pin")
    if words.secret(text):
        return f"•••• {text[-4:]}"
    if text or any(file.kind == "photo" for file in files):
        return mask_numbers(text) if words.phone(text) else text
    return Say("said.voice") if files else Say("said.unreadable")


async def _pressed(session: AsyncSession, incoming: Incoming, row: Line) -> Hearing:
    found = await transcript.pressed(session, incoming.resident, scrub(incoming.choice), incoming.at)
    button, fresh = found or ({"action": "", "label": "said.button", "args": {}, "payload": {}}, False)
    secret = button["action"] in SECRET
    row.text_key, row.args = ("said.vote", {}) if secret else (button["label"], button["args"])
    heard = Heard(action=button["action"], payload=button["payload"])
    return Hearing(heard, row, None if fresh else button["payload"].get("number", ""))


async def _edit(session: AsyncSession, incoming: Incoming) -> Edit | None:
    """None for a message nobody knows, or whose words were not kept as they were: then these are new words."""
    before = await numbered.latest(session, incoming.resident, incoming.edits)
    if before is None or before.text_key:
        return None
    case = await session.get(Case, before.case_id) if before.case_id else None
    return Edit(before.text, case.number if case else "")
