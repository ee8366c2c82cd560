"""A town as large as asked: the shipped one, its streets with all that is in them written again and again.

    python -m benchmarks.large_town FOLDER --times 40

Forty times is a county: 120 streets, 1,800 grids, 10,000 places, 3,000 people. Whatever belongs to the whole city stays
once. Copies have codes, names and places of their own, so that a sentence names one of them.
"""

import argparse
import csv
import json
import math
import shutil
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Any

from tests.support.databases import ROOT

CITY, STREET = "CX", "1"
FIRST, SECOND = "云松柳竹梅兰荷枫杏桃李樱棠柏榆槐桐杨紫金银玉碧翠", "溪河湖江泉潭湾岸洲岛山峰岭岗坡谷林园亭桥塘池畔坊"
EAST, NORTH = 0.14, 0.1  # degrees from a copy to the next: none lies on another
Row = dict[str, str]


def main() -> None:
    ask = argparse.ArgumentParser()
    ask.add_argument("folder", type=Path)
    ask.add_argument("--times", type=int, default=40)
    asked = ask.parse_args()
    write(asked.folder, asked.times)


def write(folder: Path, times: int) -> None:
    """Into a folder that is not there yet; `times` is at most 576, as many names as there are."""
    shutil.copytree(ROOT / "data", folder)
    local = _local(folder)
    tables = {"areas": _area, "units": _unit, "places": _place, "people": _person, "holdings": _holding}
    for name, copied in tables.items():
        _again(folder / f"{name}.csv", times, copied, local)
    _borders(folder / "grids.geojson", times, local)


def _local(folder: Path) -> set[str]:
    """Codes of the streets, and of the areas, units and people within them."""
    areas = {row["code"]: row for row in _rows(folder / "areas.csv")}
    streets = tuple(code for code, row in areas.items() if row["level"] == STREET)
    inside = {code for code in areas if code.startswith(streets)}
    units = {row["code"] for row in _rows(folder / "units.csv") if row["area"] in inside}
    people = {row["code"] for row in _rows(folder / "people.csv") if row["unit"] in units}
    return inside | units | people


def _again(path: Path, times: int, copied: Any, local: set[str]) -> None:
    rows = _rows(path)
    more = [new for n, name in _names(times) for row in rows if (new := copied(row, n, name, local))]
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.DictWriter(file, rows[0])
        out.writeheader()
        out.writerows([*rows, *more])


def _rows(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _names(times: int) -> Iterator[tuple[int, str]]:
    for n, (first, second) in zip(range(1, times), product(FIRST, SECOND), strict=False):
        yield n, first + second


def _at(area: str, n: int) -> str:
    """CX-DG-01 → CX-DG7-01 in copy 7."""
    if area == CITY:
        return CITY
    city, street, *rest = area.split("-")
    return "-".join([city, f"{street}{n}", *rest])


def _area(row: Row, n: int, name: str, local: set[str]) -> Row | None:
    if row["code"] not in local:
        return None
    return row | {"code": _at(row["code"], n), "name": name + row["name"], "parent": _at(row["parent"], n)}


def _unit(row: Row, n: int, name: str, local: set[str]) -> Row | None:
    if row["code"] not in local:
        return None
    parent = f"{row['parent']}{n}" if row["parent"] in local else row["parent"]
    names = {key: name + row[key] for key in ("name", "name_hant")} | {"name_en": f"{row['name_en']} {n}"}
    return row | names | {"code": f"{row['code']}{n}", "area": _at(row["area"], n), "parent": parent}


def _place(row: Row, n: int, name: str, local: set[str]) -> Row:
    there = {"grid": _at(row["grid"], n), **_moved(row, n)}
    return row | there | {"code": f"{row['code']}X{n}", "name": name + row["name"], "aliases": ""}


def _moved(row: Mapping[str, str], n: int) -> Row:
    east, north = _off(n)
    return {"lon": f"{float(row['lon']) + east:.6f}", "lat": f"{float(row['lat']) + north:.6f}"} if row["lon"] else {}


def _off(n: int) -> tuple[float, float]:
    """Square by square: the first 4 lie two by two, the first 9 three by three."""
    side = math.isqrt(n)
    along = n - side * side
    column, row = (side, along) if along <= side else (2 * side - along, side)
    return column * EAST, row * NORTH


def _person(row: Row, n: int, name: str, local: set[str]) -> Row | None:
    if row["unit"] not in local:
        return None
    return row | {"code": f"{row['code']}{n}", "unit": f"{row['unit']}{n}", "area": _at(row["area"], n)}


def _holding(row: Row, n: int, name: str, local: set[str]) -> Row | None:
    if row["area"] not in local:
        return None
    person = f"{row['person']}{n}" if row["person"] in local else row["person"]
    return {"person": person, "area": _at(row["area"], n)}


def _borders(path: Path, times: int, local: set[str]) -> None:
    known = json.loads(path.read_text(encoding="utf-8"))
    shapes = [shape for shape in known["features"] if shape["properties"]["code"] in local]
    for n in range(1, times):
        for shape in shapes:
            east, north = _off(n)
            rings = [[[lon + east, lat + north] for lon, lat in ring] for ring in shape["geometry"]["coordinates"]]
            code = _at(shape["properties"]["code"], n)
            known["features"].append(
                shape | {"properties": {"code": code}, "geometry": {"type": "Polygon", "coordinates": rings}}
            )
    path.write_text(json.dumps(known, ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    main()
