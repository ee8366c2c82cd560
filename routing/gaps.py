"""Where a rule table has a hole: ordinary cases that nothing but the catch-all takes.

Ordinary: without danger, filed for the first time, sure of its category, at no special kind of place. A whole
field is told for all its items, an area for all below it: a hole is told once, and as large as it is.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, time, timedelta
from itertools import pairwise

from models import Area, Category, RoutingRule
from routing.facts import SHANGHAI, Facts
from routing.findings import Finding, Kind, Tables
from routing.overlaps import DAY, is_past, spans
from routing.rules import RuleBook

Hole = tuple[str | None, tuple[float, float]]  # area (None: no place known) and seconds of the day


def gaps(tables: Tables, rows: Sequence[RoutingRule], book: RuleBook) -> Iterator[Finding]:
    """`rows`: those of the table that can be used."""
    town = _Town(tables, rows, book)
    items: dict[str, list[Category]] = {}
    for category in tables.categories:
        if category.parent:
            items.setdefault(category.parent, []).append(category)
    for field in (one for one in tables.categories if not one.parent):
        own = town.holes(field.code, None)
        found = {one.code: town.holes(field.code, one.code) for one in items.get(field.code, ())}
        whole = all(holes == own for holes in found.values())
        if whole:
            found = {}
        for code, holes in {field.code: own, **found}.items():
            for area, (start, end) in sorted(holes, key=lambda hole: (hole[0] or "", hole[1])):
                window = None if (start, end) == (0, DAY) else (_clock(start), _clock(end))
                yield Finding(Kind.GAP, category=code, whole=whole, area=area, window=window)


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 3600:02}:{int(seconds) % 3600 // 60:02}"


class _Town:
    def __init__(self, tables: Tables, rows: Sequence[RoutingRule], book: RuleBook) -> None:
        self.book = book
        self.midnight = datetime.combine(tables.today, time.min, SHANGHAI)
        self.areas: Mapping[str, Area] = {area.code: area for area in tables.areas}
        self.below: dict[str | None, list[str]] = {}
        for area in tables.areas:
            self.below.setdefault(area.parent, []).append(area.code)
        self.rows: dict[str | None, list[RoutingRule]] = {}
        for row in rows:
            if not is_past(row, tables.today):
                self.rows.setdefault(row.category or None, []).append(row)

    def holes(self, field: str, item: str | None) -> list[Hole]:
        """Of one category, in the largest areas; where no place is known only what the whole city does not miss."""
        rows = [row for category in {field, item, None} for row in self.rows.get(category, ())]
        named = {code for row in rows if row.area for code in self.areas[row.area].path}
        edges = sorted({0.0, DAY, *(edge for row in rows for span in spans(row) for edge in span)})
        parts = list(pairwise(edges))
        days = range(7) if any("weekday" in row.predicates for row in rows) else range(1)
        asked = _Asked(self, field, item, [timedelta(days=day) for day in days], named)
        city = next(iter(self.below.get(None, ())), None)
        nowhere = asked.missed((), parts)
        found = asked.below(city, nowhere) if city and nowhere else {}
        told = found | {None: [part for part in nowhere if part not in found.get(city, ())]}
        return [(area, span) for area, missed in told.items() for span in _joined(missed)]


class _Asked:
    """One category asked of the table, at areas and parts of the day."""

    def __init__(self, town: _Town, field: str, item: str | None, days: Sequence[timedelta], named: set[str]) -> None:
        self.town, self.field, self.item, self.days, self.named = town, field, item, days, named

    def below(self, area: str, parts: Sequence[tuple[float, float]]) -> dict[str | None, list[tuple[float, float]]]:
        """What is missed in an area: told for itself where it is missed in all of it, else for the areas below."""
        missed = self.missed(self.town.areas[area].path, parts) if area in self.named else list(parts)
        below = self.town.below.get(area, ())
        if not missed or not any(one in self.named for one in below):
            return {area: missed} if missed else {}
        found = [self.below(one, missed) for one in below]
        whole = [part for part in missed if all(part in of.get(one, ()) for one, of in zip(below, found, strict=True))]
        told: dict[str | None, list[tuple[float, float]]] = {area: whole} if whole else {}
        for one in found:
            for code, some in one.items():
                if rest := [part for part in some if part not in whole]:
                    told[code] = rest
        return told

    def missed(self, path: Sequence[str], parts: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
        return [part for part in parts if any(self._is_missed(path, part[0], day) for day in self.days)]

    def _is_missed(self, path: Sequence[str], seconds: float, day: timedelta) -> bool:
        at = self.town.midnight + day + timedelta(seconds=seconds)
        known = Facts(category=self.field, item=self.item, area_path=tuple(path), confidence=1.0, at=at)
        found = self.town.book.first(known)
        return found is None or self.town.book.catches_all(found[0])


def _joined(parts: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Parts of the day that touch, as one."""
    joined: list[tuple[float, float]] = []
    for start, end in sorted(parts):
        if joined and joined[-1][1] == start:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined
