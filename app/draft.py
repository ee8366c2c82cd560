"""Writes a revision from what the models have and the revisions so far have not. For developers.

`python -m app.draft 0002_photos_get_a_size`. Read and tidy the file it writes: Alembic does not see a renaming.
`python -m app.draft 0001_first` writes the first one anew, the queue's tables with it; only before a release.
"""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import renderers
from alembic.autogenerate.api import AutogenContext
from alembic.operations.ops import DropTableOp, ExecuteSQLOp, MigrateOperation, MigrationScript
from sqlalchemy import Sequence

from app.database import start_server, stop_server
from app.migrate import MIGRATIONS, config, transaction, upgrade
from models.base import Table

FIRST = "0001_first"
MESSAGES = {FIRST: f"All tables, the case numbers and the queue. Written by `python -m app.draft {FIRST}`"}


class RunFile(MigrateOperation):
    """SQL from a file beside the revision, several statements at once."""

    def __init__(self, name: str) -> None:
        self.name = name


@renderers.dispatch_for(RunFile)  # type: ignore[untyped-decorator, unused-ignore]
def _render(context: AutogenContext, operation: RunFile) -> str:
    context.imports.add("from pathlib import Path\n")
    read = f"Path(__file__).with_name({operation.name!r}).read_text(encoding='utf-8')"
    return f"op.get_bind().connection.driver_connection.execute({read})"


def _first(_context: object, _revision: object, scripts: list[MigrationScript]) -> None:
    """What Alembic leaves out: sequences, and the queue."""
    up, down = scripts[0].upgrade_ops, scripts[0].downgrade_ops
    assert up is not None and down is not None
    up.ops[:0] = [ExecuteSQLOp(f"CREATE SEQUENCE {name}") for name in _sequences()]
    up.ops.append(RunFile("0001_queue.sql"))
    down.ops[:] = [op for op in down.ops if isinstance(op, DropTableOp)]  # its indexes go with a table
    down.ops.insert(0, RunFile("0001_queue_down.sql"))
    down.ops.extend(ExecuteSQLOp(f"DROP SEQUENCE {name}") for name in _sequences())


def _sequences() -> Iterator[str]:
    found: dict[str, Sequence] = Table.metadata._sequences
    yield from sorted(found)


def main(name: str) -> Path:
    path = MIGRATIONS / "versions" / f"{name}.py"
    path.unlink(missing_ok=True)
    in_words = name[5:].replace("_", " ").capitalize()
    attributes: dict[str, Any] = {"process": _first} if name == FIRST else {}
    with tempfile.TemporaryDirectory() as folder:
        server = start_server(Path(folder), {"fsync": "off"})
        try:
            if name != FIRST:
                upgrade(server.url)
            with transaction(server.url) as connection:
                settings = config(connection, **attributes)
                command.revision(settings, MESSAGES.get(name, in_words), rev_id=name, autogenerate=True)
        finally:
            stop_server(server)
    for written in path.parent.glob(f"{name}_*.py"):
        written.rename(path)
    path.write_text("".join(line for line in path.open(encoding="utf-8") if "# ###" not in line), encoding="utf-8")
    subprocess.run([sys.executable, "-m", "ruff", "check", "--quiet", "--fix", "--select", "I,F401", path], check=True)
    subprocess.run([sys.executable, "-m", "ruff", "format", "--quiet", path], check=True)
    return path


if __name__ == "__main__":
    print(main(sys.argv[1]))
