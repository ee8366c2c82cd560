"""Ballots (投票): one for each voter, to be changed until the vote closes, read by nobody before. See ADR 32.

A mark under the proposal's own random key keeps each voter to one ballot; the choice is sealed beside it. Closing opens
them all at once, keeps the choices under random numbers, and destroys key and marks: from then on nobody can tell
whose choice is whose, whatever secrets they hold.
"""

import hmac
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import delete, func
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from cases import homes
from cases.elections import count, decide
from cases.errors import NotAllowed, NotFound, Stale
from cases.keys import Keys
from models import Ballot, CountedBallot, Proposal, Stage, Voter, VoteSlip, Way

_NONCE = 12


def new_key(keys: Keys) -> bytes:
    """A proposal's own, sealed: whoever copies the database alone cannot use it."""
    return keys.seal(secrets.token_hex(32))


class Box:
    """Marks and seals the ballots of one proposal."""

    def __init__(self, keys: Keys, proposal: Proposal) -> None:
        if proposal.ballot_key is None:
            raise Stale("vote.closed")
        self._key = bytes.fromhex(keys.open(proposal.ballot_key))
        self._seal = AESGCM(hmac.digest(self._key, b"choice", "sha256"))

    def mark(self, voter: str) -> str:
        return hmac.digest(self._key, f"voter:{voter}".encode(), "sha256").hex()

    def seal(self, choice: int, mark: str) -> bytes:
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._seal.encrypt(nonce, bytes([choice]), mark.encode())

    def open(self, ballot: Ballot) -> int:
        sealed = ballot.sealed
        return self._seal.decrypt(sealed[:_NONCE], sealed[_NONCE:], ballot.mark.encode())[0]


async def cast(
    session: AsyncSession, keys: Keys, resident: UUID, number: int, choice: int, now: datetime, *, slip: str = ""
) -> Proposal:
    """The ballot of this resident, or of the household whose slip this is; the last one before the end counts.

    Raises Stale once it is closed, NotAllowed for whom it is not.
    """
    proposal = await open_one(session, number, now)
    if choice not in range(len(proposal.options)):
        raise NotFound("vote.not_found")
    voter = await _voter(session, proposal, resident, slip)
    box = Box(keys, proposal)
    mark = box.mark(voter)
    sealed = box.seal(choice, mark)
    ballot = insert(Ballot).values(proposal=number, mark=mark, sealed=sealed)
    await session.execute(ballot.on_conflict_do_update(index_elements=["proposal", "mark"], set_={"sealed": sealed}))
    told = insert(Voter).values(proposal=number, resident=resident).on_conflict_do_nothing()
    await session.execute(told)
    return proposal


async def open_one(session: AsyncSession, number: int, now: datetime) -> Proposal:
    """Held against being closed at the same moment. Raises NotFound, or Stale by the clock, whoever sweeps when."""
    held = select(Proposal).where(Proposal.id == number).with_for_update(read=True, key_share=True)
    proposal = (await session.exec(held)).first()
    if proposal is None or proposal.closes_at is None:
        raise NotFound("vote.not_found")
    if proposal.stage is not Stage.OPEN or now >= proposal.closes_at:
        raise Stale("vote.closed")
    return proposal


async def _voter(session: AsyncSession, proposal: Proposal, resident: UUID, slip: str) -> str:
    if proposal.way is Way.HOUSEHOLD:
        known = await session.get(VoteSlip, slip) if slip else None
        if known is None or known.proposal != proposal.id:
            raise NotAllowed("vote.needs_slip")
        return f"slip:{slip}"
    if set(proposal.places).isdisjoint(await homes.of(session, resident)):
        raise NotAllowed("vote.not_here")
    return f"resident:{resident}"


async def of_slip(session: AsyncSession, keys: Keys, code: str, now: datetime) -> tuple[Proposal, str]:
    """What a household's slip is for, and its hash. A wrong one and one of another vote look the same."""
    hash_ = keys.slip_hash(code)
    slip = await session.get(VoteSlip, hash_)
    if slip is None:
        raise NotFound("slip.unknown")
    return await open_one(session, slip.proposal, now), hash_


async def turnout(session: AsyncSession, numbers: Sequence[int]) -> Mapping[int, int]:
    """Ballots cast so far; all that is known of an open vote."""
    counted = select(Ballot.proposal, func.count()).where(col(Ballot.proposal).in_(numbers))
    return dict((await session.exec(counted.group_by(col(Ballot.proposal)))).all())


async def close(session: AsyncSession, keys: Keys, proposal: Proposal) -> None:
    """Opens every ballot, keeps the choices in no order under random numbers, and destroys what could tell whose."""
    box = Box(keys, proposal)
    ballots = (await session.exec(select(Ballot).where(Ballot.proposal == proposal.id))).all()
    choices = sorted(box.open(ballot) for ballot in ballots)
    rows = [{"proposal": proposal.id, "number": uuid4(), "choice": choice} for choice in choices]
    if rows:
        await session.execute(insert(CountedBallot), sorted(rows, key=lambda row: str(row["number"])))
    await discard(session, proposal)
    proposal.stage, proposal.counts = Stage.CLOSED, count(choices, len(proposal.options))
    result = decide(proposal.counts, proposal.quorum, proposal.majority)
    proposal.outcome, proposal.winner = result.outcome, result.winner


async def discard(session: AsyncSession, proposal: Proposal) -> None:
    """Ballots, slips and the key: nothing is left to link."""
    for table in (Ballot, VoteSlip):
        await session.execute(delete(table).where(col(table.proposal) == proposal.id))
    proposal.ballot_key = None


async def recount(session: AsyncSession, proposal: Proposal) -> list[int]:
    """From the kept ballots, once more."""
    kept = select(CountedBallot.choice).where(CountedBallot.proposal == proposal.id)
    return count((await session.exec(kept)).all(), len(proposal.options))
