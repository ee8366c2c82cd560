"""A town's files: the shipped ones are sound and as promised; a broken line is refused by its file and number."""

import json
import re
import shutil
import tomllib
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import shapely

from models import Role
from routing.facts import Facts
from routing.rules import RuleBook
from town.load import Problem, SeedRefused, Town, read_town
from town.tables import OPTIONAL

DATA = Path(__file__).parents[2] / "data"
TEXTS = Path(__file__).parents[2] / "town" / "problems.toml"
WORKING_MORNING = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def town() -> Town:
    return read_town(DATA)


@pytest.fixture(scope="module")
def outlines(town: Town) -> dict[str, shapely.Polygon]:
    return {area.code: shapely.geometry.shape(area.outline) for area in town.areas if area.outline and area.level == 3}


def test_the_town_is_as_large_as_promised(town: Town) -> None:
    levels, kinds = Counter(area.level for area in town.areas), Counter(place.kind for place in town.places)
    roles = Counter(person.role for person in town.people)
    assert (levels[0], levels[1], levels[2], levels[3], levels[4]) == (1, 3, 12, 43, 3)
    assert (kinds["estate"], kinds["building"], len(town.places)) == (27, 127, 268)
    assert min(kinds[kind] for kind in ("road", "school", "hospital", "market", "park", "factory", "village")) >= 4
    assert (len(town.units), len(town.rules), len(town.people)) == (53, 250, 155)
    assert (roles["worker"], roles["dispatcher"], roles["supervisor"], roles["admin"], roles["auditor"]) == (
        45,
        3,
        2,
        2,
        1,
    )
    assert {clock.code for clock in town.clocks} == {"simple", "complex", "consult", "urgent", "snapshot"}


def test_li_min_works_where_the_story_begins(town: Town) -> None:
    building = next(place for place in town.places if place.code == "B0103")
    worker = next(person for person in town.people if person.role == Role.WORKER and person.area == building.grid)
    assert (building.name, building.grid, worker.code, worker.name) == ("丹桂苑 3 栋", "CX-DG-01-03", "limin", "李敏")
    names = {person.code: (person.role, person.unit) for person in town.people}
    assert names["chenlu"] == ("dispatcher", "ZLZX")
    assert names["zhangwei"] == ("clerk", "CGJ")
    assert names["wangxing"] == ("leader", "DG-01")


def test_every_area_knows_its_path(town: Town) -> None:
    paths = {area.code: area.path for area in town.areas}
    assert paths["CX"] == ["CX"]
    assert paths["CX-LX-05-03"] == ["CX", "CX-LX", "CX-LX-05", "CX-LX-05-03"]


def test_grids_tile_the_city(outlines: dict[str, shapely.Polygon]) -> None:
    city = shapely.union_all(list(outlines.values()))
    assert (city.geom_type, len(city.interiors)) == ("Polygon", 0)
    assert city.area == pytest.approx(sum(outline.area for outline in outlines.values()), abs=1e-14)


def test_neighbours_share_their_border_vertex_for_vertex(outlines: dict[str, shapely.Polygon]) -> None:
    for one in outlines.values():
        for other in outlines.values():
            corners = set(other.exterior.coords)
            touching = [point for point in one.exterior.coords if other.exterior.distance(shapely.Point(point)) < 1e-9]
            assert corners.issuperset(touching)


def test_every_place_lies_in_its_grid_and_nowhere_else(town: Town, outlines: dict[str, shapely.Polygon]) -> None:
    for place in town.places:
        point = shapely.Point(place.lon, place.lat)
        assert [grid for grid, outline in outlines.items() if outline.covers(point)] == [place.grid]


def test_every_unit_that_must_answer_has_somebody_who_can(town: Town) -> None:
    desks = {rule.unit for rule in town.rules} | {town.profile.desk}
    handlers = {person.unit for person in town.people if person.role in (Role.CLERK, Role.WORKER)}
    leaders = {person.unit for person in town.people if person.role == Role.LEADER}
    assert desks <= handlers
    assert {unit.code for unit in town.units} <= leaders
    assert [unit.code for unit in town.units if not 60 <= len(unit.duties) <= 150] == []


def test_every_category_reaches_a_desk_of_its_own(town: Town) -> None:
    book = RuleBook(town.rules, {area.code: area.level for area in town.areas})
    assert (book.broken, book.has_catch_all) == ((), True)
    for category in town.categories:
        field = category.parent or category.code
        item = category.code if category.parent else None
        assert book.route(Facts(category=field, item=item, at=WORKING_MORNING)).rule != "R-LAST"
    assert book.route(Facts(at=WORKING_MORNING)).unit == "ZLZX"


