"""Each table as people see it: from this come lists, forms, searches, exports and imports.

Words for it are texts: a table's `console.tables.name.<name>`, a column's `console.tables.column.<column>`.
"""

from collections.abc import Mapping, Sequence
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
from routing.topics import Topic
from town.profile import NUMBERS
from town.tables import PlaceKind


class Kind(StrEnum):
    TEXT = "text"
    LONG = "long"
    NUMBER = "number"
    TRUTH = "truth"
    DAY = "day"
    HOUR = "hour"
    SPAN = "span"  # 15m, 2h, 3d
    WEEKDAYS = "weekdays"
    WORDS = "words"  # several, with ; between them
    CHOICE = "choice"
    ROW = "row"  # a row of another table, by its key


@dataclass(frozen=True)
class Column:
    name: str
    kind: Kind = Kind.TEXT
    of: str = ""  # a ROW's table, a CHOICE's family of texts
    choices: Sequence[str] = ()
    empty: bool = False  # may be left so
    listed: bool = True


@dataclass(frozen=True)
class Described:
    """`model` None: its rows lie in another table's."""

    name: str
    model: type[Any] | None
    columns: Sequence[Column]
    page: str = ""  # rows are edited there

    @property
    def file(self) -> str:
        return f"{self.name}.csv"

    @property
    def keyed(self) -> bool:
        return self.name not in ("duty", "holdings")


def _row(name: str, of: str, *, empty: bool = False, listed: bool = True) -> Column:
    return Column(name, Kind.ROW, of, empty=empty, listed=listed)


def _choice(name: str, of: str, choices: Sequence[str]) -> Column:
    return Column(name, Kind.CHOICE, of, tuple(choices))


CODE, NAME = Column("code"), Column("name")
HANT, EN = Column("name_hant", listed=False), Column("name_en", listed=False)
FROM, TO = Column("valid_from", Kind.DAY, empty=True), Column("valid_to", Kind.DAY, empty=True)
SAID = ("asked", "steps")
ROLES = [role for role in Role if role not in (Role.RESIDENT, Role.SYSTEM)]

TABLES: Sequence[Described] = (
    Described("areas", Area, (CODE, NAME, _choice("level", "level", "01234"), _row("parent", "areas", empty=True))),
    Described("places", Place, (
        CODE, NAME, Column("aliases", Kind.WORDS, empty=True), _choice("kind", "kind", list(PlaceKind)),
        Column("address"), _row("grid", "areas"), Column("lon", Kind.NUMBER, listed=False),
        Column("lat", Kind.NUMBER, listed=False), Column("households", Kind.NUMBER, empty=True),
    )),
    Described("units", Unit, (
        CODE, NAME, HANT, EN, _row("area", "areas"), _row("parent", "units", empty=True),
        Column("duties", Kind.LONG, listed=False),
    )),
    Described("people", Person, (CODE, NAME, _choice("role", "role", ROLES), _row("unit", "units"),
                                 _row("area", "areas"))),
    Described("holdings", None, (_row("person", "people"), _row("area", "areas"))),
    Described("duty", DutyShift, (
        _row("unit", "units"), Column("weekdays", Kind.WEEKDAYS), Column("from_time", Kind.HOUR),
        Column("to_time", Kind.HOUR), _row("person", "people"), FROM, TO,
    )),
    Described("clocks", ClockPolicy, (
        CODE, NAME, Column("sign", Kind.SPAN), Column("contact", Kind.SPAN, empty=True), Column("resolve", Kind.SPAN),
        _choice("calendar", "calendar", list(Calendar)), Column("review", Kind.TRUTH), Column("photo", Kind.TRUTH),
    )),
    Described("calendar", Workday, (Column("day", Kind.DAY), Column("working", Kind.TRUTH), NAME)),
    Described("categories", Category, (
        CODE, _row("parent", "categories", empty=True), NAME, HANT, EN, Column("dispute", Kind.TRUTH, empty=True),
    )),
    Described("rules", RoutingRule, (
        CODE, Column("priority", Kind.NUMBER), Column("enabled", Kind.TRUTH), FROM, TO,
        _row("category", "categories", empty=True), _row("area", "areas", empty=True),
        Column("place_kind", Kind.CHOICE, "kind", tuple(PlaceKind), empty=True),
        Column("danger", Kind.TRUTH, empty=True), Column("from_time", Kind.HOUR, empty=True),
        Column("to_time", Kind.HOUR, empty=True), Column("min_confidence", Kind.NUMBER, empty=True),
        Column("predicates", Kind.LONG, empty=True), _row("unit", "units"), Column("co_units", Kind.WORDS, empty=True),
        _choice("assign", "assign", list(AssignTo)), _row("assignee", "people", empty=True), _row("clock", "clocks"),
        Column("note", Kind.LONG, empty=True),
    ), page="/console/rules"),
    Described("services", Service, (
        CODE, _choice("topic", "topic", list(Topic)), _row("unit", "units"), _row("category", "categories"),
        Column("title"), Column("title_en", listed=False), *(Column(name, Kind.WORDS, listed=False) for name in SAID),
        Column("materials", Kind.WORDS, empty=True, listed=False),
        *(Column(name, listed=False) for name in ("place", "hours", "takes", "cost", "call")),
        Column("answer_en", Kind.LONG, listed=False), Column("reviewed_on", Kind.DAY), TO,
    ), page="/console/services"),
)  # fmt: skip
SETTINGS: Sequence[Column] = (
    NAME, HANT, EN, Column("timezone"), _row("desk", "units"), Column("hours.start", Kind.HOUR),
    Column("hours.end", Kind.HOUR), Column("retention.years", Kind.NUMBER, empty=True),
    *(Column("emergency." + kind) for kind in NUMBERS),
)  # fmt: skip
"""Of town.toml; a town may add numbers of its own."""
BY_NAME: Mapping[str, Described] = {table.name: table for table in TABLES}
BY_FILE: Mapping[str, Described] = {table.file: table for table in TABLES}
