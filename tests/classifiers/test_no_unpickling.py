"""Nothing that a file could run code through is imported anywhere in the tree (`make check` greps for the same)."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FORBIDDEN = {"pickle", "joblib", "dill", "cloudpickle", "shelve", "marshal"}
SKIPPED = {".venv", "var", "test-results", "node_modules", ".git"}


def ours() -> Iterator[Path]:
    for folder in ROOT.iterdir():
        if folder.is_dir() and folder.name not in SKIPPED:
            yield from folder.rglob("*.py")


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {node.module or ""} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.promise("M1")
def test_nothing_unpickles() -> None:
    found = {
        str(path.relative_to(ROOT)): bad
        for path in ours()
        if (bad := {name for name in imported(path) if FORBIDDEN & set(name.split("."))})
    }
    assert found == {}


def test_arrays_are_never_read_with_pickles_allowed() -> None:
    allowed = [path for path in ours() if "allow_pickle=" + "True" in path.read_text("utf-8")]
    assert allowed == []
