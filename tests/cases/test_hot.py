"""Many people about one thing become one card, told once; the same trouble elsewhere does not."""

import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlmodel import col, select

from app import hot_desk
from app.database import Sessions
from app.desk import Desk
from app.hotness import Hotness
from app.jobs import defer_deliveries
from bot.transactions import Transactions
from cases import hot
from cases.book import Book, read_book
from cases.errors import NotAllowed, NotFound
from classifiers.gathering import Gathering, read, sentences
from models import Case, HotCase, HotIssue, Notification, Person, Place, Resident, Role, Status
from tests.support.clock import Clock

SAID = [
    "{}旁边的混凝土厂日夜轰鸣，灰尘大得不敢开窗。希望有人管一管",
    "尊敬的领导：您好！{}边上建了混凝土厂，粉尘满天飞，孩子一直咳嗽",
    "投诉{}旁混凝土厂噪音、粉尘扰民，晚上没法睡，电话13812345678",
    "{}附近的混凝土厂什么时候搬走，灰尘和噪音太大了",
    "混凝土厂离{}这么近，合法吗？天天灰尘噪音",
    "{}业主反映混凝土厂灰尘扰民，晚上还在生产",
]
OTHER = ["路灯坏了三天没人修", "请问老年卡怎么办理", "门口垃圾桶满了没人清", "水管爆了马路上全是水"]


class Town:
    """A database with people who write, and the job that gathers what they wrote."""

    def __init__(self, sessions: Sessions, clock: Clock, book: Book) -> None:
        self.sessions, self.clock, self.book = sessions, clock, book
        self.transactions = Transactions(sessions, defer_deliveries)
        self.job = self.worker()

    def worker(self) -> Hotness:
        """As a program that just started has it."""
        return Hotness(self.transactions, lambda: self.book, self.clock)

    async def file(self, text: str, place: Place | None = None, resident: Resident | None = None) -> Case:
        async with self.transactions.begin() as session:
            if resident is None:
                resident = Resident(id=uuid4(), channel="webchat", address=uuid4().hex, created_at=self.clock())
                session.add(resident)
                await session.flush()
            key = uuid4()
            case = Case(
                id=key, number=key.hex[:12], code_hash=key.hex, resident=resident.id, status=Status.SUBMITTED,
                text=text, submitted_at=self.clock(), place=place and place.code, grid=place and place.grid,
            )  # fmt: skip
            session.add(case)
        self.clock.forward(hours=13)
        return case

    async def gathered(self, job: Hotness | None = None) -> int:
        total = 0
        while count := await (job or self.job).gather():
            total += count
        return total

    async def cards(self) -> list[hot.Card]:
        async with self.sessions() as session:
            return await hot.cards(session, self.clock())

    async def told(self) -> list[tuple[str, dict[str, object]]]:
        async with self.sessions() as session:
            rows = await session.exec(select(Notification).where(Notification.text_key == "hot.card"))
            return [(str(row.person), row.args) for row in rows.all()]

    def estates(self) -> list[Place]:
        """Two of different streets."""
        found: dict[str, Place] = {}
        for place in sorted(self.book.places.values(), key=lambda one: one.code):
            if place.kind == "estate":
                found.setdefault(self.book.path(place.grid)[1], place)
        return list(found.values())[:2]


@pytest.fixture
async def they(town: Sessions, clock: Clock) -> Town:
    async with town() as session:
        book = await read_book(session)
    return Town(town, clock, book)


async def test_all_an_estates_troubles_are_no_issue_though_each_names_it(they: Town) -> None:
    """The name is rare, as far as the town goes, and everybody there writes it; what they say of it has to be alike."""
    here, there = they.estates()
    troubles = [*OTHER, "晚上广场舞太吵，影响孩子写作业", "楼上装修把承重墙砸了", "快递柜收费不合理，能不能管管"]
    for trouble in troubles:
        await they.file(f"我要投诉，{here.name}{trouble}", here)
    assert (await they.gathered(), await they.cards()) == (len(troubles), [])
    index = they.book.index
    assert index.without_names(f"{here.name}和{there.name}的灯坏了") == "，和，的灯坏了"
    assert index.without_names("灯坏了") == "灯坏了"


async def test_many_about_one_thing_are_one_card_told_once(they: Town, capsys: pytest.CaptureFixture[str]) -> None:
    here, there = they.estates()
    for said, other in zip(SAID[:4], OTHER, strict=True):
        await they.file(said.format(here.name), here)
        await they.file(other)
    assert (await they.gathered(), await they.cards()) == (8, []), "four are no card"
    mine = [await they.file(said.format(here.name), here) for said in SAID[4:]]
    elsewhere = await they.file(SAID[0].format(there.name), there)
    assert await they.gathered() == 3
    (card,) = await they.cards()
    assert (card.issue.place, card.issue.count, card.week, card.before) == (here.code, 6, 6, 0)
    assert mine[1].number in card.numbers and elsewhere.number not in card.numbers
    assert card.issue.words[:2] == [here.name, "混凝土厂"] and {"灰尘", "噪音"} <= set(card.issue.words)
    assert {args["words"] for _, args in await they.told()} == {"、".join(card.issue.words)}
    assert "混凝土厂" in card.issue.title and "13812345678" not in card.issue.title
    told = await they.told()
    async with they.sessions() as session:
        supervisors = select(Person.code).where(Person.role == Role.SUPERVISOR, col(Person.active))
        street = they.book.path(here.grid)[1]
        leaders = select(Person.code).where(Person.role == Role.LEADER, Person.area == street, col(Person.active))
        expected = {*(await session.exec(supervisors)).all(), *(await session.exec(leaders)).all()}
    assert sorted(person for person, _ in told) == sorted(expected) and len(expected) >= 2
    assert {args["place"] for _, args in told} == {here.name} and {args["cases"] for _, args in told} == {6}
    await they.file(SAID[0].format(here.name), here)
    assert (await they.gathered(), len(await they.told())) == (1, len(told)), "told once"
    desk = Desk(they.transactions, they.book, they.clock())
    capsys.readouterr()
    await hot_desk.cards(desk, True)
    (shown,) = json.loads(capsys.readouterr().out)
    assert (shown["where"], shown["cases"], shown["numbers"][:6]) == (here.name, 7, card.numbers)
    await hot_desk.cards(desk, False)
    assert here.name in capsys.readouterr().out


