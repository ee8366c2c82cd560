"""The table of steps in the documents is the one the program runs on, and the glossary leaves no word of it out."""

import re
from pathlib import Path

from bot.flows.talk import ACTIONS
from models import OPEN, STEPS, ClockAct, Outcome, ReturnReason, Role, Status

DOCS = Path(__file__).parents[2] / "docs"
Row = tuple[frozenset[str], str | None, frozenset[str], frozenset[str]]


def rows(path: Path, header: str) -> list[list[str]]:
    """The cells of the table that begins with this header."""
    lines = path.read_text("utf-8").split(header, 1)[1].splitlines()[2:]
    table = lines[: next((n for n, line in enumerate(lines) if not line.startswith("|")), len(lines))]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table]


def words(cell: str) -> frozenset[str]:
    return frozenset(re.findall(r"`([^`]+)`", cell))


def statuses(cell: str) -> frozenset[str]:
    """`a`, `b`; `OPEN`; `OPEN` − `a`; `OPEN` + `b` − `a`."""
    if "`OPEN`" not in cell:
        return words(cell)
    more, _, less = cell.partition("−")
    return (frozenset(OPEN) | words(more.partition("+")[2])) - words(less)


def test_the_documented_steps_are_those_of_steps() -> None:
    documented: dict[str, Row] = {
        step.strip("`"): (statuses(before), next(iter(words(after)), None), words(who), words(needs))
        for step, _, before, after, who, needs in rows(
            DOCS / "architecture.md", "| step | 中文 | from | to | who | needs |"
        )
    }
    assert documented == {s.name: (s.before, s.after, s.who, s.needs) for s in STEPS.values()}


def test_what_the_document_calls_open_is_open() -> None:
    said = re.search(r"`OPEN` is every status but (.+)\.", (DOCS / "architecture.md").read_text("utf-8"))
    assert said
    assert words(said[1]) == set(Status) - OPEN


def test_the_glossary_has_every_word_of_a_cases_life() -> None:
    terms = {word for row in rows(DOCS / "glossary.md", "| English | 中文 | meaning |") for word in words(row[0])}
    wanted = {str(word) for kind in (Status, Role, Outcome, ReturnReason, ClockAct) for word in kind} | set(STEPS)
    assert wanted - terms == set()


def test_the_glossary_is_in_order_and_says_something_everywhere() -> None:
    table = rows(DOCS / "glossary.md", "| English | 中文 | meaning |")
    assert [row for row in table if len(row) != 3 or not all(row)] == []
    terms = [re.sub(r"[^a-z ]", " ", row[0].lower()).strip() for row in table]
    assert terms == sorted(terms)


def test_every_decision_is_in_the_index() -> None:
    index = (DOCS / "adr" / "README.md").read_text("utf-8")
    decisions = sorted(path.name for path in (DOCS / "adr").glob("[0-9]*.md"))
    assert [name for name in decisions if f"({name})" not in index] == []
    assert [int(name[:4]) for name in decisions] == list(range(1, len(decisions) + 1))


def test_every_button_of_the_conversation_is_documented() -> None:
    table = rows(DOCS / "chat-api.md", "| action | does |")
    assert frozenset[str]().union(*(words(row[0]) for row in table)) == frozenset(ACTIONS)
