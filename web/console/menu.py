"""The console's pages as data: where each lies, and who may open it. Menu, doors and tests read this."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import groupby

from models import Role

_R = Role
_DESKS = frozenset({_R.DISPATCHER, _R.SUPERVISOR, _R.ADMIN})


@dataclass(frozen=True)
class Page:
    """`console.page.<name>` is its name in words; `group` is a heading of the menu, `console.group.<group>`."""

    name: str
    path: str
    group: str
    who: frozenset[Role]


def _page(name: str, path: str, group: str, who: Collection[Role]) -> Page:
    return Page(name, path, group, frozenset(who))


PAGES: Sequence[Page] = (
    _page("cases", "/console/cases", "work", _DESKS | {_R.CLERK, _R.LEADER, _R.AUDITOR}),
    _page("triage", "/console/triage", "work", {_R.DISPATCHER, _R.SUPERVISOR}),
    _page("review", "/console/review", "work", {_R.CLERK, _R.DISPATCHER, _R.ADMIN}),
    _page("board", "/console/board", "watch", _DESKS | {_R.LEADER, _R.AUDITOR}),
    _page("announcements", "/console/announcements", "residents", _DESKS | {_R.WORKER, _R.LEADER, _R.AUDITOR}),
    _page("proposals", "/console/proposals", "residents", _DESKS | {_R.WORKER, _R.LEADER, _R.AUDITOR}),
    _page("scores", "/console/scores", "residents", _DESKS | {_R.LEADER, _R.AUDITOR}),
    _page("services", "/console/services", "residents", _DESKS | {_R.CLERK, _R.LEADER}),
    _page("tables", "/console/tables", "town", {_R.ADMIN, _R.AUDITOR}),
    _page("rules", "/console/rules", "town", {_R.ADMIN, _R.DISPATCHER, _R.AUDITOR}),
    _page("texts", "/console/texts", "town", {_R.ADMIN}),
    _page("partners", "/console/partners", "town", {_R.ADMIN, _R.DISPATCHER}),
    _page("learning", "/console/learning", "model", {_R.ADMIN, _R.AUDITOR}),
    _page("audit", "/console/audit", "model", {_R.ADMIN, _R.AUDITOR}),
)
BY_NAME = {page.name: page for page in PAGES}


def open_to(role: Role) -> list[Page]:
    return [page for page in PAGES if role in page.who]


def groups(role: Role) -> list[tuple[str, list[Page]]]:
    """What one role finds in the menu, under its headings."""
    return [(name, list(pages)) for name, pages in groupby(open_to(role), key=lambda page: page.group)]
