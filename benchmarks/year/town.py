"""A made-up town as large as the largest of the reports: 544 grids and 1,807 grid workers.

Categories, clocks, holidays, city departments and what they decide are the shipped town's; its first street's desks
and rules are repeated for eight streets of names made up here.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import time
from pathlib import Path

from models import Area, ClockPolicy, DutyShift, Person, Place, Role, RoutingRule, Unit
from town.load import Town, read_town

DATA = Path(__file__).parents[2] / "data"
CITY, PATTERN = "CX", "DG"  # the shipped town, and its street that the others are like
STREETS = ("青石", "望江", "槐荫", "梧桐", "云溪", "鹿鸣", "松岗", "桃园")
COMMUNITIES = (
    "朝阳", "春晖", "东篱", "福安", "光华", "和顺", "金桥", "兰亭", "明德", "南湖", "平湖", "清河", "仁和", "书院",
    "泰和", "文峰", "新民",
)  # fmt: skip
GRIDS = 4  # of each community
WORKERS = 1807
CLERKS = 4  # of each city department besides the shipped ones
SURNAMES, GIVEN = "陈林黄郑吴何许邓曹彭萧董袁潘", "安邦晨栋恩帆刚浩佳凯磊明宁鹏倩荣珊婷伟欣雅昭"
EAST, NORTH, STEP = 112.30, 30.80, 0.004  # degrees: a grid is some 400 metres wide


@dataclass(frozen=True)
class Size:
    streets: int = len(STREETS)
    communities: int = len(COMMUNITIES)
    workers: int = WORKERS


def made_up(size: Size = Size()) -> Town:
    """Everything `load_town` wants."""
    seed = read_town(DATA)
    areas = [*_areas(size)]
    grids = [area.code for area in areas if area.level == 3]
    streets = [area.code for area in areas if area.level == 1]
    city_units = [unit for unit in seed.units if unit.area == CITY]
    units = [*city_units, *_street_units(seed.units, streets), *_community_units(areas)]
    people = [*_city_people(seed.people, city_units), *_leaders(units, areas), *_workers(grids, size.workers)]
    shifts = [*(one for one in seed.shifts if one.unit in {unit.code for unit in city_units}), *_shifts(people)]
    return replace(
        seed, areas=(*(area for area in seed.areas if area.code == CITY), *areas), places=tuple(_places(areas)),
        clocks=tuple(_clocks(seed.clocks)), units=tuple(units), people=tuple(people), shifts=tuple(shifts),
        rules=tuple(_rules(seed.rules, streets, people)),
    )  # fmt: skip


def _clocks(clocks: Sequence[ClockPolicy]) -> Iterator[ClockPolicy]:
    """A photo only of what is not simple."""
    for one in clocks:
        yield ClockPolicy(**{**one.model_dump(), "photo": one.photo and one.review})


def _areas(size: Size) -> Iterator[Area]:
    for s, street in enumerate(STREETS[: size.streets]):
        above = f"{CITY}-S{s}"
        yield Area(code=above, name=f"{street}街道", level=1, parent=CITY, path=[CITY, above])
        for c, community in enumerate(COMMUNITIES[: size.communities]):
            code = f"{above}-{c:02}"
            yield Area(code=code, name=f"{street}{community}社区", level=2, parent=above, path=[CITY, above, code])
            for g in range(1, GRIDS + 1):
                grid, name = f"{code}-{g:02}", f"{street}{community}第{g}网格"
                yield Area(code=grid, name=name, level=3, parent=code, path=[CITY, above, code, grid])


def _places(areas: Sequence[Area]) -> Iterator[Place]:
    """An estate in each grid, a row of houses across a quarter of it."""
    for n, area in enumerate(area for area in areas if area.level == 3):
        lon, lat = EAST + n % 32 * STEP, NORTH + n // 32 * STEP
        name = area.name.replace("第", "").replace("网格", "")
        for kind, at, where in (("E", "苑", 0.25), ("H", "里", 0.75)):
            yield Place(
                code=f"{kind}{n:03}", name=f"{name}号{at}", aliases=[], kind="estate", address=f"{name}号",
                grid=area.code, lon=lon + where * STEP, lat=lat + where * STEP, households=300,
            )  # fmt: skip


def _like(code: str, street: str) -> str:
    """DG-CG of the pattern is S3-CG of the fourth street."""
    return code.replace(PATTERN, street.removeprefix(f"{CITY}-"), 1) if code.startswith(PATTERN) else code


def _street_units(units: Sequence[Unit], streets: Sequence[str]) -> Iterator[Unit]:
    """The office first: it stands above what its communities have."""
    mine = [unit for unit in units if unit.area == f"{CITY}-{PATTERN}"]
    for s, street in enumerate(streets):
        for unit in sorted(mine, key=lambda one: one.code):
            named = {key: getattr(unit, key).replace("丹桂", STREETS[s]) for key in ("name", "name_hant")}
            own = {"code": _like(unit.code, street), "area": street, "parent": _like(unit.parent or "", street) or None}
            yield Unit(**{**unit.model_dump(), **named, "name_en": f"{unit.name_en} {s}", **own})


def _community_units(areas: Sequence[Area]) -> Iterator[Unit]:
    for area in areas:
        if area.level == 2:
            code, above = (one.removeprefix(f"{CITY}-") for one in (area.code, area.parent or ""))
            name = f"{area.name}居委会"
            yield Unit(
                code=code, name=name, name_hant=name, name_en=code, area=area.code, parent=above, duties="社区事务。"
            )


def _city_people(people: Sequence[Person], units: Sequence[Unit]) -> Iterator[Person]:
    """The shipped ones, and as many more clerks as a town of this size has."""
    here = {unit.code for unit in units}
    yield from (Person(**one.model_dump()) for one in people if one.unit in here and one.area == CITY)
    for unit in units:
        for n in range(CLERKS):
            yield _person(f"c-{unit.code}-{n}".lower(), Role.CLERK, unit.code, CITY)


def _leaders(units: Sequence[Unit], areas: Sequence[Area]) -> Iterator[Person]:
    """Of each street unit a leader and three clerks; of each community one who leads its grids."""
    levels = {area.code: area.level for area in areas}
    for unit in units:
        if unit.area in levels:
            yield _person(f"l-{unit.code}".lower(), Role.LEADER, unit.code, unit.area)
            for n in range(3 if levels[unit.area] == 1 else 0):
                yield _person(f"c-{unit.code}-{n}".lower(), Role.CLERK, unit.code, unit.area)


def _workers(grids: Sequence[str], count: int) -> Iterator[Person]:
    for n in range(count):
        grid = grids[n % len(grids)]
        yield _person(f"w{n:04}", Role.WORKER, grid.removeprefix(f"{CITY}-").rpartition("-")[0], grid)


def _person(code: str, role: Role, unit: str, area: str) -> Person:
    n = sum(ord(sign) * (k + 7) ** 2 for k, sign in enumerate(code))
    name = SURNAMES[n % len(SURNAMES)] + GIVEN[n // 3 % len(GIVEN)] + GIVEN[n // 7 % len(GIVEN)]
    return Person(code=code, name=name, role=role, unit=unit, area=area)


def _shifts(people: Sequence[Person]) -> Iterator[DutyShift]:
    """Round the clock at each street's office and its patrol, by its clerks in turn."""
    clerks: dict[str, list[str]] = {}
    for person in people:
        if person.role is Role.CLERK and person.area != CITY:
            clerks.setdefault(person.unit, []).append(person.code)
    for unit, mine in clerks.items():
        for day in range(1, 8):
            on, night = mine[day % len(mine)], mine[(day + 1) % len(mine)]
            yield DutyShift(unit=unit, person=on, weekdays=[day], from_time=time(8), to_time=time(20))
            yield DutyShift(unit=unit, person=night, weekdays=[day], from_time=time(20), to_time=time(8))


def _rules(rules: Sequence[RoutingRule], streets: Sequence[str], people: Sequence[Person]) -> Iterator[RoutingRule]:
    """City rules as they are, those of the pattern once for each street."""
    leads = {person.unit: person.code for person in people if person.role is Role.LEADER}
    known = {person.code for person in people}
    for rule in rules:
        if rule.area is None and (rule.assignee is None or rule.assignee in known):
            yield RoutingRule(**rule.model_dump())
        elif rule.area == f"{CITY}-{PATTERN}":
            yield from (_repeated(rule, street, leads) for street in streets)


def _repeated(rule: RoutingRule, street: str, leads: Mapping[str, str]) -> RoutingRule:
    unit = _like(rule.unit, street)
    own = {
        "code": f"{rule.code}-{street}", "area": street, "unit": unit,
        "co_units": [_like(one, street) for one in rule.co_units],
        "assignee": leads[unit] if rule.assignee else None,
    }  # fmt: skip
    return RoutingRule(**{**rule.model_dump(), **own})
