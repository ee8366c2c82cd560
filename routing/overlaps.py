"""How rows of a rule table stand to each other: which can never decide, and which collide at one rank."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, time
from itertools import combinations, product
from typing import Any

from models import RoutingRule
from routing import spelling
from routing.findings import Finding, Kind

DAY = 86_400.0
SPECIAL = "special"
Overlaps = Mapping[str | None, Collection[str | None]]
NO_OVERLAPS: Overlaps = {}
Spans = list[tuple[float, float]]  # seconds of the day, each without its end


def conflicts(rows: Sequence[RoutingRule], today: date, special: Overlaps = NO_OVERLAPS) -> Iterator[Finding]:
    """Pairs of one priority, area and category that can both fit a case and name different units.

    Rows of equal rank with other areas or categories never meet: a case lies in one area of a level. Only special grids
    may lie over each other; `special`: each with all it has ground in common with, itself among them.
    """
    groups: dict[Any, list[RoutingRule]] = {}
    for row in rows:
        if not is_past(row, today):
            area = SPECIAL if row.area in special else row.area
            groups.setdefault((row.priority, area, row.category), []).append(row)
    for group in groups.values():
        for one, other in combinations(group, 2):
            apart = one.area in special and other.area not in special[one.area]
            if one.unit != other.unit and not apart and meet(one, other):
                yield Finding(Kind.CONFLICT, rules=(one.code, other.code), units=(one.unit, other.unit))


def never(
    rows: Sequence[RoutingRule], paths: Mapping[str, Sequence[str]], fields: Mapping[str, str | None], today: date
) -> Iterator[Finding]:
    """Rows that are over, and rows that earlier ones leave nothing. `rows` in the order of trial.

    A row behind one of another unit may still decide, after that unit has refused a case: its reason says so.
    """
    before: dict[tuple[str | None, str | None], list[RoutingRule]] = {}
    for row in rows:
        if is_past(row, today):
            yield Finding(Kind.NEVER, "past", (row.code,), (row.unit,))
            continue
        wider = product(_wider_categories(row, fields), [*paths.get(row.area or "", ()), None])
        earlier = [one for key in wider for one in before.get(key, ()) if _covers(one, row, today)]
        of_unit = [one for one in earlier if one.unit == row.unit]
        for reason, some in (("shadowed", of_unit), ("after_refusal", earlier)):
            if some and _leave_nothing(some, row):
                yield Finding(Kind.NEVER, reason, (row.code, *sorted(_needed(some, row))), (row.unit,))
                break
        before.setdefault((row.category or None, row.area or None), []).append(row)


def is_past(row: RoutingRule, today: date) -> bool:
    return row.valid_to is not None and row.valid_to < today


def _wider_categories(row: RoutingRule, fields: Mapping[str, str | None]) -> list[str | None]:
    own = row.category or None
    return [*dict.fromkeys([own, fields.get(own or ""), None])]


def _covers(one: RoutingRule, row: RoutingRule, today: date) -> bool:
    """Whatever `row` takes, `one` takes too, but for hours of the day and danger."""
    starts = one.valid_from is None or one.valid_from <= max(row.valid_from or today, today)
    ends = one.valid_to is None or (row.valid_to is not None and row.valid_to <= one.valid_to)
    place = not one.place_kind or one.place_kind == row.place_kind
    sure = one.min_confidence <= row.min_confidence
    return starts and ends and place and sure and _implied(row.predicates, one.predicates)


def _implied(narrow: Mapping[str, Any], wide: Mapping[str, Any]) -> bool:
    return all(name in narrow and IMPLIED[name](narrow[name], wanted) for name, wanted in wide.items())


def _says(narrow: Sequence[str], wide: Sequence[str]) -> bool:
    """Each word of the narrow row holds a word of the wide one."""
    return all(any(spelling.plain(one) in spelling.plain(word) for one in wide) for word in narrow)


IMPLIED: Mapping[str, Any] = {
    "weekday": lambda narrow, wide: {*narrow} <= {*wide},
    "text_has_any": _says,
    "min_round": lambda narrow, wide: wide <= narrow,
    "kind": lambda narrow, wide: {*narrow} <= {*wide},
    "urgent": lambda narrow, wide: narrow is wide,
}
EXCLUDE: Mapping[str, Any] = {  # two values that no case has both
    "weekday": lambda one, other: not {*one} & {*other},
    "kind": lambda one, other: not {*one} & {*other},
    "urgent": lambda one, other: one is not other,
}


def _leave_nothing(earlier: Sequence[RoutingRule], row: RoutingRule) -> bool:
    for danger in (True, False) if row.danger is None else (row.danger,):
        taken = [span for one in earlier if one.danger in (None, danger) for span in spans(one)]
        if _left(spans(row), taken):
            return False
    return True


def _needed(earlier: Sequence[RoutingRule], row: RoutingRule) -> list[str]:
    """Of those that together leave nothing only as many as it takes."""
    kept = list(earlier)
    for one in earlier:
        others = [other for other in kept if other is not one]
        if others and _leave_nothing(others, row):
            kept = others
    return [one.code for one in kept]


def meet(one: RoutingRule, other: RoutingRule) -> bool:
    """Whether some case fits both."""
    place = not one.place_kind or not other.place_kind or one.place_kind == other.place_kind
    danger = None in (one.danger, other.danger) or one.danger is other.danger
    days = (one.valid_from or date.min) <= (other.valid_to or date.max)
    days = days and (other.valid_from or date.min) <= (one.valid_to or date.max)
    hours = any(a < d and c < b for (a, b), (c, d) in product(spans(one), spans(other)))
    both = one.predicates.keys() & other.predicates.keys() & EXCLUDE.keys()
    asked = not any(EXCLUDE[name](one.predicates[name], other.predicates[name]) for name in both)
    return place and danger and days and hours and asked


def spans(row: RoutingRule) -> Spans:
    """When it is in force, in seconds of the day; a window over midnight is two."""
    if row.from_time is None and row.to_time is None:
        return [(0.0, DAY)]
    start, end = _seconds(row.from_time or time.min), _seconds(row.to_time or time.min)
    if start < end:
        return [(start, end)]
    return [(a, b) for a, b in ((start, DAY), (0.0, end)) if a < b]


def _seconds(at: time) -> float:
    return at.hour * 3600 + at.minute * 60 + at.second + at.microsecond / 1e6


def _left(wanted: Spans, taken: Spans) -> Spans:
    for a, b in taken:
        wanted = [(c, d) for x, y in wanted for c, d in ((x, min(y, a)), (max(x, b), y)) if c < d]
    return wanted