def test_days_off(town: Town) -> None:
    days = {workday.day: workday for workday in town.workdays}
    assert (days[date(2026, 2, 17)].working, days[date(2026, 2, 17)].name) == (False, "春节")
    assert (days[date(2026, 2, 14)].working, days[date(2026, 2, 14)].name) == (True, "春节调休上班")
    assert {day.year for day in days} == {2024, 2025, 2026, 2027}
    assert all(("预计" in workday.name) == (day.year == 2027) for day, workday in days.items())
    assert all(day.weekday() >= 5 for day, workday in days.items() if workday.working)


# Broken towns: one thing changed, refused with exactly that line


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(DATA, tmp_path / "town"))


def line_of(file: str, text: str) -> int:
    """The line in the shipped file on which the one occurrence of `text` begins."""
    whole = (DATA / file).read_text(encoding="utf-8")
    assert whole.count(text) == 1, f"{text!r} stands {whole.count(text)} times in {file}"
    return whole.count("\n", 0, whole.index(text)) + 1


def refused(folder: Path) -> list[tuple[str, int, str]]:
    with pytest.raises(SeedRefused) as caught:
        read_town(folder)
    return [(problem.file, problem.line, problem.key) for problem in caught.value.problems]


LAST = "R-LAST,9999,true,,,,,,,,,,,ZLZX,,unit,,simple"
LIGHTS = "R-OLD-LIGHTS,300,false,,2024-12-31,城市管理/市政设施,,,,,,,,ZJJ,,unit,,simple"
TOUR = '旅游/旅行社导游,,,,,,,"{""weekday"": [6, 7]}"'
FIGHT = "公安/治安纠纷,,,,22:00"
FRAUD = "R-GA-FRAUD,300,true,,,公安/诈骗,,,,,,,,GAJ,,named,"
BUILDING = "building,丹桂路 18 号 3 栋,CX-DG-01-03,112.386807,30.902141,48"

HELD = "limin,CX-DG-01-03\ntangling,CX-LX-05-HL"

BROKEN = {  # file, what stands there, what it becomes, the reason, the line if another than the first's
    "level is no number": ("areas.csv", "CX-DG,丹桂街道,1,CX", "CX-DG,丹桂街道,一,CX", "number"),
    "level and parent differ": ("areas.csv", "丹桂社区第三网格,3,CX-DG-01", "丹桂社区第三网格,3,CX-DG", "level_parent"),
    "parent unknown": ("areas.csv", "茶岭村第三网格,3,CX-LX-05", "茶岭村第三网格,3,CX-LX-06", "unknown"),
    "two cities": ("areas.csv", "CX,澄溪市,0,\n", "CX,澄溪市,0,\nCY,另一市,0,\n", "one_city", 3),
    "code with a blank": ("places.csv", "B0103,", "B 0103,", "code"),
    "code twice": ("places.csv", "B0103,", "B0102,", "duplicate"),
    "place of no kind": ("places.csv", BUILDING, BUILDING.replace("building", "tower"), "choice"),
    "place in a community": ("places.csv", BUILDING, BUILDING.replace("-01-03", "-01"), "not_a_grid"),
    "place outside its grid": ("places.csv", BUILDING, BUILDING.replace("30.902141", "30.892141"), "outside"),
    "longitude off the globe": ("places.csv", BUILDING, BUILDING.replace("112.", "1112."), "longitude"),
    "latitude not a number": ("places.csv", BUILDING, BUILDING.replace("30.902141", "nan"), "latitude"),
    "a cell too many": ("places.csv", BUILDING, BUILDING + ",", "cells"),
    "name empty": ("places.csv", "丹桂苑 3 栋,", ",", "empty"),
    "control character": ("places.csv", "丹桂路 18 号 3 栋", "丹桂路 18 号\0 3 栋", "control"),
    "unit under itself": ("units.csv", "Management Bureau,CX,,负责安", "Management Bureau,CX,YJJ,负责安", "circle"),
    "item under an item": ("categories.csv", "税务/发票,税务,", "税务/发票,税务/缴税办税,", "field_parent"),
    "unit unknown": ("people.csv", "zhangwei,张伟,clerk,CGJ,CX", "zhangwei,张伟,clerk,CGX,CX", "unknown"),
    "role unknown": ("people.csv", "zhangwei,张伟,clerk,CGJ,CX", "zhangwei,张伟,boss,CGJ,CX", "choice"),
    "resident among the staff": ("people.csv", "zhangwei,张伟,clerk", "zhangwei,张伟,resident", "choice"),
    "sign-in name in Chinese": ("people.csv", "zhangwei,张伟", "张伟,张伟", "sign_in"),
    "a special grid within a grid": ("areas.csv", "网格,4,CX-LH-03", "网格,4,CX-LH-03-01", "level_parent"),
    "a community held": ("holdings.csv", "yeyoucai,CX-LH-03-QY", "yeyoucai,CX-LH-01", "not_a_grid"),
    "a grid held by a clerk": ("holdings.csv", "yeyoucai,", "zhangwei,", "holder_role"),
    "held by nobody we know": ("holdings.csv", "yeyoucai,", "yeyoucal,", "unknown"),
    "held twice": ("holdings.csv", "yeyoucai,CX-LH-03-QY", "zengyiming,CX-LH-03-QY", "duplicate"),
    "held and one's own": ("holdings.csv", "tangling,CX-LX-05-HL", HELD, "held_already", 3),
    "span without unit": ("clocks.csv", "2h,2d,3d,", "2h,2d,3,", "span"),
    "calendar unknown": ("clocks.csv", "2h,,3d,days", "2h,,3d,moon", "choice"),
    "neither true nor false": ("clocks.csv", "2h,,3d,days,false,true", "2h,,3d,days,false,yes", "truth"),
    "category unknown": ("rules.csv", LIGHTS, LIGHTS.replace("市政设施", "路灯"), "unknown"),
    "clock unknown": ("rules.csv", LIGHTS, LIGHTS.replace("simple", "easy"), "unknown"),
    "ends before it starts": ("rules.csv", LIGHTS, LIGHTS.replace(",,2024-12-31", ",2025-01-01,2024-12-31"), "period"),
    "no such day": ("rules.csv", LIGHTS, LIGHTS.replace("2024-12-31", "2024-12-32"), "date"),
    "no such hour": ("rules.csv", FIGHT, FIGHT.replace("22", "24"), "time"),
    "half a window": ("rules.csv", FIGHT, FIGHT.replace("22:00", ""), "window"),
    "named without a name": ("rules.csv", FRAUD, FRAUD.replace("named", "unit"), "assignee"),
    "predicates no JSON": ("rules.csv", TOUR, TOUR.replace('"{""weekday"": [6, 7]}"', "weekday"), "document"),
    "predicate unknown": ("rules.csv", TOUR, TOUR.replace('weekday"": [6, 7]', 'moon"": 1'), "condition"),
    "no catch-all": ("rules.csv", LAST, LAST.replace("true", "false"), "no_catch_all", 1),
    "column missing": ("calendar.csv", "day,working,name", "day,works,name", "missing_column"),
    "no such date": ("calendar.csv", "2024-02-04,", "2024-02-30,", "date"),
    "quote left open": ("calendar.csv", "2027-10-09,true,", '2027-10-09,true,"', "csv"),
    "no such weekday": ("duty.csv", "ZLZX,1-5,", "ZLZX,1-8,", "weekdays"),
    "weekdays turned round": ("duty.csv", "ZLZX,1-5,", "ZLZX,5-1,", "weekdays"),
    "a shift of no length": ("duty.csv", "ZLZX,6;7,08:00,20:00", "ZLZX,6;7,08:00,08:00", "window"),
    "a shift that ends before it starts": ("duty.csv", "chenlu,,", "chenlu,2026-12-01,2026-11-01", "period"),
    "on duty elsewhere": ("duty.csv", "08:00,20:00,chenlu", "08:00,20:00,wufan", "duty_unit"),
    "nobody of that name on duty": ("duty.csv", "08:00,20:00,chenlu", "08:00,20:00,chenlv", "unknown"),
    "a shift twice": ("duty.csv", "ZLZX,7,20:00,08:00,dengyun,,", "ZLZX,6,20:00,08:00,lvkai,,", "duplicate"),
    "two in one day": ("calendar.csv", "2024-02-11,", "2024-02-10,", "duplicate"),
    "hours turned round": ("town.toml", 'start = "08:30"', 'start = "18:30"', "hours"),
    "no time zone": ("town.toml", "Asia/Shanghai", "Asia/Chengxi", "timezone"),
    "desk unknown": ("town.toml", 'desk = "ZLZX"', 'desk = "ZLZY"', "unknown"),
    "number missing": ("town.toml", 'fire = "119"', "fire = 119", "missing_key"),
    "service of no topic": ("services.csv", "medical-newborn,medical,", "medical-newborn,health,", "choice"),
    "service of nobody": ("services.csv", "medical-newborn,medical,YBJ,", "medical-newborn,medical,YBX,", "unknown"),
    "no TOML": ("town.toml", 'police = "110"', "police = 110 119", "toml"),
}  # fmt: skip


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_a_broken_line_is_refused_by_file_and_number(folder: Path, broken: tuple[str, str, str, str, int]) -> None:
    file, good, bad, key, *elsewhere = broken
    line = elsewhere[0] if elsewhere else line_of(file, good)
    change(folder / file, good, bad)
    assert refused(folder) == [(file, line, key)]


