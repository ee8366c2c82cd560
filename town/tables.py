"""One builder a table: a row becomes a record, or a problem says why not."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from models import (
    Area,
    AssignTo,
    Calendar,
    Category,
    ClockPolicy,
    DutyShift,
    Person,
    Place,
    Role,
    RoutingRule,
    Service,
    Unit,
    Workday,
)
from models.town import GRID, SPECIAL
from routing.conditions import BadCondition, conditions_of
from routing.topics import Topic
from town import cells as cell
from town.files import Known, Row
from town.outlines import Outline

COLUMNS = {  # the first column is the key
    "areas.csv": ("code", "name", "level", "parent"),
    "categories.csv": ("code", "parent", "name", "name_hant", "name_en", "dispute"),
    "places.csv": ("code", "name", "aliases", "kind", "address", "grid", "lon", "lat", "households"),
    "units.csv": ("code", "name", "name_hant", "name_en", "area", "parent", "duties"),
    "people.csv": ("code", "name", "role", "unit", "area"),
    "holdings.csv": ("person", "area"),
    "clocks.csv": ("code", "name", "sign", "contact", "resolve", "calendar", "review", "photo"),
    "rules.csv": (
        "code", "priority", "enabled", "valid_from", "valid_to", "category", "area", "place_kind", "danger",
        "from_time", "to_time", "min_confidence", "predicates", "unit", "co_units", "assign", "assignee", "clock",
        "note",
    ),
    "calendar.csv": ("day", "working", "name"),
    "duty.csv": ("unit", "weekdays", "from_time", "to_time", "person", "valid_from", "valid_to"),
    "services.csv": (
        "code", "topic", "unit", "category", "title", "title_en", "asked", "steps", "materials", "place", "hours",
        "takes", "cost", "call", "answer_en", "reviewed_on", "valid_to",
    ),
}  # fmt: skip
OPTIONAL = frozenset({"services.csv"})  # a town may begin without
KEYED = frozenset(COLUMNS) - {"duty.csv", "holdings.csv"}  # there the whole row is the key


def key_of(file: str, cells: Mapping[str, str]) -> str:
    columns = COLUMNS[file][:1] if file in KEYED else COLUMNS[file]
    return " / ".join(cells[column] for column in columns)


CELLS = (str(GRID), str(SPECIAL))
LEVELS_ABOVE = ("-1", "0", "1", "2", "3", "4")  # another word in the parent's cell is the parent's problem


class PlaceKind(StrEnum):
    ESTATE = "estate"
    BUILDING = "building"
    ROAD = "road"
    SCHOOL = "school"
    HOSPITAL = "hospital"
    MARKET = "market"
    PARK = "park"
    FACTORY = "factory"
    SHOP = "shop"
    STATION = "station"
    VILLAGE = "village"
    PUBLIC = "public"


@dataclass(frozen=True)
class Around:
    """What a row is held against."""

    known: Mapping[str, Known]  # codes by file
    levels: Mapping[str, str]  # level by area, as written
    fields: frozenset[str]  # categories without a parent
    outlines: Mapping[str, Outline]
    units: Mapping[str, str]  # unit by person, as written
    roles: Mapping[str, str]  # role by person, as written
    own: Mapping[str, str]  # area by person, as written

    @property
    def areas_read(self) -> bool:
        return self.known["areas.csv"] is not None

    def is_grid(self, area: str) -> bool:
        return self.levels.get(area) == str(GRID)

    def is_cell(self, area: str) -> bool:
        """A grid or a special one."""
        return self.levels.get(area) in CELLS


@dataclass(frozen=True)
class Holding:
    """A grid somebody holds besides their own."""

    person: str
    area: str


def _area(row: Row, around: Around) -> Area:
    area = Area(
        code=row.get("code", cell.code),
        name=row.get("name", str),
        level=row.get("level", cell.whole),
        parent=row.ref_or_none("parent", around.known["areas.csv"]),
    )
    above = around.levels[area.parent] if row.ok and area.parent else "-1"
    if row.ok and area.level > SPECIAL:
        row.wrong("choice", str(area.level), "level")
    elif row.ok and above in LEVELS_ABOVE and not _fits_below(area.level, int(above)):
        row.wrong("level_parent", f"{area.level} / {area.parent or ''}", "parent")
    return area


def _fits_below(level: int, above: int) -> bool:
    """One level down; a special grid lies below whatever holds all of it, and is no part of a grid."""
    return 0 <= above < GRID if level == SPECIAL else above == level - 1


def _category(row: Row, around: Around) -> Category:
    parent = row.ref_or_none("parent", around.known["categories.csv"])
    if row.ok and parent and parent not in around.fields:
        row.wrong("field_parent", parent, "parent")
    return Category(
        code=row.get("code", cell.category_code),
        parent=parent,
        name=row.get("name", str),
        name_hant=row.get("name_hant", str),
        name_en=row.get("name_en", str),
        dispute=row.get_or("dispute", cell.truth, False),
    )


def _place(row: Row, around: Around) -> Place:
    place = Place(
        code=row.get("code", cell.code),
        name=row.get("name", str),
        aliases=cell.many(row.cells["aliases"]),
        kind=row.get("kind", cell.word(PlaceKind)),
        address=row.get("address", str),
        grid=row.ref("grid", around.known["areas.csv"]),
        lon=row.get("lon", cell.longitude),
        lat=row.get("lat", cell.latitude),
        households=row.get_or("households", cell.whole, 0),
    )
    outline = around.outlines.get(place.grid)
    if row.ok and around.areas_read and not around.is_grid(place.grid):
        row.wrong("not_a_grid", place.grid, "grid")
    elif row.ok and outline and outline.leaves_out(place.lon, place.lat):
        row.wrong("outside", f"{place.code} {place.name} / {place.grid}", "grid")
    return place


def _unit(row: Row, around: Around) -> Unit:
    return Unit(
        code=row.get("code", cell.code),
        name=row.get("name", str),
        name_hant=row.get("name_hant", str),
        name_en=row.get("name_en", str),
        area=row.ref("area", around.known["areas.csv"]),
        parent=row.ref_or_none("parent", around.known["units.csv"]),
        duties=row.get("duties", str),
    )


def _person(row: Row, around: Around) -> Person:
    person = Person(
        code=row.get("code", cell.sign_in),
        name=row.get("name", str),
        role=row.get("role", cell.choice(Role)),
        unit=row.ref("unit", around.known["units.csv"]),
        area=row.ref("area", around.known["areas.csv"]),
    )
    if row.ok and person.role in (Role.RESIDENT, Role.SYSTEM):
        row.wrong("choice", person.role, "role")
    if row.ok and person.role == Role.WORKER and around.areas_read and not around.is_cell(person.area):
        row.wrong("worker_area", person.area, "area")
    return person


def _holding(row: Row, around: Around) -> Holding:
    holding = Holding(row.ref("person", around.known["people.csv"]), row.ref("area", around.known["areas.csv"]))
    role = around.roles.get(holding.person)
    if row.ok and around.areas_read and not around.is_cell(holding.area):
        row.wrong("not_a_grid", holding.area, "area")
    elif row.ok and role is not None and role not in (Role.WORKER, Role.LEADER):
        row.wrong("holder_role", f"{holding.person} / {role}", "person")
    elif row.ok and around.own.get(holding.person) == holding.area:
        row.wrong("held_already", f"{holding.person} / {holding.area}", "area")
    return holding


def _clock(row: Row, around: Around) -> ClockPolicy:
    return ClockPolicy(
        code=row.get("code", cell.code),
        name=row.get("name", str),
        sign=row.get("sign", cell.span),
        contact=row.get_or("contact", cell.span, ""),
        resolve=row.get("resolve", cell.span),
        calendar=row.get("calendar", cell.choice(Calendar)),
        review=row.get("review", cell.truth),
        photo=row.get("photo", cell.truth),
    )


def _rule(row: Row, around: Around) -> RoutingRule:
    rule = RoutingRule(
        code=row.get("code", cell.code),
        priority=row.get("priority", cell.whole),
        enabled=row.get("enabled", cell.truth),
        valid_from=row.get_or("valid_from", cell.day, None),
        valid_to=row.get_or("valid_to", cell.day, None),
        category=row.ref_or_none("category", around.known["categories.csv"]),
        area=row.ref_or_none("area", around.known["areas.csv"]),
        place_kind=row.get_or("place_kind", cell.word(PlaceKind), None),
        danger=row.get_or("danger", cell.truth, None),
        from_time=row.get_or("from_time", cell.hour, None),
        to_time=row.get_or("to_time", cell.hour, None),
        min_confidence=row.get_or("min_confidence", cell.confidence, 0.0),
        predicates=row.get_or("predicates", cell.document, {}),
        unit=row.ref("unit", around.known["units.csv"]),
        co_units=row.refs("co_units", around.known["units.csv"]),
        assign=row.get("assign", cell.choice(AssignTo)),
        assignee=row.ref_or_none("assignee", around.known["people.csv"]),
        clock=row.ref("clock", around.known["clocks.csv"]),
        note=row.cells["note"],
    )
    if row.ok:
        _check_rule(row, rule)
    return rule


def _check_rule(row: Row, rule: RoutingRule) -> None:
    """What no single cell can tell."""
    if (rule.from_time is None) != (rule.to_time is None) or (rule.from_time and rule.from_time == rule.to_time):
        row.wrong("window", f"{row.cells['from_time']}–{row.cells['to_time']}", "to_time")
    if rule.valid_from and rule.valid_to and rule.valid_to < rule.valid_from:
        row.wrong("period", f"{rule.valid_from} – {rule.valid_to}", "valid_to")
    if (rule.assign == AssignTo.NAMED) != bool(rule.assignee):
        row.wrong("assignee", f"{rule.assign} / {rule.assignee or ''}", "assignee")
    try:
        conditions_of(rule)
    except BadCondition as error:
        row.wrong("condition", str(error), "predicates")


def _shift(row: Row, around: Around) -> DutyShift:
    shift = DutyShift(
        unit=row.ref("unit", around.known["units.csv"]),
        person=row.ref("person", around.known["people.csv"]),
        weekdays=row.get("weekdays", cell.weekdays),
        from_time=row.get("from_time", cell.hour),
        to_time=row.get("to_time", cell.hour),
        valid_from=row.get_or("valid_from", cell.day, None),
        valid_to=row.get_or("valid_to", cell.day, None),
    )
    if row.ok and shift.from_time == shift.to_time:
        row.wrong("window", f"{row.cells['from_time']}–{row.cells['to_time']}", "to_time")
    if row.ok and shift.valid_from and shift.valid_to and shift.valid_to < shift.valid_from:
        row.wrong("period", f"{shift.valid_from} – {shift.valid_to}", "valid_to")
    works = around.units.get(shift.person)
    if row.ok and works in (around.known["units.csv"] or ()) and works != shift.unit:
        row.wrong("duty_unit", f"{shift.person} / {shift.unit}", "person")
    return shift


def _service(row: Row, around: Around) -> Service:
    plain: dict[str, Any] = {name: row.get(name, str) for name in PLAIN}
    return Service(
        code=row.get("code", cell.code),
        topic=row.get("topic", cell.word(Topic)),
        unit=row.ref("unit", around.known["units.csv"]),
        category=row.ref("category", around.known["categories.csv"]),
        asked=row.get("asked", cell.many),
        steps=row.get("steps", cell.many),
        materials=cell.many(row.cells["materials"]),
        reviewed_on=row.get("reviewed_on", cell.day),
        valid_to=row.get_or("valid_to", cell.day, None),
        **plain,
    )


PLAIN = ("title", "title_en", "place", "hours", "takes", "cost", "call", "answer_en")  # words of a service


def _workday(row: Row, around: Around) -> Workday:
    return Workday(day=row.get("day", cell.day), working=row.get("working", cell.truth), name=row.get("name", str))


BUILDERS: dict[str, Callable[[Row, Around], Any]] = {
    "areas.csv": _area,
    "categories.csv": _category,
    "places.csv": _place,
    "units.csv": _unit,
    "people.csv": _person,
    "holdings.csv": _holding,
    "clocks.csv": _clock,
    "rules.csv": _rule,
    "calendar.csv": _workday,
    "duty.csv": _shift,
    "services.csv": _service,
}
