"""The weekly bulletin (周通报) as a paper: a kept content in words. Nothing but the content decides what it says."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from bot.papers.typeset import paragraphs, typeset
from bot.texts import LOCALES, say
from cases.bulletins import closed_at
from models import Bulletin

COUNTS = ("filed", "finished", "open", "overdue_open")
RATES = ("contacted", "solved", "satisfied", "in_time")
COLUMNS = ("handed", "finished", *RATES, "overdue_open")
AREA_COLUMNS = ("filed", "finished", *RATES, "overdue_open", "index")
COLOURS = ("red", "yellow", "blue")
NOTHING = "–"


async def bulletin(row: Bulletin, locale: str, mark: Sequence[str] = ()) -> bytes:
    """The same row gives the same bytes, on any day; `mark` for a reader's own copy."""
    return await typeset("bulletin", data(row.content, locale), locale, closed_at(row), mark)


def file_name(row: Bulletin) -> str:
    return f"bulletin-{row.content['week']}-{row.area}.pdf"


def data(content: Mapping[str, Any], locale: str) -> dict[str, Any]:
    names = content["names"]
    town = _in(names["town"], locale)
    area = names["areas"].get(content["area"], "")
    year, week = content["week"].split("-W")
    return {
        "title": say("paper.bulletin.title", locale, year=year, week=int(week)),
        "town": town,
        "about": say(
            "paper.bulletin.about",
            locale,
            area=town if area == names["town"][0] else area,
            since=_day(content["from"], locale),
            to=_day(content["to"], locale),
        ),
        "foot": say("paper.bulletin.foot", locale, town=town),
        "tiles": _tiles(content["numbers"], locale),
        "chart": _chart(content["days"], locale),
        "units": _league(content["units"], names["units"], locale),
        "areas": _areas(content["areas"], names["areas"], locale),
        "warnings": _section(
            "warnings", [_warning(one, names["areas"], locale) for one in content["warnings"]], locale
        ),
        "hot": _section("hot", [_hot(one, locale) for one in content["hot"]], locale),
        "late": _late(content["late"], names["units"], locale),
        "clearing": _section(
            "clearing", [_clearing(one, names["areas"], locale) for one in content["clearing"]], locale
        ),
        "good": _section("good", [_good(one, names["units"], locale) for one in content["good"]], locale),
        "how": say("paper.bulletin.how", locale, to=_day(content["to"], locale)),
    }


def _tiles(numbers: Mapping[str, Any], locale: str) -> list[dict[str, str]]:
    now, before = numbers["now"], numbers["before"]
    counts = [(name, str(now[name]), now[name] - before[name], "") for name in COUNTS]
    rates = [(name, _percent(now[name]), _points(now[name], before[name]), "paper.bulletin.points") for name in RATES]
    return [
        {"name": say(_label(name), locale), "value": value, "change": _change(change, unit, locale)}
        for name, value, change, unit in [*counts, *rates]
    ]


def _label(name: str) -> str:
    return f"paper.column.{name}"


def _percent(share: Sequence[int]) -> str:
    part, whole = share
    return f"{100 * part / whole:.0f}%" if whole else NOTHING


def _points(now: Sequence[int], before: Sequence[int]) -> int | None:
    if not (now[1] and before[1]):
        return None
    return round(100 * now[0] / now[1]) - round(100 * before[0] / before[1])


def _change(change: int | None, unit: str, locale: str) -> str:
    if change is None:
        return ""
    if change == 0:
        return say("paper.bulletin.same", locale)
    by = say(unit, locale, n=abs(change)) if unit else str(abs(change))
    return say("paper.bulletin.more" if change > 0 else "paper.bulletin.less", locale, by=by)


def _chart(days: Sequence[Sequence[int]], locale: str) -> dict[str, Any]:
    return {
        "title": say("paper.bulletin.chart", locale),
        "series": [say(_label(name), locale) for name in ("filed", "finished")],
        "days": [
            {"name": say(f"rule.weekday.{letter}", locale), "values": counts}
            for letter, counts in zip("abcdefg", days, strict=True)
        ],
        "most": max([1, *(count for counts in days for count in counts)]),
    }


def _league(units: Sequence[Mapping[str, Any]], names: Mapping[str, Sequence[str]], locale: str) -> dict[str, Any]:
    rows = [
        [str(one["place"] or NOTHING), _in(names.get(one["unit"], [one["unit"]]), locale), *_cells(one, COLUMNS)]
        for one in units
    ]
    head = [
        say("paper.column.place", locale),
        say("paper.column.unit", locale),
        *(say(_label(c), locale) for c in COLUMNS),
    ]
    return {**_section("units", rows, locale), "head": head, "note": say("paper.bulletin.league_note", locale)}