def change(path: Path, good: str, bad: str) -> None:
    path.write_text(path.read_text(encoding="utf-8").replace(good, bad, 1), encoding="utf-8")


@pytest.mark.parametrize("file", sorted({path.name for path in DATA.iterdir() if path.suffix != ".md"} - OPTIONAL))
def test_a_missing_file_is_one_problem_not_a_thousand(folder: Path, file: str) -> None:
    (folder / file).unlink()
    assert refused(folder) == [(file, 0, "missing_file")]


def test_a_town_may_begin_without_services(folder: Path) -> None:
    assert read_town(folder).services
    (folder / "services.csv").unlink()
    assert read_town(folder).services == ()


def test_gbk_is_refused_where_it_begins(folder: Path) -> None:
    lines = (folder / "people.csv").read_bytes().splitlines(keepends=True)
    lines[6] = lines[6].decode().encode("gbk")
    (folder / "people.csv").write_bytes(b"".join(lines))
    assert refused(folder) == [("people.csv", 7, "encoding")]


def test_spreadsheet_habits_are_no_problem(folder: Path) -> None:
    """A byte-order mark, Windows line ends, blank lines at the end, a column of one's own."""
    lines = (folder / "clocks.csv").read_text(encoding="utf-8").splitlines()
    text = "\r\n".join([lines[0] + ",备注", *(line + ",好" for line in lines[1:]), ",,,,,,,,", ""])
    (folder / "clocks.csv").write_text(text, encoding="utf-8-sig", newline="")
    assert read_town(folder).clocks == read_town(DATA).clocks


def test_a_grid_without_a_worker_is_refused_at_the_grid(folder: Path) -> None:
    change(folder / "people.csv", "limin,李敏,worker,DG-01,CX-DG-01-03\n", "")
    assert refused(folder) == [("areas.csv", line_of("areas.csv", "CX-DG-01-03,"), "no_worker")]


def test_a_worker_looks_after_a_grid_not_a_community(folder: Path) -> None:
    line = line_of("people.csv", "limin,李敏,worker,DG-01,CX-DG-01-03")
    change(folder / "people.csv", "limin,李敏,worker,DG-01,CX-DG-01-03", "limin,李敏,worker,DG-01,CX-DG-01")
    assert refused(folder) == [
        ("areas.csv", line_of("areas.csv", "CX-DG-01-03,"), "no_worker"),
        ("people.csv", line, "worker_area"),
    ]


def test_whoever_holds_a_grid_works_in_it_or_leads_it(folder: Path) -> None:
    line = line_of("areas.csv", "CX-LH-03-QY,"), line_of("areas.csv", "CX-KD,")
    change(folder / "holdings.csv", "zengyiming,CX-LH-03-QY\n", "")
    change(
        folder / "holdings.csv", "yechunsheng,CX-KD\n", ""
    )  # its community's leader is nobody's: it lies in the city
    assert refused(folder) == [("areas.csv", line[0], "no_worker"), ("areas.csv", line[1], "no_leader")]
    assert {one.code: one.holds for one in read_town(DATA).people if one.holds} == {
        "zengyiming": ["CX-LH-03-QY"],
        "yeyoucai": ["CX-LH-03-QY"],
        "tangling": ["CX-LX-05-HL"],
        "yechunsheng": ["CX-KD"],
    }


def test_everything_wrong_is_told_at_once(folder: Path) -> None:
    change(folder / "clocks.csv", "2h,2d,3d,workdays,false", "2h,2x,3d,workdays,no")
    change(folder / "units.csv", "CGJ,城市管理局", "CGJ,")
    change(folder / "calendar.csv", "2027-10-09,true", "9.10.2027,true")
    assert refused(folder) == [
        ("calendar.csv", line_of("calendar.csv", "2027-10-09,"), "date"),
        ("clocks.csv", 2, "span"),
        ("clocks.csv", 2, "truth"),
        ("units.csv", line_of("units.csv", "CGJ,城市管理局"), "empty"),
    ]


# Outlines: one Feature a line in the shipped file

