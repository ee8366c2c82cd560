"""The console's pages as data: where each lies, and under which heading; web/roles.py says for whom."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from models import Role
from web.roles import RULES_OF


@dataclass(frozen=True)
class Page:
    """`console.page.<name>` is its name in words; `group` is a heading of the menu, `console.group.<group>`."""

    name: str
    path: str
    group: str
    who: frozenset[Role]


def _page(name: str, path: str, group: str) -> Page:
    return Page(name, path, group, RULES_OF[f"GET {path}"].who)


PAGES: Sequence[Page] = (
    _page("cases", "/console/cases", "work"),
    _page("triage", "/console/triage", "work"),
    _page("review", "/console/review", "work"),
    _page("board", "/console/board", "watch"),
    _page("announcements", "/console/announcements", "residents"),
    _page("proposals", "/console/proposals", "residents"),
    _page("scores", "/console/scores", "residents"),
    _page("services", "/console/services", "residents"),
    _page("tables", "/console/tables", "town"),
    _page("rules", "/console/rules", "town"),
    _page("settings", "/console/settings", "town"),
    _page("texts", "/console/texts", "town"),
    _page("partners", "/console/partners", "town"),
    _page("learning", "/console/learning", "model"),
    _page("audit", "/console/audit", "model"),
    _page("erasure", "/console/erasure", "model"),
    _page("security", "/console/security", "own"),
)
BY_NAME = {page.name: page for page in PAGES}


def open_to(role: Role) -> list[Page]:
    return [page for page in PAGES if role in page.who]


def groups(role: Role) -> list[tuple[str, list[Page]]]:
    """What one role finds in the menu, under its headings."""
    return [(name, list(pages)) for name, pages in groupby(open_to(role), key=lambda page: page.group)]
