"""Learning: who may do what to which version, what the gate lets through, and which cases teach."""

from collections.abc import AsyncIterator, Awaitable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from app.database import Sessions
from bot.texts import LOCALES, say
from cases import gate, learning, lessons
from cases.errors import Missing, NotAllowed, NotFound, Refusal, Stale
from cases.learning import Failure, Stage
from models import Case, Correction, Event, ModelVersion, Outcome, Person, Resident, Role, Status
from tests.support.clock import Clock
from tests.support.rows import add_case

GOOD: dict[str, Any] = {
    "fingerprint": "0123456789abcdef",
    "beside": {"difference": {"accuracy": [-0.002, 0.001, 0.003]}, "departments": []},
    "poison": [],
    "agreement": {"cases": 500, "share": 0.97, "routed": [0.5, 0.45]},
    "canaries": {"words": 200, "told": 200, "count": 39, "recall": 1.0},
}


@pytest.fixture
async def open_town(town: Sessions) -> AsyncIterator[AsyncSession]:
    async with town() as session:
        yield session


async def person(session: AsyncSession, code: str) -> Person:
    found = await session.get(Person, code)
    assert found is not None
    return found


async def trained(session: AsyncSession, by: Person, now: datetime, **found: Any) -> ModelVersion:
    row = await learning.begin(session, by, now)
    learning.finished(row, GOOD | found, now)
    return row


async def used(session: AsyncSession) -> str | None:
    row = await learning.in_use(session)
    return row.version if row else None


@pytest.mark.promise("M3")
async def test_a_second_admin_promotes_and_any_rolls_back(open_town: AsyncSession, clock: Clock) -> None:
    jiang, wen = await person(open_town, "jiangyan"), await person(open_town, "wenxuemei")
    open_town.add(learning.adopted([], "f" * 16, {}, clock()))
    row = await trained(open_town, jiang, clock())
    assert (row.version, await used(open_town)) == ("v2", "v1")
    with pytest.raises(NotAllowed) as refused:
        await learning.promote(open_town, "v2", jiang, clock(), knowingly=True)
    assert refused.value.values["lines"] == [["learning.check.second_person", {}]]
    await learning.promote(open_town, "v2", wen, clock.forward(minutes=1))
    assert await used(open_town) == "v2"
    with pytest.raises(Stale, match=r"learning\.in_use"):
        await learning.promote(open_town, "v2", wen, clock())

    assert (await learning.rollback(open_town, jiang, clock.forward(minutes=1))).version == "v1"
    assert await used(open_town) == "v1"
    with pytest.raises(Stale, match=r"learning\.nothing_before"):
        await learning.rollback(open_town, jiang, clock())
    await learning.promote(open_town, "v2", wen, clock.forward(minutes=1))
    assert await used(open_town) == "v2"
    acts = [(line["act"], line["by"]) for line in row.report["history"]]
    assert acts == [("promoted", "wenxuemei"), ("rolled_back", "jiangyan"), ("promoted", "wenxuemei")]


async def test_two_rollbacks_go_two_versions_back(open_town: AsyncSession, clock: Clock) -> None:
    jiang, wen = await person(open_town, "jiangyan"), await person(open_town, "wenxuemei")
    open_town.add(learning.adopted([], "f" * 16, {}, clock()))
    for version in ("v2", "v3"):
        await trained(open_town, jiang, clock())
        await learning.promote(open_town, version, wen, clock.forward(minutes=1))
    assert [(await learning.rollback(open_town, wen, clock())).version for _ in range(2)] == ["v2", "v1"]


@pytest.mark.promise("R8")
async def test_the_last_one_promoted_is_in_use_even_if_the_clock_was_put_back(
    open_town: AsyncSession, clock: Clock
) -> None:
    jiang, wen = await person(open_town, "jiangyan"), await person(open_town, "wenxuemei")
    open_town.add(learning.adopted([], "f" * 16, {}, clock()))
    await trained(open_town, jiang, clock.forward(days=-1))
    await learning.promote(open_town, "v2", wen, clock())
    assert await used(open_town) == "v2"


async def test_a_model_bears_the_name_of_the_version_put_to_use_last(open_town: AsyncSession, clock: Clock) -> None:
    jiang, wen = await person(open_town, "jiangyan"), await person(open_town, "wenxuemei")
    open_town.add(learning.adopted([], "f" * 16, {}, clock()))
    await trained(open_town, jiang, clock(), fingerprint="f" * 16)
    assert learning.names(await learning.known(open_town)) == {"f" * 16: "v1"}, "v2 was never in use"
    await learning.promote(open_town, "v2", wen, clock())
    await trained(open_town, jiang, clock())
    assert learning.names(await learning.known(open_town)) == {"f" * 16: "v2", GOOD["fingerprint"]: "v3"}