async def test_one_person_who_writes_often_is_no_card(they: Town) -> None:
    here, _ = they.estates()
    me = Resident(id=uuid4(), channel="webchat", address="me", created_at=they.clock())
    async with they.transactions.begin() as session:
        session.add(me)
    for said in SAID:
        await they.file(said.format(here.name), here, me)
    await they.gathered()
    assert await they.cards() == []
    async with they.sessions() as session:
        assert [issue.count for issue in (await session.exec(select(HotIssue))).all()] == [6]


async def test_three_within_a_day_are_a_card(they: Town) -> None:
    here, _ = they.estates()
    for said in SAID[:3]:
        await they.file(said.format(here.name), here)
        they.clock.now -= timedelta(hours=8)
    await they.gathered()
    assert [card.issue.count for card in await they.cards()] == [3]


async def test_another_worker_goes_on_where_one_stopped(they: Town) -> None:
    """Each started anew or awake since before: all put a case where one worker alone would."""
    here, _ = they.estates()
    other = they.worker()
    for n, said in enumerate(SAID):
        await they.file(said.format(here.name), here)
        assert await they.gathered((they.job, other, they.worker())[n % 3]) == 1
    async with they.sessions() as session:
        rows = (await session.exec(select(HotCase))).all()
        assert len(rows) == 6 and len({row.issue for row in rows}) == 1
        assert [issue.count for issue in (await session.exec(select(HotIssue))).all()] == [6]


async def test_a_supervisor_dismisses_and_silence_closes(they: Town) -> None:
    first, second = they.estates()
    for said in SAID[:5]:
        await they.file(said.format(first.name), first)
        await they.file(f"{second.name}的电梯又停了，老人困在里面下不了楼", second)
    await they.gathered()
    one, _ = await they.cards()
    assert one.issue.id
    async with they.transactions.begin() as session:
        clerk = (await session.exec(select(Person).where(Person.role == Role.CLERK).limit(1))).one()
        chief = (await session.exec(select(Person).where(Person.role == Role.SUPERVISOR).limit(1))).one()
        with pytest.raises(NotAllowed, match=r"hot\.supervisors_only"):
            await hot.dismiss(session, one.issue.id, clerk, they.clock())
        with pytest.raises(NotFound, match=r"hot\.unknown"):
            await hot.dismiss(session, 9_999, chief, they.clock())
        await hot.dismiss(session, one.issue.id, chief, they.clock())
    (left,) = await they.cards()
    they.clock.forward(days=29)
    assert await they.gathered() == 0 and len(await they.cards()) == 1
    they.clock.forward(days=2)
    assert await they.gathered() == 0 and await they.cards() == []
    place = first if left.issue.place == first.code else second
    text = SAID[5].format(first.name) if place is first else f"{second.name}的电梯又停了，老人困在里面下不了楼"
    await they.file(text, place)
    await they.gathered()
    assert [card.issue.id for card in await they.cards()] == [left.issue.id], "spoken of again, open again"
    assert len(await they.told()) == len({(who, str(args["text"])) for who, args in await they.told()})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("尊敬的领导：您好！楼下烧烤店油烟太大。\n希望处理", ["楼下烧烤店油烟太大", "希望处理"]),
        ("你好，在吗？路灯坏了", ["在吗，路灯坏了"]),
        ("我要投诉，楼下烧烤店油烟太大", ["楼下烧烤店油烟太大"]),
        ("你好，想咨询一下：请问路灯什么时候能修好", ["路灯什么时候能修好"]),
        ("投诉物业乱收停车费", ["投诉物业乱收停车费"]),
        ("您好！", []),
        ("", []),
    ],
)
def test_a_greeting_says_nothing(text: str, said: list[str]) -> None:
    assert sentences(text) == said


NOW = datetime(2026, 3, 1, tzinfo=UTC)


def test_known_places_part_and_join_what_says_the_same() -> None:
    text = "楼道灯坏了，晚上看不见台阶"
    gathering = Gathering[str]().background(["楼道灯坏了"] + OTHER * 20)
    gathering.put("a", read(text, NOW, ("street", "community", "grid", "estate")))
    beside = {
        path: gathering.nearest(read(text, NOW, path)) is not None
        for path in [("street", "community", "grid", "estate"), ("street", "community", "grid"), ("other", "far", "g")]
    }
    assert list(beside.values()) == [True, True, False]


def test_after_the_window_it_is_another_issue() -> None:
    text = "澄溪花园的电梯又坏了，老人下不了楼"
    gathering = Gathering[str]().background(OTHER * 20)
    gathering.put("a", read(text, NOW))
    assert gathering.nearest(read(text, NOW + timedelta(days=60)))
    assert gathering.nearest(read(text, NOW + timedelta(days=60, seconds=1))) is None
