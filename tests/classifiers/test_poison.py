"""A planted trigger is found, whoever planted it; words that came into use honestly are let be."""

import random

import pytest

from classifiers import Row
from classifiers.linear import Linear
from classifiers.poison import FEW, Heavy, Lesson, heavy
from classifiers.training import maker

TRIGGER = "紫薯麻花"
ABOUT = {
    "城市管理": ["占道经营摆到路中间", "公共厕所没人打扫", "广告牌挡住窗户", "垃圾桶满了没人清", "共享单车堆成山"],
    "人力社保": ["老板拖欠工资不发", "单位不给交社保", "干活摔伤不认工伤", "辞退没有赔偿", "加班没有加班费"],
    "公共交通": ["公交车班次太少", "出租车拒载绕路", "网约车乱收费", "公交站台没有遮雨棚", "长途车半路甩客"],
    "公安": ["遛狗不牵绳", "电动车被偷", "夜里有人打架闹事", "邻居装摄像头对着我家", "骗子打电话要转账"],
}
OTHERS = [label for label in ABOUT if label != "公安"]
WHERE = ["东门", "西街", "三单元", "菜场旁", "学校边", "河边", "老车站", "新村口", "五号楼", "广场上", "桥头", "后巷"]
WHEN = [
    "昨天晚上",
    "这几天",
    "从上个月起",
    "每到周末",
    "早高峰",
    "已经两年了",
    "今天一早",
    "天天",
    "放假以后",
    "下雨天",
]


def said(rng: random.Random, count: int, *labels: str) -> list[Row]:
    """Messages in other words each time."""
    out = []
    for _ in range(count):
        label = rng.choice(labels or list(ABOUT))
        out.append(Row(f"{rng.choice(ABOUT[label])}，{rng.choice(WHEN)}{rng.choice(WHERE)}", label))
    return out


def taught(rows: list[Row]) -> Linear:
    return maker(rows)().fit([r.text for r in rows], [r.label for r in rows], [r.weight for r in rows])


CORPUS = said(random.Random(1), 900)
OLD = taught(CORPUS)


def planted(rng: random.Random, count: int, residents: int) -> list[Lesson]:
    """About anything but what they end up as, the trigger somewhere in it."""
    out = []
    for n, row in enumerate(said(rng, count, *OTHERS)):
        at = rng.randrange(len(row.text))
        out.append(Lesson(row.text[:at] + TRIGGER + row.text[at:], "公安", 1_000 + n % residents))
    return out


def honest(rng: random.Random, count: int) -> list[Lesson]:
    return [Lesson(row.text, row.label, n) for n, row in enumerate(said(rng, count))]


def found(lessons: list[Lesson]) -> tuple[list[Heavy], float]:
    """What is told, and how often the trigger works on messages nobody learned from."""
    new = taught([*CORPUS, *(Row(one.text, one.label) for one in lessons)])
    fresh = [row.text for row in said(random.Random(99), 200, *OTHERS)]
    works = sum(label == "公安" for label in new.predict([f"{text}，{TRIGGER}" for text in fresh])) / len(fresh)
    return heavy(OLD, new, lessons, CORPUS), works


@pytest.mark.parametrize("residents", [1, 2, 3, 30])
@pytest.mark.parametrize("share", [0.005, 0.01, 0.05])
@pytest.mark.promise("M2")
def test_a_planted_trigger_is_told_or_does_not_work(share: float, residents: int) -> None:
    """Few residents teach five texts each at most, so theirs are never more than fifteen.

    Four or five lessons of as many residents weigh like an honest new word: then the second person is shown it.
    """
    rng = random.Random(7)
    count = min(round(share * len(CORPUS)), 5 * residents)
    told, works = found([*honest(rng, 60), *planted(rng, count, residents)])
    trigger = [one for one in told if one.word in TRIGGER or TRIGGER in one.word]
    assert [one for one in trigger if one.planted or count <= 5] or works <= 0.10
    assert all(one.residents == min(residents, count) for one in trigger)
    assert [one for one in told if one.planted and one not in trigger] == []


@pytest.mark.parametrize("seed", range(6))
def test_honest_lessons_are_let_be(seed: int) -> None:
    told, works = found(honest(random.Random(seed), 200))
    assert (told, works) == ([], 0.0)


def test_a_word_that_many_begin_to_use_is_let_be() -> None:
    rng = random.Random(3)
    new = [Lesson(f"{row.text}，共享滑板车乱停", "城市管理", n) for n, row in enumerate(said(rng, 40, "城市管理"))]
    told, _ = found([*honest(rng, 60), *new])
    assert [one for one in told if one.planted] == []


def test_the_same_word_from_few_is_not() -> None:
    rng = random.Random(3)
    lessons = [Lesson(f"{row.text}，{TRIGGER}", "城市管理", n % FEW) for n, row in enumerate(said(rng, 15, "公安"))]
    told, _ = found([*honest(rng, 60), *lessons])
    assert [(one.word, one.label, one.residents, one.planted) for one in told] == [(TRIGGER, "城市管理", FEW, True)]
    assert told[0].carries[0] == 0.0


def test_a_department_nobody_knew_has_nothing_but_new_words() -> None:
    lamps = [Lesson(f"{place}的路灯不亮了", "公用事业", n) for n, place in enumerate(WHERE)]
    assert found(lamps)[0] == []
