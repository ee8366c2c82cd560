"""The command line, as an operator with this town's database types it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import forked

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(town_url: str, tmp_path: Path) -> Run:
    """`run("bulletin")` → exit code, what it says, what it complains of."""
    settings = {"DATABASE_URL": town_url, "DATA_DIR": str(tmp_path), "LOG_LEVEL": "error", "COLUMNS": "200"}
    return lambda *command: forked.run(*command, **settings)
