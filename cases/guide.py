"""What the town can tell residents itself (办事指南): which service answers a question, and how often that helped."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property, lru_cache
from typing import Literal

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from cases.clock import TOWN_TIME
from classifiers.asking import asks
from classifiers.finder import Entry, Finder, Near
from models import Service, ServiceCount
from routing.topics import Topic

LEAST = 0.15
"""Below it nothing fits. Chosen on the seed's own questions and the corpus of complaints; see ADR 31."""

CLOSE = 0.75
"""What is that near to the best fits as well."""

AT_MOST = 3
REVIEW_AFTER = timedelta(days=180)
ENDS_SOON = timedelta(days=30)

Said = Literal["shown", "useful", "unsolved"]


@dataclass(frozen=True)
class Guide:
    """All services in force, by code, topic by topic."""

    services: Mapping[str, Service] = field(default_factory=dict)

    @cached_property
    def finder(self) -> Finder:
        return _finder(tuple(_entry(one) for one in self.services.values()))

    def valid(self, code: str, now: datetime) -> bool:
        service = self.services.get(code)
        return service is not None and (service.valid_to is None or _day(now) <= service.valid_to)

    def answers(self, text: str, now: datetime) -> Sequence[str]:
        """The services that answer a question, the surest first; none for what is no question."""
        if not self.services or not asks(text):
            return ()
        return [near.code for near in self.near(text, now) if near.score >= LEAST]

    def near(self, text: str, now: datetime) -> Sequence[Near]:
        """The nearest and those about as near."""
        found = [near for near in self.finder.near(text, AT_MOST) if self.valid(near.code, now)]
        return [near for near in found if near.score >= CLOSE * found[0].score]

    def of_topic(self, topic: str, now: datetime) -> Sequence[str]:
        return [code for code, one in self.services.items() if one.topic == topic and self.valid(code, now)]

    def topics(self, now: datetime) -> Sequence[str]:
        """Those with something in them."""
        return [topic for topic in Topic if self.of_topic(topic, now)]


def _entry(one: Service) -> Entry:
    body = " ".join([*one.steps, *one.materials, one.answer_en])
    return Entry(one.code, (one.title, one.title_en, *one.asked), body)


@lru_cache(2)
def _finder(entries: tuple[Entry, ...]) -> Finder:
    """The same entries are looked through once, however often the town is read."""
    return Finder(entries)


def _day(now: datetime) -> date:
    return now.astimezone(TOWN_TIME).date()


async def read_guide(session: AsyncSession) -> Guide:
    return Guide({row.code: row for row in await every(session, active=True)})


async def every(session: AsyncSession, *, active: bool) -> Sequence[Service]:
    """Topic by topic."""
    rows = (await session.exec(select(Service).where(col(Service.active).is_(active)))).all()
    order = list(Topic)
    return sorted(rows, key=lambda row: (order.index(Topic(row.topic)), row.code))


def is_due(service: Service, now: datetime) -> bool:
    """Somebody should hold it against what the window does: long not done, or soon over."""
    today = _day(now)
    ends = service.valid_to is not None and service.valid_to - today < ENDS_SOON
    return ends or today - service.reviewed_on > REVIEW_AFTER


async def counts(session: AsyncSession) -> Mapping[str, tuple[int, int, int]]:
    """Shown, useful, unsolved since the beginning, by service."""
    sums = [func.sum(col(getattr(ServiceCount, name))) for name in ("shown", "useful", "unsolved")]
    rows = await session.execute(select(ServiceCount.service, *sums).group_by(ServiceCount.service))
    return {code: (int(shown), int(useful), int(unsolved)) for code, shown, useful, unsolved in rows.all()}


async def count(session: AsyncSession, service: str, said: Said, now: datetime) -> None:
    """One more, without who."""
    row = insert(ServiceCount).values(
        service=service, day=_day(now), **{"shown": 0, "useful": 0, "unsolved": 0, said: 1}
    )
    column = ServiceCount.__table__.c[said]  # type: ignore[attr-defined]
    await session.execute(row.on_conflict_do_update(index_elements=["service", "day"], set_={said: column + 1}))
