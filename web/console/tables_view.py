"""How a table of the town reads: what columns, choices and rows are called, and what is wrong with one, in words."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from bot.texts import LOCALES, catalogue, say
from cases.book import Book, named
from models.town import GRID
from town.cells import weekdays
from town.describe import BY_FILE, BY_NAME, SETTINGS, Column, Described, Kind
from town.problems import Problem, WrongValue
from town.read import OUTLINES, PROFILE
from town.sheets import OUTLINE, Cells, Change

OF_A_GRID = ("places", "grid")  # the one choice that is narrower than its table
YES, NO = "true", "false"
ELSEWHERE = {"role": "role.", "topic": "service.topic."}  # choices that have their texts already
COLUMN = "console.tables.column."
MOST_SHOWN = 120  # characters of a cell in a list of changes
Differs = tuple[str, str, str]  # what a column is called, before, after


@dataclass(frozen=True)
class Words:
    """For one reader."""

    book: Book
    locale: str

    def say(self, key: str, **args: object) -> str:
        return say(key, self.locale, **args)

    def table(self, name: str) -> str:
        return self.say(f"console.tables.name.{name}")

    def of_file(self, file: str) -> str:
        if file == OUTLINES:
            return self.table("outlines")
        if file == PROFILE:
            return self.about("town")
        return self.table(BY_FILE[file].name) if file in BY_FILE else file

    def column(self, name: str, table: str = "") -> str:
        """A person's code is what they sign in with: some tables call a column in their own way."""
        own = COLUMN + f"{table}_{name}"
        return self.called(own, self.called(COLUMN + name, self.called(f"console.audit.field.{name}", name)))

    def setting(self, name: str) -> str:
        """What a key of town.toml is called; one that a town added has its own name only."""
        return self.called(f"console.settings.field.{name}", name)

    def row(self, file: str, key: str) -> str:
        """What a row is called where its table stands beside it."""
        return self.setting(key) if file == PROFILE else key

    def acted(self, action: str) -> str:
        """Of a line of the log."""
        return self.called(f"console.audit.act.{action}", action)

    def about(self, kind: str) -> str:
        return self.called(f"console.audit.of.{kind}", kind)

    def by(self, person: str) -> str:
        return self.book.people.get(person) or self.called(f"console.audit.by.{person}", person)

    def choice(self, column: Column, value: str) -> str:
        own = f"console.tables.choice.{column.of}.{value}"
        return self.called(ELSEWHERE[column.of] + value if column.of in ELSEWHERE else own, value)

    @cached_property
    def names(self) -> Mapping[str, Mapping[str, str]]:
        """What the rows of each table are called, those that rest among them."""
        book = self.book
        return {
            "areas": {code: row.name for code, row in book.areas.items()},
            "units": {code: named(row, self.locale) for code, row in book.units.items()},
            "people": book.people,
            "categories": {code: named(row, self.locale) for code, row in book.categories.items()},
            "clocks": {code: row.name for code, row in book.policies.items()},
            "town": {column.name: self.setting(column.name) for column in SETTINGS},
        }

    def shown(self, column: Column, value: str) -> str:
        """A cell as people read it."""
        if not value:
            return ""
        match column.kind:
            case Kind.CHOICE:
                return self.choice(column, value)
            case Kind.ROW:
                return self.names[column.of].get(value, value)
            case Kind.TRUTH:
                return self.say("console.tables.yes" if value == YES else "console.tables.no")
            case Kind.WEEKDAYS:
                return self.say("console.tables.between").join(self.weekday(day) for day in days(value)) or value
            case Kind.WORDS:
                return value.replace(";", self.say("console.tables.between"))
        return value

    def weekday(self, day: int) -> str:
        return self.say(f"console.tables.weekday.{day}")

    def change(self, change: Change) -> list[Differs]:
        """(column, before, after) of what differs."""
        return self.fields(change.file.partition(".")[0], change.before, change.after)

    def fields(self, kind: str, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> list[Differs]:
        """The same for a line of the log, whatever it is about."""
        old, new = before or {}, after or {}
        columns = {column.name: column for column in BY_NAME[kind].columns} if kind in BY_NAME else {}
        differing = [name for name in {**old, **new} if old.get(name) != new.get(name)]

        def said(name: str, cells: Mapping[str, Any]) -> str:
            return self._cell(columns.get(name), name, cells.get(name))

        return [(self.column(name, kind), said(name, old), said(name, new)) for name in differing]

    def called(self, key: str, otherwise: str) -> str:
        """The text, where there is one for it."""
        return catalogue(self.locale).get(key, otherwise)

    def _cell(self, column: Column | None, name: str, value: Any) -> str:
        text = "" if value is None else str(value)
        if name == OUTLINE and text:
            return self.say("console.tables.corners", n=text.count("[") - 2)
        text = self.shown(column, text) if column else text
        return text if len(text) <= MOST_SHOWN else text[:MOST_SHOWN] + "…"

    def problem(self, one: Problem) -> str:
        """Areas by their names, not by codes nobody knows by heart."""
        if one.key in ("empty", "missing_key"):
            return self.say("console.tables.must")
        names = self.names["areas"]
        value = " / ".join(names.get(part, part) for part in one.value.split("[")[0].split(" / "))
        return replace(one, value=value.removesuffix(" Self-intersection")).say(self.locale)

    def where(self, one: Problem) -> str:
        """Which line of what was given, else which row of the town."""
        place = [self.of_file(one.file)]
        if one.file == PROFILE:
            return " · ".join([*place, *([self.setting(one.subject)] if one.subject else [])])
        if one.line:
            place.append(self.say("console.tables.line", n=one.line))
        if one.subject and one.subject != one.value:
            place.append(self.names["areas"].get(one.subject, one.subject))
        return " · ".join(place)


def days(value: str) -> list[int]:
    """None of what somebody wrote who does not know how."""
    try:
        return weekdays(value)
    except WrongValue:
        return []


@dataclass(frozen=True)
class Field:
    """One column in a form."""

    column: Column
    label: str
    value: str
    hint: str
    fixed: bool  # the key of a row that is there
    choices: Sequence[tuple[str, str]] = ()
    ticked: Sequence[int] = field(default_factory=list)


HINTED = ("code", "aliases", "level", "lon", "lat", "households", "sign", "parent", "role")


def form(words: Words, table: Described, cells: Cells | None) -> list[Field]:
    made = []
    for n, column in enumerate(table.columns):
        value = (cells or {}).get(column.name, "")
        hint = words.say(f"console.tables.hint.{column.name}") if column.name in HINTED else ""
        if table.name == "people" and column.name == "code":
            hint = words.say("console.tables.hint.sign_in")
        shown = f"{value} {words.names[column.of].get(value, '')}".strip() if column.kind is Kind.ROW else value
        ticked = days(value) if column.kind is Kind.WEEKDAYS and value else []
        fixed = cells is not None and table.keyed and n == 0
        made.append(
            Field(column, words.column(column.name, table.name), shown, hint, fixed, _choices(words, column), ticked)
        )
    return made


def _choices(words: Words, column: Column) -> list[tuple[str, str]]:
    if column.kind is Kind.TRUTH:
        return [(YES, words.say("console.tables.yes")), (NO, words.say("console.tables.no"))]
    return [(value, words.choice(column, value)) for value in column.choices]


def options(words: Words, table: Described) -> dict[str, list[str]]:
    """What may be chosen of other tables, as `code name`: only what is in force; a place lies in a grid."""
    found: dict[str, list[str]] = {}
    for column in table.columns:
        if column.kind is Kind.ROW:
            only = (table.name, column.name) == OF_A_GRID
            found[column.of] = [f"{code} {words.names[column.of][code]}" for code in in_force(words, column.of, only)]
    return found


def in_force(words: Words, of: str, only_grids: bool = False) -> Iterable[str]:
    book = words.book
    rows: Mapping[str, Any] = {
        "areas": book.areas, "units": book.units, "people": book.members, "categories": book.categories,
        "clocks": book.policies,
    }[of]  # fmt: skip
    return [code for code, row in rows.items() if row.active and (not only_grids or row.level == GRID)]


def given(words: Words, table: Described, body: Mapping[str, Any]) -> Cells:
    """Cells out of a form: of a chosen row its code, which comes first, or what it is called."""
    cells = {}
    for column in table.columns:
        value = body.get(column.name, "")
        text = ";".join(map(str, value)) if isinstance(value, list) else str(value).strip()
        cells[column.name] = (
            code_of(words.names[column.of], text) if column.kind is Kind.ROW else text.replace("；", ";")
        )
    return cells


def code_of(names: Mapping[str, str], text: str) -> str:
    first = text.split(maxsplit=1)[0] if text else ""
    called = [code for code, name in names.items() if name == text]
    return first if first in names else called[0] if len(called) == 1 else text


def headings(words: Words, table: Described) -> list[str]:
    return [words.column(column.name, table.name) for column in table.columns]


def columns_by_heading() -> dict[str, str]:
    """A heading in any language, or the column's own name → the column."""
    columns = [(table.name, column.name) for table in BY_NAME.values() for column in table.columns]
    called = {
        catalogue(locale).get(COLUMN + key): name
        for locale in LOCALES
        for table, name in columns
        for key in (name, f"{table}_{name}")
    }
    return {heading: name for heading, name in called.items() if heading} | {name: name for _, name in columns}
