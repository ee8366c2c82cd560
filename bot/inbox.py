"""Takes a message in: once only, one conversation at a time, run the flow, commit — then it may be acknowledged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4, uuid5

from sqlmodel.ext.asyncio.session import AsyncSession

from bot import transcript
from bot.direct import direct
from bot.flows import neighbours, talk
from bot.flows.alike import about_to_file
from bot.flows.effects import Effect
from bot.flows.state import Draft, Mode, State
from bot.flows.surroundings import Brief
from bot.hearing import hear
from bot.messages import Incoming, Say
from bot.neighbours import known_to
from bot.perform import perform
from bot.scene import Scene
from bot.senses import Senses
from bot.texts import DEFAULT, LOCALES
from bot.transactions import Transactions
from bot.transcript import Held, Line
from cases import exclusion, feedback, homes, joining, queries
from cases.errors import Refusal
from cases.keys import Keys
from models import Case, Photo, Resident

DRAFT_LASTS = timedelta(days=7)
FIRST = """
INSERT INTO seen_messages (channel, receiver, key, at) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING RETURNING key
"""
NAMESPACE = UUID("5f7a9a3e-6f0c-4f7b-9c56-2a6b7f0d1c11")


def resident_id(channel: str, address: str) -> UUID:
    """Follows from the address, so that whoever knows it knows whose conversation it is."""
    return uuid5(NAMESPACE, f"{channel}:{address}")


class Unknown(Refusal):
    """Nobody has welcomed them yet: the channel opens a conversation first."""

    http_status = 401


@dataclass(frozen=True)
class Caller:
    """Who is at the other end, as their channel knows them, and by which building's code they came."""

    channel: str
    address: str
    locale: str | None = None
    building: str | None = None
    large: bool | None = None  # elder mode, where they chose

    @property
    def id(self) -> UUID:
        return resident_id(self.channel, self.address)


@dataclass(frozen=True)
class Taken:
    """What a message brought about: the lines, in whose language, and the cases they speak of."""

    rows: Sequence[Line]
    locale: str
    cases: Mapping[UUID, Case]
    stale: bool = False  # it was an old button