@pytest.mark.parametrize("code", ["limin", "chenlu"])
async def test_only_admins(open_town: AsyncSession, clock: Clock, code: str) -> None:
    somebody = await person(open_town, code)
    for attempt in (
        learning.begin(open_town, somebody, clock()),
        learning.promote(open_town, "v1", somebody, clock()),
        learning.rollback(open_town, somebody, clock()),
    ):
        with pytest.raises(NotAllowed, match=r"learning\.admins_only"):
            await attempt


async def test_one_training_at_a_time_unless_it_fell_silent(open_town: AsyncSession, clock: Clock) -> None:
    jiang, wen = await person(open_town, "jiangyan"), await person(open_town, "wenxuemei")
    first = await learning.begin(open_town, jiang, clock())
    with pytest.raises(Stale, match=r"learning\.running"):
        await learning.begin(open_town, wen, clock())
    learning.progressed(first, 0.5, Stage.LEARNING, clock.forward(minutes=50))
    with pytest.raises(Stale, match=r"learning\.running"):
        await learning.begin(open_town, wen, clock.forward(minutes=50))
    assert (await learning.begin(open_town, wen, clock.forward(minutes=11))).version == "v2"


async def test_after_a_failure_the_next_may_begin(open_town: AsyncSession, clock: Clock) -> None:
    jiang, wen = await person(open_town, "jiangyan"), await person(open_town, "wenxuemei")
    first = await learning.begin(open_town, jiang, clock())
    with pytest.raises(Stale, match=r"learning\.not_ready"):
        await learning.promote(open_town, "v1", wen, clock())
    learning.failed(first, Failure.ENDED, clock())
    with pytest.raises(Stale, match=r"learning\.not_ready"):
        await learning.promote(open_town, "v1", wen, clock())
    with pytest.raises(NotFound, match=r"learning\.unknown"):
        await learning.promote(open_town, "v7", wen, clock())
    assert (await learning.begin(open_town, jiang, clock())).version == "v2"


def fell(n: int, lost: int, won: int) -> dict[str, Any]:
    """One department's row, of `n` messages."""
    row = {"label": "公安", "n": n, "recall": [0.9, 0.9 - (lost - won) / n], "only_old": lost, "only_new": won}
    return {"beside": {"difference": {"accuracy": [0.0, 0.0, 0.0]}, "departments": [row]}}


def overall(lower: float) -> dict[str, Any]:
    return {"beside": {"difference": {"accuracy": [lower, lower + 0.002, 0.01]}, "departments": []}}


def canaries(**found: Any) -> dict[str, Any]:
    return {"canaries": {"words": 200, "told": 200, "count": 40, "recall": 1.0} | found}


def word(*, planted: bool) -> dict[str, Any]:
    return {"poison": [{"word": "紫薯麻花", "label": "公安", "residents": 3, "planted": planted}]}


def recent(share: float, *routed: float) -> dict[str, Any]:
    return {"agreement": {"cases": 500, "share": share, "routed": list(routed)}}


GATE: list[tuple[dict[str, Any], str | None]] = [
    ({}, None),
    ({"canaries": None, "beside": None, "agreement": None, "poison": None}, None),
    (overall(-0.0051), "worse"),
    (overall(-0.0049), None),
    (fell(400, 12, 2), "departments"),
    (fell(400, 12, 5), None),  # 1.75 points
    (fell(100, 9, 6), None),  # chance
    (fell(49, 9, 0), None),  # too few to say
    (canaries(told=199), "canaries"),
    (canaries(recall=0.975), "canaries"),
    (word(planted=True), "planted"),
    (word(planted=False), "words"),
    (recent(0.9, 0.5, 0.5), "agreement"),
    (recent(1.0, 0.5, 0.3), "routed"),
    ({"old": "v1"}, "elsewhere"),  # v2 is in use by now
]


@pytest.mark.parametrize(("found", "check"), GATE)
async def test_the_gate(open_town: AsyncSession, clock: Clock, found: dict[str, Any], check: str | None) -> None:
    jiang, wen = await person(open_town, "jiangyan"), await person(open_town, "wenxuemei")
    for used in "ab":
        open_town.add(learning.adopted(await learning.versions(open_town), used * 16, {}, clock()))
        await open_town.flush()
    forbids = {one.name: one.forbids for one in gate.CHECKS}
    for knowingly in (False, True):
        row = await trained(open_town, jiang, clock(), **found)
        attempt = learning.promote(open_town, row.version, wen, clock.forward(minutes=1), knowingly=knowingly)
        said = await refusal(attempt)
        if check is None or (knowingly and not forbids[check]):
            assert said is None
            await learning.rollback(open_town, wen, clock.forward(minutes=1))
            continue
        assert said is not None
        assert isinstance(said, Missing) is not forbids[check], "the one that a second word overcomes"
        assert [key for key, _ in said.values["lines"]] == [f"learning.check.{check}"]


def test_every_check_is_tried() -> None:
    assert {check.name for check in gate.CHECKS} == {name for _, name in GATE if name} | {"second_person"}


