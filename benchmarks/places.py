"""Places in a large town: how long the index takes to make, to read a sentence, to look up a pin; and what it keeps.

    python -m benchmarks.places --places 1000000 --grids 10000 --json

The town is made up: grids whose borders are no straight lines, estates with their buildings, roads, shops and schools,
with other names, and with names that several share. Sentences name one of them, sometimes with the street it lies in,
or none, and are up to some hundred characters long; who writes them is as careless as people are about numbers. Each
line of the result says how many named the right grid, so that nothing is fast because it finds nothing. Times are CPU
time of the one thread, since what else the machine does is no fault of it. Exit code 1 when one is longer than allowed.
"""

import argparse
import gc
import json
import random
import resource
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice, product
from typing import Any, cast

import numpy as np

from models import Area, Place
from routing.places import PlaceIndex

BUILD_S, MOST_MS = 60.0, 5.0
STEP = 0.004  # degrees: a grid's side, some 400 m
GRIDS_OF_COMMUNITY, COMMUNITIES_OF_STREET = 8, 12
FIRST = "云松柳竹梅兰荷桂枫杏桃李樱棠柏榆槐桐杨丹青紫金银玉碧翠锦绣春夏秋冬东西南北朝晨晚星月光华荣昌盛兴隆泰安康宁和平"
SECOND = (
    "溪河湖江海泉潭湾岸洲岛山峰岭岗坡谷林园庭院台阁楼亭桥塘池畔坊里村庄城都府轩斋堂居榭野原田丰景秀雅清静逸悦欣怡馨香"
)
ESTATE, ROAD = ("苑", "花园", "家园", "小区", "雅居", "名邸", "新村"), ("路", "街", "大道", "巷")
OTHER = {
    "shop": ("超市", "烧烤", "药房", "宾馆"),
    "school": ("小学", "中学", "幼儿园"),
    "hospital": ("卫生院", "医院"),
    "factory": ("机械厂", "食品厂"),
    "public": ("公厕", "文化站"),
}
WRITTEN = ("{}栋", "{}号楼", " {} 幢", "第{}栋")
BEFORE = ("", "你好，我想反映一下，", "昨天晚上路过，看见", "我家住在", "麻烦你们来看看，")
AFTER = (
    "楼下的烧烤店天天到半夜，油烟直往家里灌",
    "的路灯坏了三盏，晚上黑漆漆的，老人走路要摔跤",
    "门口的垃圾堆了一个星期没有人来收，天热了味道很大",
    "下水道堵了，污水漫到路上",
    "有人在楼道里给电动车充电，说了几次都不听",
)
MORE = (
    "打过几次电话都说会处理，可是一直没有人来。我们这里住的都是老人和孩子，实在受不了，请你们尽快派人来看一看，谢谢。"
)


@dataclass(slots=True)
class Row:
    """A place as the index reads it, without what a row of the database drags along."""

    code: str
    name: str
    kind: str
    address: str
    grid: str
    lon: float
    lat: float
    aliases: list[str] = field(default_factory=list)


def main() -> int:
    ask = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    ask.add_argument("--places", type=int, default=1_000_000)
    ask.add_argument("--grids", type=int, default=10_000)
    ask.add_argument("--sentences", type=int, default=20_000)
    ask.add_argument("--seed", type=int, default=1)
    ask.add_argument("--json", action="store_true")
    given = ask.parse_args()
    dice = random.Random(given.seed)
    areas = town(given.grids, dice)
    rows = list(islice(places(areas, dice), given.places))
    gc.collect()
    gc.freeze()  # what the town itself takes is not gone through again and again while the index is made
    before, start, wall = memory(), time.process_time(), time.perf_counter()
    index = PlaceIndex(cast(list[Place], rows), areas)
    index.from_words("丹")  # whatever waits for the first text
    built, wall = time.process_time() - start, time.perf_counter() - wall
    found = {
        "places": len(rows),
        "grids": given.grids,
        "built_s": built,
        "built_wall_s": wall,
        "index_mb": memory() - before,
        "whole_mb": memory(),
        "words": words(index, sentences(rows, areas, dice, given.sentences)),
        "pins": pins(index, rows, dice, given.sentences),
    }
    print(json.dumps(found) if given.json else shown(found))
    kept = built <= BUILD_S and all(found[part]["p99_ms"] <= MOST_MS for part in ("words", "pins"))
    return 0 if kept else 1


def memory() -> float:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 2**20


def town(grids: int, dice: random.Random) -> list[Area]:
    """A lattice with crooked corners: neighbours share their border."""
    wide = int(grids**0.5) + 1
    corner = {
        (x, y): (110 + STEP * (x + dice.uniform(-0.3, 0.3)), 30 + STEP * (y + dice.uniform(-0.3, 0.3)))
        for x, y in product(range(wide + 1), repeat=2)
    }
    city = Area(code="C", name="楚江市", level=0, path=["C"])
    made: dict[str, Area] = {"C": city}
    names = name_of(dice)
    for n, (x, y) in enumerate(islice(product(range(wide), repeat=2), grids)):
        community = n // GRIDS_OF_COMMUNITY
        street = f"C-{community // COMMUNITIES_OF_STREET:03}"
        if street not in made:
            made[street] = Area(code=street, name=f"{next(names)}街道", level=1, path=["C", street])
        above = f"{street}-{community:05}"
        if above not in made:
            made[above] = Area(code=above, name=f"{next(names)}社区", level=2, path=["C", street, above])
        code, number = f"{above}-{n:06}", n % GRIDS_OF_COMMUNITY + 1
        ring = [corner[x + dx, y + dy] for dx, dy in ((0, 0), (1, 0), (1, 1), (0, 1), (0, 0))]
        grid = Area(code=code, name=f"{made[above].name}第{number}网格", level=3, path=[*made[above].path, code])
        grid.outline = {"type": "Polygon", "coordinates": [[list(point) for point in ring]]}
        made[code] = grid
    return list(made.values())


