"""Who was erased, in a file beside the database: a backup from before knows nothing of it, `erase --again` does.

Only numbers of residents, which lead nowhere once they are gone.
"""

from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

ERASED = "erased.txt"


def remembered(data_dir: Path) -> Sequence[UUID]:
    path = data_dir / "record" / ERASED
    return [UUID(line) for line in path.read_text(encoding="ascii").split()] if path.exists() else []


def remember(data_dir: Path, residents: Sequence[UUID]) -> None:
    path = data_dir / "record" / ERASED
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="ascii") as file:
        file.writelines(f"{one}\n" for one in residents)
