"""The town: areas on three levels, places, units, people, categories. Loaded by `seed`, changed in the console.

Nothing old cases may name is deleted: what is not `active` rests, and keeps its name.
"""

from datetime import datetime, time
from typing import Any
from uuid import UUID, uuid4

from sqlmodel import Field

from models.base import DOCUMENT, WORDS, Table, moment, new_dict, new_list, words_of
from models.status import Role


class Town(Table, table=True):
    """The town as a whole; one row. Hours are local; `emergency`: numbers of police, fire, medical, gas_repair …"""

    __tablename__ = "town"
    code: str = Field(primary_key=True)  # the city's area code
    name: str
    name_hant: str
    name_en: str
    timezone: str
    desk: str = Field(foreign_key="units.code")  # where cases are dispatched by hand (分拨台)
    opens: time
    closes: time
    emergency: dict[str, str] = Field(default_factory=new_dict, sa_type=DOCUMENT)
    retention_years: int | None = None  # how long cases keep their words, see cases/retention.py; None: for ever
    version: int = 0  # one more with every change of the town, by which running programs notice
    seeded_from: str = ""  # fingerprint of the files that were loaded last


STREET, COMMUNITY, GRID, SPECIAL = 1, 2, 3, 4  # levels; the first three are also places in a path from the city down


class Area(Table, table=True):
    """一级 street or town (level 1), 二级 community or village (2), 三级 grid (3). The city itself is level 0.

    专属网格, a special grid, is level 4: rangers', couriers', a park's. It lies over grids, which share their borders.
    """

    __tablename__ = "areas"
    code: str = Field(primary_key=True)
    name: str
    level: int = Field(index=True)
    parent: str | None = Field(default=None, foreign_key="areas.code", index=True)
    path: list[str] = Field(default_factory=new_list, sa_type=WORDS)  # codes from the city down to itself
    outline: dict[str, Any] | None = Field(default=None, sa_type=DOCUMENT)  # GeoJSON geometry, WGS-84; levels 3 and 4
    active: bool = True


class Place(Table, table=True):
    """A building, estate, road, school, market … with the grid it lies in."""

    __tablename__ = "places"
    code: str = Field(primary_key=True)
    name: str
    aliases: list[str] = Field(default_factory=new_list, sa_type=WORDS)
    kind: str
    address: str
    grid: str = Field(foreign_key="areas.code", index=True)
    lon: float
    lat: float
    households: int = 0
    active: bool = True


class Unit(Table, table=True):
    """A department, station, street office or utility (职能部门) with its duties."""

    __tablename__ = "units"
    code: str = Field(primary_key=True)
    name: str
    name_hant: str
    name_en: str
    area: str = Field(foreign_key="areas.code")
    parent: str | None = Field(default=None, foreign_key="units.code")
    duties: str
    active: bool = True


class Person(Table, table=True):
    """Somebody on the staff. `area` is what they look after: a grid, a community, a street or the whole city."""

    __tablename__ = "people"
    code: str = Field(primary_key=True)  # also the sign-in name
    name: str
    role: Role = Field(sa_type=words_of(Role))
    unit: str = Field(foreign_key="units.code", index=True)
    area: str = Field(foreign_key="areas.code", index=True)
    holds: list[str] = Field(default_factory=new_list, sa_type=WORDS)  # grids: a worker's own, a leader's to lead
    active: bool = True
    password_hash: str | None = None


class Category(Table, table=True):
    """What a complaint is about: a department's field (no parent), or an item 事项 of it."""

    __tablename__ = "categories"
    code: str = Field(primary_key=True)
    parent: str | None = Field(default=None, foreign_key="categories.code")
    name: str
    name_hant: str
    name_en: str
    dispute: bool = False  # 矛盾纠纷: communities clear these
    active: bool = True


class SeededFile(Table, table=True):
    """One of the town's files as it was loaded last, by which its changes are told from the console's."""

    __tablename__ = "seeded_files"
    name: str = Field(primary_key=True)
    rows: dict[str, Any] = Field(default_factory=new_dict, sa_type=DOCUMENT)  # by key


class TownImport(Table, table=True):
    """Files somebody gave to the console and looked through: kept until they say yes, a day at most."""

    __tablename__ = "town_imports"
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    person: str = Field(foreign_key="people.code")
    version: int  # of the town it was held against
    rows: dict[str, Any] = Field(default_factory=new_dict, sa_type=DOCUMENT)  # by file: the new sheet, and lines
    at: datetime = moment(index=True)