@dataclass(frozen=True)
class Inbox:
    transactions: Transactions
    keys: Keys

    async def welcome(self, senses: Senses, caller: Caller, now: datetime) -> Resident:
        """Whoever is at this address, known or new; the first line is said to somebody new."""
        async with self.transactions.begin() as session:
            held = await met(session, caller, now)
            resident, state, is_new = held.resident, State.model_validate(held.state), not held.state
            if caller.locale in LOCALES:
                resident.locale = caller.locale
            if caller.large is not None:
                resident.large = caller.large
            new_place = caller.building is not None and caller.building != state.building
            state.building = caller.building or state.building
            if caller.building:
                await homes.tie(session, resident.id, caller.building, now)
            if is_new or new_place:
                greeting = talk.greet(state, senses.around((), False))
                await transcript.said(session, resident, greeting, f"hello:{uuid4()}", now)
                await transcript.remember(session, held, state.model_dump(mode="json"), held.expires_at)
            return resident

    async def take(
        self,
        senses: Senses,
        incoming: Incoming,
        kept: Sequence[Photo] = (),
        notes: Sequence[Say] = (),
        caller: Caller | None = None,
    ) -> Taken:
        """Everything the message brings about is committed when this returns; the same key again changes nothing.

        `notes` are said first, as about a file that could not be kept. Somebody new is let in where the channel says
        who is `caller`; otherwise Unknown is raised for them.
        """
        async with self.transactions.begin() as session:
            its = (incoming.channel, incoming.receiver, incoming.key, incoming.at)
            held, is_first = await transcript.lock_once(session, incoming.resident, *its)
            if held is None and caller:
                held, is_first = await met(session, caller, incoming.at), await first_time(session, *its)
            if held is None:
                raise Unknown("request.no_session")
            resident = held.resident
            if not is_first:
                rows = await transcript.because_of(session, incoming.resident, incoming.key)
                return Taken(rows, resident.locale, await queries.of_ids(session, {row.case_id for row in rows}))
            if kept:
                session.add_all(kept)
                await session.flush()
            if resident.unreachable_at:  # whoever speaks can be reached
                resident.unreachable_at = None
            return await self._converse(session, senses, held, incoming, kept, notes)

    async def _converse(
        self,
        session: AsyncSession,
        senses: Senses,
        held: Held,
        incoming: Incoming,
        kept: Sequence[Photo],
        notes: Sequence[Say],
    ) -> Taken:
        resident = held.resident
        scene = Scene(session, senses.book, self.keys, resident, incoming.at)
        state = await _state(session, held, incoming)
        drafting = state.draft is not None
        theirs = await queries.of_resident(session, resident.id) if held.has_cases else []
        cases = {case.number: case for case in theirs}
        briefs = [_brief(case, incoming.at) for case in cases.values()]
        hearing = await hear(session, incoming, kept)
        heard, stale = hearing.heard, hearing.stale
        around = senses.around(briefs, bool(resident.contact))
        effects: list[Effect] = []
        if incoming.building:
            await homes.tie(session, resident.id, incoming.building, incoming.at)
        if neighbours.concerns(state, heard):
            around = replace(around, **await known_to(session, senses.book, resident.id))
        if stale is None and (draft := about_to_file(state, heard)):
            alike = await joining.for_resident(session, senses.book, _about(draft), resident.id, incoming.at)
            around = replace(around, alike=alike)
        if stale is not None:
            state, effects = talk.stale(state, stale, around, incoming.at)
        elif not (notes and heard.empty):
            state, effects = talk.step(state, heard, around, incoming.at)
        if drafting and state.draft is None:
            await transcript.end_draft_buttons(session, resident.id, incoming.at)
        rows, done = [hearing.row], await perform(scene, [*notes, *effects])
        if state.mode is Mode.DANGER and not state.case:
            state.case = next((case.number for _, case in done if case), "")
        for n, (line, case) in enumerate(done):
            about = case or cases.get(_number(line))
            cases |= {about.number: about} if about else {}
            key, about_id = f"re:{incoming.key}:{n}", about.id if about else None
            rows.append(await transcript.ours(session, resident, line, key, incoming.at, about_id))
        await transcript.close(session, held, rows, state.model_dump(mode="json"), incoming.at + DRAFT_LASTS)
        return Taken(rows, resident.locale, {case.id: case for case in cases.values()}, stale is not None)


async def first_time(session: AsyncSession, channel: str, receiver: str, key: str, now: datetime) -> bool:
    """Whether this message was never taken in before; says so for good with the rest of the transaction."""
    taken = await (await direct(session)).execute(FIRST, (channel, receiver, key, now))
    return await taken.fetchone() is not None


async def met(session: AsyncSession, caller: Caller, now: datetime) -> Held:
    """The conversation of whoever is at this address, held; begun for somebody new."""
    held = await transcript.lock(session, caller.id)
    if held:
        return held
    locale = caller.locale if caller.locale in LOCALES else DEFAULT
    new = Resident(id=caller.id, channel=caller.channel, address=caller.address, locale=locale, created_at=now)
    return await transcript.begin(session, new)


async def _state(session: AsyncSession, held: Held, incoming: Incoming) -> State:
    """Where the talk stood; a draft nobody touched for a week is forgotten, what one said stays in the transcript."""
    state = State.model_validate(held.state)
    expired = held.expires_at is not None and held.expires_at < incoming.at
    if expired and (state.mode is not Mode.IDLE or state.album):
        await transcript.end_draft_buttons(session, incoming.resident, incoming.at)
        state = State(building=state.building)
    state.building = incoming.building or state.building
    return state


def _brief(case: Case, now: datetime) -> Brief:
    ended = case.closed_at or case.resolved_at
    too_late = ended is not None and not feedback.may_reopen(case, now)
    return Brief(
        number=case.number,
        status=case.status,
        category=case.item or case.category or "",
        too_late=too_late,
        relay=case.relay is not None,
        appeal=exclusion.may_appeal(case, now),
        danger=case.danger,
        at=case.submitted_at,
        place=case.place,
        grid=case.grid,
    )


def _about(draft: Draft) -> joining.About:
    return joining.About(draft.text, draft.category, draft.item, draft.place, draft.lon, draft.lat)


def _number(line: Say) -> str:
    """The case a line is about, by itself or by its buttons."""
    return line.number or str(next((b.payload["number"] for b in line.buttons if "number" in b.payload), ""))