def name_of(dice: random.Random) -> Iterator[str]:
    """Two or three characters; later ones are names that came before."""
    while True:
        yield dice.choice(FIRST) + "".join(dice.choices(SECOND, k=dice.choice((1, 1, 2))))


def places(areas: list[Area], dice: random.Random) -> Iterator[Row]:
    """Four fifths are buildings of an estate; every fourth estate is also called otherwise."""
    grids, names = [area for area in areas if area.level == 3], name_of(dice)
    n = 0
    while True:
        grid = dice.choice(grids)
        lon, lat = middle(grid)
        street, stem = next(names) + dice.choice(ROAD), next(names)
        yield Row(f"R{n}", street, "road", street, grid.code, lon, lat, [])
        estate, house = stem + dice.choice(ESTATE), f"{street} {dice.randint(1, 300)} 号"
        aliases = [stem + "大院"] if dice.random() < 0.25 else []
        yield Row(f"E{n}", estate, "estate", house, grid.code, lon, lat, aliases)
        for number in range(1, dice.randint(6, 24)):
            at = (lon + dice.uniform(-0.001, 0.001), lat + dice.uniform(-0.001, 0.001))
            name = f"{estate} {number} 栋"
            yield Row(
                f"B{n}-{number}", name, "building", f"{house} {number} 栋", grid.code, *at, [f"{estate}{number}号楼"]
            )
        for kind in dice.sample(sorted(OTHER), 2):
            name = next(names) + dice.choice(OTHER[kind])
            at = (lon + dice.uniform(-0.001, 0.001), lat + dice.uniform(-0.001, 0.001))
            yield Row(f"O{n}-{kind}", name, kind, f"{street} {dice.randint(1, 300)} 号", grid.code, *at, ["老" + name])
        n += 1


def middle(grid: Area) -> tuple[float, float]:
    assert grid.outline
    corners = grid.outline["coordinates"][0][:4]
    return sum(lon for lon, _ in corners) / 4, sum(lat for _, lat in corners) / 4


def sentences(rows: list[Row], areas: list[Area], dice: random.Random, many: int) -> Iterator[tuple[str, str | None]]:
    """(text, the grid it names); every tenth names none."""
    streets = {area.code: area.name for area in areas if area.level == 1}
    for n in range(many):
        more = MORE * dice.randrange(4)
        if n % 10 == 0:
            yield dice.choice(BEFORE) + "我们小区" + dice.choice(AFTER) + "。" + more, None
            continue
        row = dice.choice(rows)
        base, _, number = row.name.partition(" ")
        name = base + dice.choice(WRITTEN).format(number.split()[0]) if number else base
        where = streets[row.grid[:5]] if dice.random() < 0.5 else ""
        yield dice.choice(BEFORE) + where + name + dice.choice(AFTER) + "。" + more, row.grid


def words(index: PlaceIndex, texts: Iterator[tuple[str, str | None]]) -> dict[str, Any]:
    took, right, silent, named, many = list[float](), 0, 0, 0, 0
    for text, grid in texts:
        start = time.thread_time()
        found = index.from_words(text)
        took.append(time.thread_time() - start)
        if grid is None:
            many, silent = many + 1, silent + (not found)
        else:
            named, right = named + 1, right + (grid in {one.grid for one in found[:4]})  # as many as are offered
    return timed(took) | {"named_right": right / named, "silent_right": silent / many}


def pins(index: PlaceIndex, rows: list[Row], dice: random.Random, many: int) -> dict[str, Any]:
    took, right = list[float](), 0
    for row in dice.choices(rows, k=many):
        start = time.thread_time()
        found = index.from_pin(row.lon, row.lat, dice.choice((0.0, 8.0, 30.0, 400.0)))
        took.append(time.thread_time() - start)
        right += found is not None and found.grid == row.grid
    return timed(took) | {"right": right / many}


def timed(took: list[float]) -> dict[str, float]:
    half, most, worst = (1000 * float(np.quantile(took, part)) for part in (0.5, 0.99, 1.0))
    return {"p50_ms": half, "p99_ms": most, "max_ms": worst}


def shown(found: dict[str, Any]) -> str:
    flat = {name: value for name, value in found.items() if not isinstance(value, dict)}
    parts = {f"{part}.{name}": value for part in ("words", "pins") for name, value in found[part].items()}
    return "\n".join(f"{name:20} {value:,.3f}" for name, value in (flat | parts).items())


if __name__ == "__main__":
    sys.exit(main())
