"""The town as files again: what `seed` reads back without a difference."""

import csv
import io
import json
from pathlib import Path

from town.read import OUTLINES, PROFILE
from town.sheets import OUTLINE, Sheet, Sheets, feature, toml_of
from town.tables import COLUMNS


def files_of(sheets: Sheets) -> dict[str, str]:
    """Text by name."""
    tables = {file: _csv(columns, sheets[file]) for file, columns in COLUMNS.items()}
    return {**tables, OUTLINES: geojson(sheets[OUTLINES]), PROFILE: toml_of(sheets[PROFILE])}


def write(sheets: Sheets, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files_of(sheets).items():
        (folder / name).write_text(text, encoding="utf-8")


def geojson(outlines: Sheet) -> str:
    """A line each, so that a difference is one line."""
    lines = [json.dumps(feature(code, cells[OUTLINE]), ensure_ascii=False) for code, cells in outlines.items()]
    return '{"type": "FeatureCollection", "features": [\n' + ",\n".join(lines) + "\n]}\n"


def _csv(columns: tuple[str, ...], sheet: Sheet) -> str:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(sheet.values())
    return out.getvalue()
