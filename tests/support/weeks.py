"""Weeks of cases with what the model said of them, put in at once, for what is counted by the week."""

from datetime import datetime, timedelta
from uuid import uuid4

from sqlmodel.ext.asyncio.session import AsyncSession

from models import Case, Correction, Prediction, Resident, Role, Status


class Filing:
    """Puts in weeks of cases: `await filing.week(1, cases=40, ask=5)` is the last full one, 2 the one before."""

    def __init__(self, session: AsyncSession, monday: datetime) -> None:
        """`monday`: an hour of the one that ends the last full week."""
        self.session, self.monday = session, monday
        self.resident = Resident(id=uuid4(), channel="webchat", address=uuid4().hex, created_at=monday)
        session.add(self.resident)

    async def week(self, ago: int, *, cases: int = 40, ask: int = 5, wrong: int = 0, novelty: float = 0.1) -> None:
        at = self.monday - timedelta(weeks=ago) + timedelta(days=2)
        made = [await self.case(at, "ask" if n < ask else "route", novelty) for n in range(cases)]
        for case in made[-wrong:] if wrong else []:
            self.say(case, "公安", at)
        await self.session.flush()

    async def case(self, at: datetime, action: str = "route", novelty: float | None = 0.1) -> Case:
        key = uuid4()
        case = Case(
            id=key, number=key.hex[:12], code_hash=key.hex, resident=self.resident.id, status=Status.SUBMITTED,
            text="楼下烧烤店油烟太大", submitted_at=at,
        )  # fmt: skip
        self.session.add(case)
        await self.session.flush()
        said = {"model": "m", "label": "城市管理", "confidence": 0.9, "action": action, "novelty": novelty}
        self.session.add(Prediction(case_id=key, at=at, **said))
        return case

    def say(self, case: Case, now: str | None, at: datetime) -> None:
        word = {"was": "城市管理", "now": now, "actor": "chenlu", "role": Role.DISPATCHER, "why": "assign"}
        self.session.add(Correction(case_id=case.id, at=at, **word))
