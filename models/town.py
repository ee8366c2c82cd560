"""The town: areas on three levels, places, units, people, categories. All loaded by `seed`."""

from datetime import time
from typing import Any

from sqlmodel import Field

from models.base import DOCUMENT, WORDS, Table, words_of
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
    emergency: dict[str, str] = Field(default_factory=dict, sa_type=DOCUMENT)


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
    path: list[str] = Field(default_factory=list, sa_type=WORDS)  # codes from the city down to itself
    outline: dict[str, Any] | None = Field(default=None, sa_type=DOCUMENT)  # GeoJSON geometry, WGS-84; levels 3 and 4


class Place(Table, table=True):
    """A building, estate, road, school, market … with the grid it lies in."""

    __tablename__ = "places"
    code: str = Field(primary_key=True)
    name: str
    aliases: list[str] = Field(default_factory=list, sa_type=WORDS)
    kind: str
    address: str
    grid: str = Field(foreign_key="areas.code", index=True)
    lon: float
    lat: float
    households: int = 0


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


class Person(Table, table=True):
    """Somebody on the staff. `area` is what they look after: a grid, a community, a street or the whole city."""

    __tablename__ = "people"
    code: str = Field(primary_key=True)  # also the sign-in name
    name: str
    role: Role = Field(sa_type=words_of(Role))
    unit: str = Field(foreign_key="units.code", index=True)
    area: str = Field(foreign_key="areas.code", index=True)
    holds: list[str] = Field(default_factory=list, sa_type=WORDS)  # grids besides: a worker's own, a leader's to lead
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
