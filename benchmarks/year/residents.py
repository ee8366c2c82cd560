"""What residents of the made-up town tell in a year, hour by hour: everyday troubles, and what was planted among them.

Texts of everyday troubles are our corpus's, with the name of a place; the others are written here.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from functools import cache

import numpy as np

from cases.clock import TOWN_TIME, WorkCalendar
from classifiers import firstday
from classifiers.danger import danger
from models import Place
from town.load import Town

HOURS = (1, 1, 1, 1, 1, 2, 4, 7, 10, 11, 11, 9, 7, 8, 9, 10, 9, 8, 8, 9, 9, 7, 4, 2)
WEEK = (1.25, 1.1, 1.05, 1.0, 1.0, 0.85, 0.75)
HOLIDAY = 0.7
A_DAY = 175.0
EACH_HOUSEHOLD = 40  # residents of each grid who ever write
DANGER_SHARE = 0.35  # of our corpus's messages with words of danger: it has more of them than people write
NAMED = 0.4  # texts that name the place; all others give it in the form
UNSURE, WRONG, AGAIN = 0.06, 0.04, 0.03  # nobody knows the label; it is wrong; somebody else tells the same
MOST_A_DAY = 100_000  # for numbers only
QUIET_FIRST = 60  # days before anything is planted: what is usual has to be learned first

OPENINGS = ("", "", "", "你好，", "请问一下，", "反映个问题：", "我要投诉，")
ENDINGS = ("", "", "，麻烦尽快处理", "，已经好几天了", "，一直没人管", "，请派人来看看", "，影响大家生活", "，谢谢")
FLOOD = (
    "积水已经没过膝盖，车都熄火了", "雨水倒灌进一楼，家里全泡了", "下水口堵死了，整条路都是水",
    "地下车库进水，越来越深",
    "暴雨后小区门口成了河，出不去", "水漫进店里，货都泡坏了", "化粪池的水返上来了，满地都是",
    "低洼处积水，老人出不了门",
)  # fmt: skip
TREES = (
    "大风把一棵大树吹倒了，横在路上", "树枝断了砸在车上，还有一半挂着", "行道树歪了，压着电线",
    "倒下来的树把单元门堵了",
)  # fmt: skip
FLOOD_DANGER = ("积水里有人触电，快来人", "有老人被困在水里出不来，快救人", "围墙被水冲塌了，有人受伤")
INCIDENTS: Mapping[str, tuple[str, Sequence[str]]] = {
    "gas": ("公用事业/供气", (
        "楼道里燃气味很重，头晕", "整栋楼都闻到煤气味，怕爆炸",
        "燃气泄漏了，味道呛人", "厨房外面天然气管子在漏气",
    )),
    "fire": ("应急消防/消防通道", (
        "楼下电瓶车着火了，浓烟往上冒", "车棚起火了，火很大",
        "楼道里着火，有人被困", "着火了，烟已经到三楼",
    )),
    "wall": ("住房建设/房屋质量", (
        "外墙大块掉下来砸伤了人", "楼板塌了，有人被压",
        "房子裂缝越来越大，快塌了", "阳台垮塌，有人受伤",
    )),
}  # fmt: skip
PLANT = (
    "旁边的混凝土搅拌站整夜施工，噪音大得睡不着", "小区边上建了个搅拌站，粉尘满天飞，窗户都不敢开",
    "搅拌站的罐车半夜进进出出，太吵",
    "混凝土搅拌站离我们楼不到五十米，灰尘和噪音受不了", "搅拌站扬尘严重，孩子一直咳嗽，要求搬走",
    "强烈要求关停小区旁的混凝土搅拌站",
    "混凝土搅拌站夜里两点还在生产，噪声扰民", "搅拌站污水直排，粉尘落满阳台",
)  # fmt: skip


@dataclass(frozen=True)
class Telling:
    """A complaint on its way: who, when, what, and what only whoever planted it knows."""

    at: datetime
    who: tuple[str, int]  # grid and one of its residents
    text: str
    field: str | None  # as the program would take it; None: not sure
    item: str | None
    right: str  # the item it is really about
    place: Place
    danger: str | None
    n: int = 0  # of all that are told in the year
    like: int | None = None  # `n` of the one that told the same before


@dataclass
class Planted:
    """Which grids should turn red on which day, and the group of one trouble told by many."""

    storms: dict[tuple[str, date], str] = field(default_factory=dict)  # grid, day → street
    incidents: set[tuple[str, date]] = field(default_factory=set)
    hot_grid: str = ""
    hot_days: list[date] = field(default_factory=list)
    hot_told: int = 0


@dataclass(frozen=True)
class Template:
    item: str
    text: str
    danger: str | None


class Residents:
    """The year's complaints, one day at a time, the same for the same seed."""

    def __init__(self, town: Town, calendar: WorkCalendar, first: date, days: int, a_day: float, seed: int) -> None:
        self._dice = np.random.default_rng(seed)
        self._calendar, self._first, self._days, self._a_day = calendar, first, days, a_day
        known = frozenset(category.code for category in town.categories)
        self._templates, self._weights = _templates(known)
        self._alike: dict[str, list[str]] = {}
        for one in self._templates:
            self._alike.setdefault(one.item, []).extend([one.text] if one.danger is None else [])
        self._items = sorted({one.item for one in self._templates})
        self._places = _by_grid(town.places)
        self._grids = sorted(self._places)
        share = self._dice.gamma(3.0, 1 / 3.0, len(self._grids))
        self._share = np.cumsum(share / share.sum())
        self._hours = np.cumsum(np.array(HOURS) / sum(HOURS))
        self._kinds = {text: _kind(text) for text in (*FLOOD, *TREES, *FLOOD_DANGER, *PLANT)}
        self.planted = Planted()
        self._extra: dict[date, list[Telling]] = {}
        self._plant({area.code: area.path[1] for area in town.areas if area.level == 3})

    def of(self, day: date) -> list[Telling]:
        """In order of time."""
        usual = self._a_day * WEEK[day.weekday()] * (1.0 if self._like_any_week(day) else HOLIDAY)
        told = [self._usual(day) for _ in range(int(self._dice.poisson(usual)))]
        told += self._extra.pop(day, [])
        return list(self._with_repeats(sorted(told, key=lambda one: one.at)))

    def _like_any_week(self, day: date) -> bool:
        return self._calendar.works(day) == (day.isoweekday() <= 5)

    def _usual(self, day: date) -> Telling:
        dice = self._dice
        one = self._templates[self._drawn(self._weights)]
        grid = self._grids[self._drawn(self._share)]
        hour = self._drawn(self._hours)
        at = _moment(day, hour + dice.random())
        luck, item = dice.random(), one.item
        said: str | None = item
        if luck < UNSURE:
            said = None
        elif luck < UNSURE + WRONG:
            said = self._items[int(dice.integers(len(self._items)))]
        return self._telling(at, grid, self._more(one), said, item, one.danger)

    def _more(self, one: Template) -> str:
        """With something else that people say of the same: few write the same words."""
        others = self._alike[one.item]
        other = others[int(self._dice.integers(len(others)))] if others and self._dice.random() < 0.7 else ""
        return f"{one.text}。{other}" if other != one.text else other

    def _drawn(self, summed: np.ndarray) -> int:
        return min(int(np.searchsorted(summed, self._dice.random())), len(summed) - 1)

    def _telling(self, at: datetime, grid: str, text: str, said: str | None, right: str, kind: str | None) -> Telling:
        dice, places = self._dice, self._places[grid]
        place = places[int(dice.integers(len(places)))]
        opening, ending = OPENINGS[int(dice.integers(len(OPENINGS)))], ENDINGS[int(dice.integers(len(ENDINGS)))]
        who = grid, int(EACH_HOUSEHOLD * dice.random() ** 1.5)
        named = place.name if dice.random() < NAMED else ""
        words = f"{opening}{named}{text.rstrip('。！!')}{ending}"
        return Telling(at, who, words, said.partition("/")[0] if said else None, said, right, place, kind)

    def _with_repeats(self, told: Sequence[Telling]) -> Iterator[Telling]:
        """Each with its number; some are told once more by a neighbour, some hours later the same day."""
        first = (told[0].at.astimezone(TOWN_TIME).date() - self._first).days * MOST_A_DAY if told else 0
        numbered = [replace(one, n=first + k) for k, one in enumerate(told)]
        for one in numbered[:]:
            if one.danger is None and one.field and self._dice.random() < AGAIN:
                late = _moment(one.at.astimezone(TOWN_TIME).date(), 23.99)
                at = max(one.at, min(one.at + timedelta(hours=1 + 3 * self._dice.random()), late))
                other = one.who[0], (one.who[1] + 1) % EACH_HOUSEHOLD
                numbered.append(replace(one, at=at, who=other, n=first + len(numbered), like=one.n))
        yield from sorted(numbered, key=lambda one: (one.at, one.n))

    # What is planted

    def _plant(self, streets: Mapping[str, str]) -> None:
        first = QUIET_FIRST if self._days > QUIET_FIRST + 30 else 0
        span = self._days - first - 1
        days = [self._first + timedelta(days=first + n) for n in range(max(1, span))]
        for n in range(max(1, span // 50)):
            self._storm(days[int((n + 0.5) * len(days) / max(1, span // 50))], streets)
        for _ in range(max(1, span // 8)):
            self._incident(days[int(self._dice.integers(len(days)))])
        self._hot_issue(days)

    def _storm(self, day: date, streets: Mapping[str, str]) -> None:
        names = sorted(set(streets.values()))
        street = names[int(self._dice.integers(len(names)))]
        begins = 6 + 8 * self._dice.random()
        for grid in (grid for grid in self._grids if streets[grid] == street):
            self.planted.storms[grid, day] = street
            for _ in range(3 + int(self._dice.poisson(2.0))):
                at = _moment(day, min(begins + 7 * self._dice.random(), 23.9))
                if self._dice.random() < 0.25:
                    text, item = FLOOD_DANGER[int(self._dice.integers(len(FLOOD_DANGER)))], "水利/防汛内涝"
                elif self._dice.random() < 0.3:
                    text, item = TREES[int(self._dice.integers(len(TREES)))], "城市管理/园林绿化"
                else:
                    text, item = FLOOD[int(self._dice.integers(len(FLOOD)))], "水利/防汛内涝"
                self._add(day, self._telling(at, grid, text, item, item, self._kinds[text]))

    def _incident(self, day: date) -> None:
        """Neighbours tell of one danger within hours."""
        grid = self._grids[int(self._dice.integers(len(self._grids)))]
        item, texts = list(INCIDENTS.values())[int(self._dice.integers(len(INCIDENTS)))]
        self.planted.incidents.add((grid, day))
        begins = 7 + 13 * self._dice.random()
        for n in range(4 + int(self._dice.integers(3))):
            text = texts[n % len(texts)]
            at = _moment(day, begins + 3 * self._dice.random())
            self._add(day, self._telling(at, grid, text, item, item, _kind(text)))

    def _hot_issue(self, days: Sequence[date]) -> None:
        """The concrete plant beside an estate: slowly at first, then by many."""
        grid = self.planted.hot_grid = self._grids[len(self._grids) // 3]
        spread = min(40, len(days))
        begins = len(days) // 3 if len(days) > 2 * spread else 0
        for n in range(spread):
            day = days[min(begins + n, len(days) - 1)]
            self.planted.hot_days.append(day)
            for _ in range(int(self._dice.poisson(0.4 + 2.4 * math.exp(-(((n - 20) / 9) ** 2))))):
                text, item = PLANT[int(self._dice.integers(len(PLANT)))], "生态环境/工业噪声"
                at = _moment(day, 7 + 15 * self._dice.random())
                self._add(day, self._telling(at, grid, text, item, item, None))
                self.planted.hot_told += 1

    def _add(self, day: date, one: Telling) -> None:
        self._extra.setdefault(day, []).append(one)


@cache
def _templates(known: frozenset[str]) -> tuple[list[Template], np.ndarray]:
    """Messages of our corpus, each department as often as it is written to."""
    found, weights = list[Template](), list[float]()
    for table in firstday.departments():
        messages = [(item["label"], said) for item in table["items"] for said in item["messages"]]
        for item, said in messages:
            if item in known:
                kind = _kind(said)
                found.append(Template(item, said, kind))
                weights.append(table.get("share", 1.0) / len(messages) * (DANGER_SHARE if kind else 1.0))
    total = np.array(weights)
    return found, np.cumsum(total / total.sum())


def _kind(said: str) -> str | None:
    found = danger(said)
    return found.kind if found else None


def _by_grid(places: Sequence[Place]) -> dict[str, list[Place]]:
    found: dict[str, list[Place]] = {}
    for place in places:
        found.setdefault(place.grid, []).append(place)
    return found


def _moment(day: date, hour: float) -> datetime:
    return datetime.combine(day, time(), TOWN_TIME) + timedelta(hours=float(hour))
