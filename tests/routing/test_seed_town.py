"""The seed town: what people there would write, with the place that is meant; and every category finds a desk."""

import csv
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path

import pytest

from models import Area, AssignTo, Person, Place, Role, RoutingRule, Unit
from routing.assign import candidate, chain
from routing.places import PlaceIndex
from routing.rules import Decision, Facts, RuleBook

DATA = Path(__file__).parents[2] / "data"


@cache
def rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def sentences() -> list[dict[str, str]]:
    """What people there would write, with what is meant and its grid; the last ones name no place, some nearly do."""
    with (Path(__file__).parent / "sentences.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def areas() -> dict[str, Area]:
    features = json.loads((DATA / "grids.geojson").read_text("utf-8"))["features"]
    outlines = {feature["properties"]["code"]: feature["geometry"] for feature in features}
    found: dict[str, Area] = {}
    for row in rows("areas.csv"):  # parents first
        path = [*(found[row["parent"]].path if row["parent"] else []), row["code"]]
        area = Area(code=row["code"], name=row["name"], level=int(row["level"]), path=path)
        area.outline = outlines.get(row["code"])
        found[row["code"]] = area
    return found


def places() -> Iterator[Place]:
    for row in rows("places.csv"):
        fixed = {key: row[key] for key in ("code", "name", "kind", "address", "grid")}
        at = {"lon": float(row["lon"]), "lat": float(row["lat"])}
        yield Place(**fixed, **at, aliases=[alias for alias in row["aliases"].split(";") if alias])


def rules() -> Iterator[RoutingRule]:
    for row in rows("rules.csv"):
        filled = {key: value for key, value in row.items() if value}
        read = {
            "priority": int,
            "enabled": lambda text: text == "true",
            "danger": lambda text: text == "true",
            "valid_from": date.fromisoformat,
            "valid_to": date.fromisoformat,
            "from_time": time.fromisoformat,
            "to_time": time.fromisoformat,
            "min_confidence": float,
            "predicates": json.loads,
            "co_units": lambda text: text.split(";"),
            "assign": AssignTo,
        }
        yield RoutingRule(**{key: read.get(key, str)(value) for key, value in filled.items()})


@cache
def index() -> PlaceIndex:
    return PlaceIndex(list(places()), list(areas().values()))


@cache
def book() -> RuleBook:
    return RuleBook(rules(), {area.code: area.level for area in areas().values()})


def test_what_people_say_names_the_right_grid() -> None:
    """Where only a community or street is named, that; of a crossing either road. Nearly as often the place itself."""
    naming = [row for row in sentences() if row["means"]]
    assert len(naming) >= 350
    wrong, elsewhere = {}, {}
    for row in naming:
        first = next(iter(index().from_words(row["text"])), None)
        if first is None or first.area not in (row["grid"] or row["means"]).split(";"):
            wrong[row["text"]] = first and first.name
        if first is None or (first.place or first.area) not in row["means"].split(";"):
            elsewhere[row["text"]] = first and first.name
    assert len(wrong) <= len(naming) * 0.05, wrong
    assert len(elsewhere) <= len(naming) * 0.05, elsewhere


def test_where_nothing_is_named_nothing_is_found() -> None:
    silent = [row["text"] for row in sentences() if not row["means"]]
    assert len(silent) >= 130
    heard = {text: [one.name for one in found] for text in silent if (found := index().from_words(text))}
    assert len(heard) <= len(silent) * 0.01, heard


def test_the_sentences_say_the_grid_of_the_place_they_mean() -> None:
    grids = {row["code"]: row["grid"] for row in rows("places.csv")}
    grids |= {area.code: area.code if area.level == 3 else "" for area in areas().values()}
    assert [
        row for row in sentences() if row["grid"] != ";".join(grids.get(one, "") for one in row["means"].split(";"))
    ] == []


def test_every_name_in_the_table_finds_its_place() -> None:
    lost = {}
    for place in places():
        for name in (place.name, *place.aliases):
            found = {one.place for one in index().from_words(f"反映{name}的问题，没人管")}
            if place.code not in found:
                lost[name] = place.code
    assert lost == {}


def test_a_pin_at_every_place_lies_in_its_grid() -> None:
    wrong = []
    for place in places():
        found = index().from_pin(place.lon, place.lat, 10)
        if not found or found.grid != place.grid or found.place is None:
            wrong.append((place.code, found))
    assert wrong == []


def test_no_rule_is_broken_and_there_is_a_catch_all() -> None:
    assert (book().broken, book().has_catch_all) == ((), True)


MOMENTS = [datetime(2026, 11, 21, hour, tzinfo=UTC) for hour in (2, 5, 15, 20)]
STREETS = [(), ("CX", "CX-DG"), ("CX", "CX-LH"), ("CX", "CX-LX")]


@pytest.mark.parametrize("path", STREETS, ids=lambda path: path[-1] if path else "unknown")
@pytest.mark.parametrize("at", MOMENTS, ids=lambda at: f"{at:%H}h")
def test_every_category_finds_a_desk_of_its_own_street(path: tuple[str, ...], at: datetime) -> None:
    units = {row["code"]: row["area"] for row in rows("units.csv")}
    for row in rows("categories.csv"):
        field, item = (row["parent"], row["code"]) if row["parent"] else (row["code"], None)
        for danger in (None, "gas"):
            facts = Facts(category=field, item=item, area_path=path, danger=danger, confidence=1.0, at=at)
            decision = book().route(facts)
            assert decision.rule != "R-LAST", row["code"]
            assert units[decision.unit] in ("CX", *path), (row["code"], decision)


def test_in_every_grid_somebody_takes_it_and_somebody_stands_above() -> None:
    people = [Person(**{**row, "role": Role(row["role"]), "active": True}) for row in rows("people.csv")]
    units = {row["code"]: Unit(**{**row, "parent": row["parent"] or None}) for row in rows("units.csv")}
    for grid in (area for area in areas().values() if area.level == 3):
        for decision in desks(tuple(grid.path)):
            taker = candidate(decision, people, {}, grid.path, areas=areas())
            assert taker, (grid.code, decision.rule)
            if decision.assign is AssignTo.CELL:
                assert next(one.area for one in people if one.code == taker) == grid.code
            above = chain(taker, decision.unit, people, areas(), grid.path, units=units)
            assert above and taker not in above[:1], (grid.code, decision.rule, above)


def desks(path: tuple[str, ...]) -> Iterable[Decision]:
    """One decision for each desk that anything said there can reach."""
    found = {}
    for row in rows("categories.csv"):
        facts = Facts(category=row["parent"] or row["code"], item=row["code"], area_path=path, at=MOMENTS[0])
        decision = book().route(facts)
        found[decision.unit, decision.assign, decision.assignee] = decision
    return found.values()