def _areas(areas: Sequence[Mapping[str, Any]], names: Mapping[str, str], locale: str) -> dict[str, Any]:
    rows = [
        {"cells": [names.get(one["area"], one["area"]), *_cells(one, AREA_COLUMNS)], **_colour(one["colour"], locale)}
        for one in areas
    ]
    head = [
        say("paper.column.area", locale),
        *(say(_label(c), locale) for c in AREA_COLUMNS),
        say("paper.column.colour", locale),
    ]
    return {**_section("areas", rows, locale), "head": head}


def _cells(one: Mapping[str, Any], columns: Sequence[str]) -> list[str]:
    return [_percent(one[c]) if c in RATES else NOTHING if one[c] is None else str(one[c]) for c in columns]


def _colour(colour: str, locale: str) -> dict[str, str]:
    return {"colour": colour or "green", "word": say(f"paper.colour.{colour}", locale) if colour else NOTHING}


def _warning(one: Mapping[str, Any], names: Mapping[str, str], locale: str) -> dict[str, Any]:
    counted = [(colour, days) for colour, days in zip(COLOURS, one["days"], strict=True) if days]
    return {
        "name": names.get(one["area"], one["area"]),
        "days": [
            {
                "colour": colour,
                "word": say("paper.bulletin.days", locale, colour=say(f"paper.colour.{colour}", locale), n=days),
            }
            for colour, days in counted
        ],
        "why": say("word.and", locale).join(say(f"paper.kind.{kind}", locale) for kind in one["reasons"]),
    }


def _hot(one: Mapping[str, Any], locale: str) -> dict[str, Any]:
    counts = {name: one[name] for name in ("count", "week", "before")}
    return {
        "name": one["where"],
        "what": " ".join(paragraphs(one["title"])),
        "how_many": say("paper.bulletin.hot_counts", locale, **counts),
    }


def _late(late: Mapping[str, Any], names: Mapping[str, Sequence[str]], locale: str) -> dict[str, Any]:
    rows = [
        {"number": number, "unit": _in(names.get(unit, [unit]), locale), "days": _late_by(days, locale)}
        for number, unit, days in late["cases"]
    ]
    hidden = late["count"] - len(rows)
    more = say("paper.bulletin.late_more", locale, n=hidden) if hidden else ""
    return {**_section("late", rows, locale), "more": more}


def _late_by(days: int, locale: str) -> str:
    return say("paper.bulletin.late_days", locale, n=days) if days else say("paper.bulletin.late_today", locale)


def _clearing(one: Mapping[str, Any], names: Mapping[str, str], locale: str) -> dict[str, Any]:
    wanted = one["listed"] if one["settle"] is None else one["settle"]
    done = wanted - one["missing"]
    key = "paper.bulletin.clearing_all" if one["settle"] is None else "paper.bulletin.clearing_some"
    left = "paper.bulletin.clearing_done" if not one["missing"] else "paper.bulletin.clearing_left"
    return {
        "name": names.get(one["area"], one["area"]),
        "aim": say(key, locale, n=wanted),
        "share": done / wanted if wanted else 1.0,
        "left": say(left, locale, n=one["missing"], days=one["days"], open=one["open"]),
    }


def _good(one: Mapping[str, Any], names: Mapping[str, Sequence[str]], locale: str) -> dict[str, str]:
    hours = one["hours"]
    key = "paper.bulletin.in_hours" if hours < 48 else "paper.bulletin.in_days"
    return {
        "unit": _in(names.get(one["unit"], [one["unit"]]), locale),
        "what": " ".join(paragraphs(one["what"])),
        "how": say(key, locale, n=max(1, round(hours if hours < 48 else hours / 24))),
    }


def _section(name: str, rows: Sequence[Any], locale: str) -> dict[str, Any]:
    return {
        "title": say(f"paper.bulletin.{name}", locale),
        "rows": list(rows),
        "none": say("paper.bulletin.none", locale),
    }


def _in(names: Sequence[str], locale: str) -> str:
    """A name in the reader's language."""
    at = LOCALES.index(locale) if locale in LOCALES else 0
    return names[at] if at < len(names) else names[0]


def _day(day: str, locale: str) -> str:
    one = date.fromisoformat(day)
    return say("paper.day", locale, month=one.month, day=one.day, month_name=f"{one:%B}")


def brief(row: Bulletin, locale: str) -> dict[str, Any]:
    """A line of the list: the week, its days and the numbers that matter."""
    now = row.content["numbers"]["now"]
    counts = {name: str(now[name]) for name in COUNTS}
    rates = {name: _percent(now[name]) for name in RATES}
    days = [_day(row.content[end], locale) for end in ("from", "to")]
    return {"week": row.content["week"], "since": days[0], "to": days[1], **counts, **rates}