OUTLINES = (DATA / "grids.geojson").read_text(encoding="utf-8").splitlines()
HERE = next(n for n, line in enumerate(OUTLINES) if '"CX-DG-01-03"' in line)


def redraw(folder: Path, feature: str | None, at: int = HERE) -> list[tuple[str, int, str]]:
    """What is said when that line is replaced, or left out."""
    lines = [*OUTLINES[:at], *([] if feature is None else [feature]), *OUTLINES[at + 1 :]]
    (folder / "grids.geojson").write_text("\n".join(lines), encoding="utf-8")
    return refused(folder)


def drawn(*ring: tuple[float, float], code: str = "CX-DG-01-03", kind: str = "Polygon") -> str:
    geometry = {"type": kind, "coordinates": [ring]}
    return json.dumps({"type": "Feature", "properties": {"code": code}, "geometry": geometry}) + ","


def ring(line: int) -> list[tuple[float, float]]:
    coordinates = json.loads(OUTLINES[line].rstrip(","))["geometry"]["coordinates"][0]
    return [(lon, lat) for lon, lat in coordinates]


def test_an_open_outline(folder: Path) -> None:
    assert redraw(folder, drawn(*ring(HERE)[:-1])) == [("grids.geojson", HERE + 1, "open_ring")]


def test_an_outline_that_crosses_itself(folder: Path) -> None:
    bow_tie = drawn((112.3, 30.8), (112.31, 30.81), (112.31, 30.8), (112.3, 30.81), (112.3, 30.8))
    assert redraw(folder, bow_tie) == [("grids.geojson", HERE + 1, "invalid_polygon")]


def test_an_outline_of_another_kind_or_off_the_globe(folder: Path) -> None:
    far = drawn((212.3, 30.8), (212.4, 30.8), (212.4, 30.9), (212.3, 30.8))
    assert redraw(folder, far) == [("grids.geojson", HERE + 1, "polygon")]
    assert redraw(folder, drawn(*ring(HERE), kind="LineString")) == [("grids.geojson", HERE + 1, "polygon")]


def test_an_outline_over_its_neighbour_is_told_at_the_later_one(folder: Path) -> None:
    mine, neighbour = ring(HERE), ring(HERE + 1)
    shared = [point for point in mine if point in neighbour]
    moved, inside = shared[len(shared) // 2], shapely.Polygon(neighbour).centroid
    reaching = [(inside.x, inside.y) if point == moved else point for point in mine]
    assert redraw(folder, drawn(*reaching)) == [("grids.geojson", HERE + 2, "overlap")]


def test_a_grid_without_an_outline(folder: Path) -> None:
    assert redraw(folder, None) == [("areas.csv", line_of("areas.csv", "CX-DG-01-03,"), "no_outline")]


def test_two_outlines_of_one_grid(folder: Path) -> None:
    assert redraw(folder, OUTLINES[HERE] + "\n" + OUTLINES[HERE]) == [("grids.geojson", HERE + 2, "duplicate")]


def test_an_outline_of_no_grid(folder: Path) -> None:
    assert redraw(folder, OUTLINES[HERE] + "\n" + drawn(*ring(HERE), code="CX-DG-01")) == [
        ("grids.geojson", HERE + 2, "not_a_grid")
    ]


def test_no_geojson(folder: Path) -> None:
    assert redraw(folder, OUTLINES[HERE][:-10]) == [("grids.geojson", HERE + 2, "json")]
    assert redraw(folder, '{"type": "Feature"},') == [
        ("areas.csv", line_of("areas.csv", "CX-DG-01-03,"), "no_outline"),
        ("grids.geojson", HERE + 1, "features"),
    ]


def test_a_problem_reads_in_both_languages() -> None:
    problem = Problem("people.csv", 9, "unknown", "CGX")
    assert str(problem) == "people.csv:9: 没有这个编码：CGX"
    assert problem.say("en") == "no such code: CGX"
    reasons = tomllib.loads(TEXTS.read_text(encoding="utf-8"))
    assert reasons["zh-Hans"].keys() == reasons["zh-Hant"].keys() == reasons["en"].keys()


def test_every_reason_is_used_and_every_use_has_a_reason() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in TEXTS.parent.glob("*.py"))
    reasons = tomllib.loads(TEXTS.read_text(encoding="utf-8"))
    assert [key for key in reasons["en"] if f'"{key}"' not in code] == []
    used = set(re.findall(r'(?:wrong|WrongValue)\(\s*"(\w+)"|Problem\([^()]*?, "(\w+)"', code))
    assert {key for pair in used for key in pair if key} <= reasons["en"].keys()
