"""What a model learns from: labelled texts, and the CSV door they come in by."""

import csv
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

FIELD_LIMIT = 1_000_000
"""Characters of one CSV field; the model reads 5,000, a broken quote would otherwise swallow the file."""


class DataError(ValueError):
    """The training data cannot be used; the message says why in one line."""


@dataclass(frozen=True, slots=True)
class Row:
    """One labelled text. `item` may be unknown (""); `weight` is what it counts beside a plain message.

    `gold` rows are messages people really wrote or might write: confidence is measured on them. Duties and word lists
    teach but are not messages, so they are not gold.
    """

    text: str
    label: str
    item: str = ""
    weight: float = 1.0
    gold: bool = True


def read_csv(path: Path) -> list[Row]:
    """Rows of a UTF-8 CSV with the columns text, label and perhaps item; lines without text or label are left out.

    DataError when the file cannot be read, a column is missing, nothing is left, or only one label is.
    """
    csv.field_size_limit(FIELD_LIMIT)
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            return checked(labelled(csv.DictReader(file), path), str(path))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path}: cannot be read as CSV in UTF-8 ({error})") from error


def labelled(table: "csv.DictReader[str]", path: Path) -> list[Row]:
    """The rows of a table that have a text and a label; DataError without these columns."""
    missing = {"text", "label"} - set(table.fieldnames or ())
    if missing:
        names = " and ".join(sorted(missing))
        raise DataError(f"{path}: column {names} missing; found {', '.join(table.fieldnames or ['nothing'])}")
    return [
        Row(line["text"], line["label"].strip(), (line.get("item") or "").strip())
        for line in table
        if (line["text"] or "").strip() and (line["label"] or "").strip()
    ]


def checked(rows: list[Row], source: str) -> list[Row]:
    """The rows, when something can be learned from them; DataError otherwise."""
    labels = {row.label for row in rows if row.gold}
    if not rows:
        raise DataError(f"{source}: no row with a text and a label")
    if len(labels) < 2:
        raise DataError(f"{source}: only one label ({labels.pop() if labels else 'none'}); at least two are needed")
    return rows


def digest(rows: Iterable[Row]) -> str:
    """sha256 over the rows in order: two models with the same digest learned from the same texts."""
    lines = (json.dumps(astuple(row), ensure_ascii=True) for row in rows)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def gold(rows: Sequence[Row]) -> list[int]:
    """Which rows are messages."""
    return [i for i, row in enumerate(rows) if row.gold]
