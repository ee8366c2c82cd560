"""The grids' outlines: read from GeoJSON, closed, valid, none over its neighbour, every place inside its own."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely  # type: ignore[import-untyped]  # it ships no types

from town.files import Known, read_text
from town.problems import Problem

OVERLAP = 1e-9  # square degrees, about 10 m²: neighbours drawn apart may cross by a hair


class NoFeatures(Exception):
    """The file is JSON and no FeatureCollection."""


@dataclass(frozen=True)
class Outline:
    line: int  # where its Feature begins
    geometry: dict[str, Any]  # GeoJSON, WGS-84
    polygon: shapely.Polygon

    def leaves_out(self, lon: float, lat: float) -> bool:
        """Nothing is outside an outline that is itself refused."""
        return not self.polygon.is_empty and not self.polygon.covers(shapely.Point(lon, lat))


Features = list[tuple[int, Any]]  # line on which it begins, Feature


def read_features(folder: Path, file: str, problems: list[Problem]) -> Features | None:
    """None when the file cannot be read at all."""
    text = read_text(folder, file, problems)
    return None if text is None else features_in(text, file, problems)


def features_in(text: str, file: str, problems: list[Problem]) -> Features | None:
    try:
        return list(_features(text))
    except json.JSONDecodeError as error:
        problems.append(Problem(file, error.lineno, "json", error.msg))
    except (NoFeatures, ValueError, RecursionError):  # JSON, and nothing anybody could draw
        problems.append(Problem(file, 1, "features"))
    return None


def outlines_of(
    features: Features | None, file: str, grids: Known, apart: Known, problems: list[Problem]
) -> dict[str, Outline] | None:
    """Outline by grid, an empty one where it is unsound.

    `apart`: those that share borders and no ground. A special grid lies over others.
    """
    if features is None:
        return None
    outlines: dict[str, Outline] = {}
    for line, feature in features:
        code, wrong = _code(feature), _wrong(feature, grids, outlines)
        if wrong:
            problems.append(Problem(file, line, *wrong, subject=code or ""))
        if code and code not in outlines:
            outlines[code] = Outline(line, {}, shapely.Polygon()) if wrong else _outline(line, feature["geometry"])
    _overlaps({code: one for code, one in outlines.items() if code in (apart or ())}, file, problems)
    return outlines


def _features(text: str) -> Iterator[tuple[int, Any]]:
    """(line on which it begins, Feature); the standard reader tells no lines, so each is read by itself."""
    document = json.loads(text)
    opening = re.search(r'"features"\s*:\s*\[', text)
    if not isinstance(document, dict) or document.get("type") != "FeatureCollection" or not opening:
        raise NoFeatures
    decoder, at, line = json.JSONDecoder(), opening.end(), text.count("\n", 0, opening.end()) + 1
    while True:
        gap = re.compile(r"[\s,]*").match(text, at)
        assert gap
        line += gap.group().count("\n")
        if text[gap.end()] == "]":
            return
        feature, at = decoder.raw_decode(text, gap.end())
        yield line, feature
        line += text.count("\n", gap.end(), at)


def _outline(line: int, geometry: dict[str, Any]) -> Outline:
    return Outline(line, geometry, shapely.Polygon(geometry["coordinates"][0], geometry["coordinates"][1:]))


def _code(feature: Any) -> str | None:
    code = _at(feature, "properties", "code")
    return code if isinstance(code, str) else None


def _at(value: Any, *keys: str) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _wrong(feature: Any, grids: Known, seen: Mapping[str, Outline]) -> tuple[str, str] | None:
    """The first thing wrong with a Feature, as key and value of a Problem."""
    code = _code(feature)
    if code is None:
        return "features", ""
    if code in seen:
        return "duplicate", code
    if grids is not None and code not in grids:
        return "not_a_grid", code
    rings = _at(feature, "geometry", "coordinates")
    if _at(feature, "geometry", "type") != "Polygon" or not _are_rings(rings):
        return "polygon", code
    if any(ring[0] != ring[-1] for ring in rings):
        return "open_ring", code
    polygon = _outline(0, feature["geometry"]).polygon
    return None if polygon.is_valid else ("invalid_polygon", f"{code} {shapely.is_valid_reason(polygon)}")


def _are_rings(rings: Any) -> bool:
    return isinstance(rings, list) and bool(rings) and all(map(_is_ring, rings))


def _is_ring(ring: Any) -> bool:
    return isinstance(ring, list) and len(ring) >= 4 and all(map(_is_position, ring))


def _is_position(position: Any) -> bool:
    if not isinstance(position, list) or len(position) != 2:
        return False
    lon, lat = position
    return type(lon) in (int, float) and type(lat) in (int, float) and abs(lon) <= 180 and abs(lat) <= 90


def _overlaps(outlines: Mapping[str, Outline], file: str, problems: list[Problem]) -> None:
    """Noted at the later of the two."""
    codes, shapes = list(outlines), np.array([outline.polygon for outline in outlines.values()], dtype=object)
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    for a, b in sorted(zip(first.tolist(), second.tolist(), strict=True)):
        if a < b and shapes[a].intersection(shapes[b]).area > OVERLAP:
            problems.append(Problem(file, outlines[codes[b]].line, "overlap", f"{codes[a]} / {codes[b]}", codes[b]))
