"""About signing in: what counts no more, or was begun under laxer settings, goes within a minute."""

from collections.abc import Callable, Collection
from datetime import datetime

from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from bot import tries
from bot.desk import binding
from bot.transactions import Transactions
from models import Person, Role, SecondFactor, StaffSession


class SignIn:
    """`proves`: the roles that need a second factor."""

    def __init__(self, transactions: Transactions, proves: Collection[Role], now: Callable[[], datetime]) -> None:
        self._transactions, self._proves, self._now = transactions, proves, now

    async def tend(self) -> int:
        """How many tries, sessions and chats it ended."""
        async with self._transactions.begin() as session:
            gone = await tries.clear(session)
            gone += await end_unproven(session, self._proves)
            return gone + await binding.let_go_unproven(session, self._proves, self._now())


async def end_unproven(session: AsyncSession, proves: Collection[Role]) -> int:
    """Sessions from before their rank had to show a factor lead to setting one up from now on."""
    without = select(Person.code).join(SecondFactor, col(SecondFactor.person) == Person.code, isouter=True)
    missing = without.where(col(Person.role).in_(proves), col(SecondFactor.confirmed_at).is_(None))
    theirs = (col(StaffSession.person).in_(missing), col(StaffSession.proven))
    done = await session.execute(update(StaffSession).where(*theirs).values(proven=False))
    return int(done.rowcount)  # type: ignore[attr-defined]