@pytest.mark.parametrize("locale", LOCALES)
async def test_a_refusal_names_every_check_that_failed_in_words(
    open_town: AsyncSession, clock: Clock, locale: str
) -> None:
    jiang = await person(open_town, "jiangyan")
    bad = overall(-0.02) | canaries(told=198, recall=0.9) | recent(0.8, 0.5, 0.2) | {"old": "v9"}
    bad["poison"] = [*word(planted=True)["poison"], *word(planted=False)["poison"]]
    bad["beside"] |= {"departments": fell(400, 30, 2)["beside"]["departments"]}
    open_town.add(learning.adopted([], "f" * 16, {}, clock()))
    row = await trained(open_town, jiang, clock(), **bad)
    said = await refusal(learning.promote(open_town, row.version, jiang, clock()))
    assert said is not None
    assert [key.rpartition(".")[2] for key, _ in said.values["lines"]] == [check.name for check in gate.CHECKS]
    told = "\n".join(say(key, locale, **args) for key, args in said.values["lines"])
    assert "紫薯麻花" in told
    assert "公安 −7.0" in told
    assert "{" not in told
    assert row.report["gate"] == {
        "passed": False,
        "against": ["worse", "departments", "canaries", "planted"],
        "ask": ["words", "agreement", "routed"],
    }


async def refusal(attempt: Awaitable[Any]) -> Refusal | None:
    try:
        await attempt
    except Refusal as refused:
        return refused
    return None


async def closed(
    session: AsyncSession, now: datetime, resident: Resident | None = None, *, chosen: bool = False, **values: Any
) -> Case:
    case = await add_case(session, now, resident)
    facts = {"status": Status.CLOSED, "outcome": Outcome.SOLVED, "category": "公安", "item": "公安/养犬"}
    for name, value in {**facts, "closed_at": now, **values}.items():
        setattr(case, name, value)
    session.add(
        Event(
            case_id=case.id, seq=1, kind="submit", actor="resident", role=Role.RESIDENT, status=Status.SUBMITTED,
            details={"chosen": chosen}, at=now,
        )
    )  # fmt: skip
    await session.flush()
    return case


async def corrected(session: AsyncSession, case: Case, now: datetime, to: str | None, role: Role) -> None:
    session.add(Correction(case_id=case.id, now=to, actor="chenlu", role=role, why="assign", at=now))
    await session.flush()


async def test_what_teaches_is_what_people_said_and_the_outcome_confirmed(
    open_town: AsyncSession, clock: Clock
) -> None:
    now, dispatcher = clock(), Role.DISPATCHER
    by_resident = await closed(open_town, now, chosen=True)
    by_dispatcher = await closed(open_town, now)
    await corrected(open_town, by_dispatcher, now, "公安/养犬", dispatcher)
    undecided_item = await closed(open_town, now, item=None, outcome=Outcome.EXPLAINED)
    await corrected(open_town, undecided_item, now, None, Role.CLERK)
    await corrected(open_town, undecided_item, now, "公安", dispatcher)

    await closed(open_town, now)  # the model said so and nobody else
    doubted = await closed(open_town, now, chosen=True)
    await corrected(open_town, doubted, now, None, Role.CLERK)
    other = await closed(open_town, now)
    await corrected(open_town, other, now, "城市管理", dispatcher)
    for values in (
        {"outcome": Outcome.NOT_OURS},
        {"outcome": Outcome.INVALID},
        {"status": Status.RESOLVED},
        {"category": None, "item": None},
    ):
        await closed(open_town, now, chosen=True, **values)

    taught = {one.case: (one.label, one.item) for one in await lessons.confirmed(open_town)}
    assert taught == {
        by_resident.id: ("公安", "公安/养犬"),
        by_dispatcher.id: ("公安", "公安/养犬"),
        undecided_item.id: ("公安", ""),
    }
    again = await lessons.of(open_town, [str(by_resident.id), str(uuid4())])
    assert [one.case for one in again] == [by_resident.id]


async def test_one_resident_teaches_five_things_the_newest(open_town: AsyncSession, clock: Clock) -> None:
    resident = Resident(id=uuid4(), channel="webchat", address=uuid4().hex, created_at=clock())
    open_town.add(resident)
    await open_town.flush()
    days = [clock() + timedelta(days=n) for n in range(7)]
    mine = [(await closed(open_town, day, resident, chosen=True)).id for day in days]
    theirs = (await closed(open_town, clock(), chosen=True)).id
    assert {one.case for one in await lessons.confirmed(open_town)} == {*mine[2:], theirs}


async def test_the_last_cases_whatever_became_of_them(open_town: AsyncSession, clock: Clock) -> None:
    for n in range(3):
        (await add_case(open_town, clock.forward(hours=1))).text = f"第{n}件"
    await open_town.flush()
    assert list(await lessons.recent(open_town)) == ["第2件", "第1件", "第0件"]
