"""Every link inside the documents leads somewhere, and every path and command they name exists."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest

from app.__main__ import cli

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(
    [ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "data" / "README.md", *(ROOT / "docs").rglob("*.md")]
)

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"")
SPAN = re.compile(r"`([^`\n]+)`")
FOLDERS = "app|web|bot|cases|classifiers|routing|models|migrations|data|docs|tests|benchmarks|simulator|\\.ci"
PATH = re.compile(rf"(?:{FOLDERS})/[\w.-]*(?:/[\w.-]+)*/?|[A-Z][\w-]*\.md|Makefile|pyproject\.toml|\.env\.example")
NOT_YET = {"bot/channels", "simulator"}  # named as folders that come later
COMMAND = re.compile(r"python -m app ([a-z]+(?:-[a-z]+)*)")
TARGET = re.compile(r"(?:`|^)make ([a-z-]+)", re.MULTILINE)


def prose(text: str) -> str:
    """Without fenced blocks: links and paths are not meant there."""
    return re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)


def anchors(path: Path) -> set[str]:
    """The headings as GitHub links to them."""
    headings = re.findall(r"^#+ (.+)$", prose(path.read_text("utf-8")), re.MULTILINE)
    plain = (re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower() for heading in headings)
    return {re.sub(r"[^\w\- ]", "", heading).replace(" ", "-") for heading in plain}


def broken(document: Path) -> Iterator[str]:
    for found in LINK.finditer(prose(document.read_text("utf-8"))):
        link = found[1] or found[2]
        if re.match(r"https?://|mailto:", link):
            continue
        name, _, anchor = unquote(link).partition("#")
        target = (document.parent / name).resolve() if name else document
        if not target.is_relative_to(ROOT) or not target.exists() or (anchor and anchor not in anchors(target)):
            yield link


def commands() -> set[str]:
    """Of the command line, and those that have commands of their own."""
    alone = {command.name or getattr(command.callback, "__name__", "") for command in cli.registered_commands}
    return alone | {str(group.name) for group in cli.registered_groups}


def name(document: Path) -> str:
    return str(document.relative_to(ROOT))


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_links_lead_somewhere(document: Path) -> None:
    assert list(broken(document)) == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_named_paths_exist(document: Path) -> None:
    spans = SPAN.findall(prose(document.read_text("utf-8")))
    named = {span for span in spans if PATH.fullmatch(span)} - NOT_YET
    beside = {document.parent, ROOT}
    assert sorted(path for path in named if not any((folder / path).exists() for folder in beside)) == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_named_commands_exist(document: Path) -> None:
    text = document.read_text("utf-8")
    assert set(COMMAND.findall(text)) <= commands()
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert set(TARGET.findall(text)) <= set(targets)


def test_the_table_of_commands_in_the_readme_is_whole() -> None:
    table = (ROOT / "README.md").read_text("utf-8").split("## Command line", 1)[1].split("\n## ", 1)[0]
    assert set(re.findall(r"^\| `([a-z]+(?:-[a-z]+)*)", table, re.MULTILINE)) == commands()


def test_every_setting_is_explained() -> None:
    from app.settings import Settings

    explained = set(re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text("utf-8"), re.MULTILINE))
    assert explained == {field.upper() for field in Settings.model_fields}
