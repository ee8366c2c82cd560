"""Beside routing: whom of our own a complaint is about (C7), so that it goes past them.

A readable list of words, no model: titles, offices and names with blame close by. Held to be about somebody too often
costs a detour; too seldom, and whoever is complained about reads it first.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import Protocol

from models import Area, Role, Unit
from models.town import COMMUNITY, GRID, STREET
from routing import spelling
from routing.assign import Somebody, held

AFTER, BEFORE = 16, 12  # characters around a title in which blame counts
_SENTENCE = re.compile(r"[。!?;\n]")
_PASSIVE = re.compile(r"被|遭")
_NEGATED = re.compile(r"(不|没|没有|未|别|勿|不会|不要|不能|不再|从不|绝不|并非|杜绝|防止|避免)$")


class Named(Somebody, Protocol):
    """Of the staff, as far as a complaint can name them."""

    @property
    def name(self) -> str: ...


@dataclass(frozen=True)
class Lexicon:
    blame: re.Pattern[str]
    neglect: re.Pattern[str]
    accuse: re.Pattern[str]
    leads_up: re.Pattern[str]  # the same, shortly before somebody is named
    praise: re.Pattern[str]
    others: re.Pattern[str]
    titles: Mapping[str, re.Pattern[str]]
    units: Mapping[re.Pattern[str], re.Pattern[str]]
    offices: Mapping[str, re.Pattern[str]]


@cache
def lexicon() -> Lexicon:
    table = tomllib.loads(files("routing").joinpath("accused.toml").read_text("utf-8"))
    blame = "|".join(table["blame"])
    return Lexicon(
        re.compile(blame),
        re.compile(f"{blame}|{'|'.join(table['neglect'])}"),
        re.compile(table["accuse"]),
        re.compile(f"(?:{table['accuse']})[^,。!?;\n]{{0,10}}$"),
        re.compile(table["praise"]),
        re.compile(table["others"]),
        {who: re.compile(words) for who, words in table["titles"].items()},
        {re.compile(words): re.compile(names) for words, names in table["units"].items()},
        {which: re.compile(words) for which, words in table["offices"].items()},
    )


def accused(
    text: str, path: Sequence[str], people: Iterable[Named], units: Mapping[str, Unit], areas: Mapping[str, Area]
) -> frozenset[str]:
    """Codes of the people and units it is about; with everybody the unit they work at. `path`: where the case lies.

    A unit is not to judge its own people either, so that it counts with each of them.
    """
    plain = spelling.plain(text)
    if not (lexicon().neglect.search(plain) or lexicon().accuse.search(plain)):
        return frozenset()
    return frozenset(_Reading(plain, path, [one for one in people if one.active], units, areas).codes())


@dataclass(frozen=True)
class _Reading:
    """One text, at one place."""

    text: str
    path: Sequence[str]
    people: Sequence[Named]
    units: Mapping[str, Unit]
    areas: Mapping[str, Area]

    def codes(self) -> Iterator[str]:
        for one in self._people():
            yield from (one.code, one.unit)
        for unit in self._units():
            yield unit.code

    def _people(self) -> Iterator[Named]:
        words = lexicon().titles
        for who, title in words.items():
            for found in title.finditer(self.text):
                if self._blamed(found.start(), found.end(), lexicon().neglect):
                    yield from self._called(who, found)
        for one in self.people:
            if not self.path or not set(self.path).isdisjoint(held(one)):
                name = spelling.plain(one.name)
                spans = (found.span() for found in re.finditer(re.escape(name), self.text))
                if any(self._blamed(start, end, lexicon().neglect) for start, end in spans):
                    yield one

    def _called(self, who: str, found: re.Match[str]) -> Iterator[Named]:
        """Who has this title here; a surname before it says which of them."""
        path = self._path_at(found.start())
        if who == "worker":
            least = path[-1] if len(path) > COMMUNITY else None
            yield from (one for one in self.people if one.role is Role.WORKER and self._works_in(one, least))
        elif who == "surname":
            surname = self.text[found.start() - 1 : found.start()]
            named = (one for one in self._leaders(path[STREET:]) if surname and one.name.startswith(surname))
            yield from named
        else:
            at = COMMUNITY if who == "community" else STREET
            yield from (one for one in self._leaders(path[at : at + 1]) if self._is_office(one.unit))

    def _leaders(self, areas: Sequence[str]) -> Iterator[Named]:
        return (one for one in self.people if one.role is Role.LEADER and one.area in areas)

    def _is_office(self, unit: str) -> bool:
        """Of the place itself, and no branch of a department in the city: what stands above it is an office too."""
        above = self.units.get(self.units[unit].parent or "")
        return above is None or STREET <= self._level(above.area) < self._level(self.units[unit].area)

    def _units(self) -> Iterator[Unit]:
        blame = lexicon().blame
        for words, names in lexicon().units.items():
            for found in words.finditer(self.text):
                if self._blamed(found.start(), found.end(), blame):
                    yield from self._nearest(names, self._path_at(found.start()))
        for which, words in lexicon().offices.items():
            at = COMMUNITY if which == "community" else STREET
            for found in words.finditer(self.text):
                here = self._path_at(found.start())[at : at + 1]
                if here and self._blamed(found.start(), found.end(), blame):
                    yield from (one for one in self.units.values() if one.area in here and self._is_office(one.code))
        for unit in self.units.values():
            start = self.text.find(spelling.plain(unit.name))
            if start >= 0 and self._blamed(start, start + len(unit.name), blame):
                yield unit

    def _nearest(self, names: re.Pattern[str], path: Sequence[str]) -> list[Unit]:
        """Of the units called so those of the smallest area around; without a place all of them."""
        called = [unit for unit in self.units.values() if names.search(unit.name)]
        if not path:
            return called
        around = [unit for unit in called if unit.area in path]
        least = max((self._level(unit.area) for unit in around), default=0)
        return [unit for unit in around if self._level(unit.area) == least]

    def _path_at(self, start: int) -> Sequence[str]:
        """Where the case lies, or the area that is named before the title: 丹桂社区的王书记."""
        before = self.text[max(0, start - BEFORE) : start + 2]  # 社区 of 社区书记 belongs to the name too
        named = [code for name, code in self._names.items() if name in before]
        return self.areas[named[0]].path if named else self.path

    @cached_property
    def _names(self) -> Mapping[str, str]:
        """Areas by name, those of grids before those of communities."""
        known = sorted(self.areas.values(), key=lambda area: -area.level)
        return {spelling.plain(area.name): area.code for area in known if STREET <= area.level <= GRID}

    def _works_in(self, one: Named, area: str | None) -> bool:
        return any(area in self._around(own) for own in held(one) if self._level(own) <= GRID)

    def _around(self, area: str) -> Sequence[str]:
        return self.areas[area].path if area in self.areas else (area,)

    def _level(self, area: str) -> int:
        return self.areas[area].level if area in self.areas else 0

    def _blamed(self, start: int, end: int, blame: re.Pattern[str]) -> bool:
        """Whether blame for whoever stands at these places follows in the sentence, or leads up to them."""
        after = _SENTENCE.split(self.text[end : end + AFTER])[0]
        before = _SENTENCE.split(self.text[max(0, start - BEFORE) : start])[-1]
        if (found := blame.search(after)) and not _excused(after, found.start()):
            return True
        leading = [one for one in blame.finditer(before) if before[one.end() :].startswith("的")]
        if any(not _NEGATED.search(before[: one.start()]) for one in leading):
            return True
        return bool(lexicon().leads_up.search(before)) and not lexicon().others.search(before) and not _to_them(before)


def _excused(after: str, at: int) -> bool:
    """It was done to them, they do not do it, they are thanked, or somebody else stands between them and the blame."""
    said, words = after[:at], lexicon()
    return bool(
        _PASSIVE.match(after) or _NEGATED.search(said) or words.praise.search(said) or words.others.search(said)
    )


def _to_them(before: str) -> bool:
    """投诉 was made to them or through them, not about them: 我向网格员, 多次投诉后网格员."""
    return bool(re.search(r"(后|向|给|找|跟|和|与|由|请|让|,)$", before))
