"""Who may come in by which door: the one table of it. web/gate.py holds every request against it.

A door is a method and a path as FastAPI has it. One that is not here keeps the program from starting. What somebody
may see behind a door, this case or that one, is told by cases/access.py; a wrong one looks as if it were not there.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from cases import announcements, behalf, by_phone, erasing, proposals, unmasking
from models import Role

_R = Role


class Opens(StrEnum):
    """What opens a door."""

    ALWAYS = "nothing"
    CHAT = "the resident's signed cookie"
    STAFF = "a session of the staff, for some roles; every change also needs the session's token"
    PARTNER = "a partner's key"
    MESSENGER = "a messenger's secret"


@dataclass(frozen=True)
class Rule:
    """`page`: who is signed out is led to the way in and back, who may not enter reads so on a page.

    `about`: the path names a thing that is somebody's, "case" or "photo"; another's looks as if it were not there.
    """

    opens: Opens
    who: frozenset[Role] = frozenset()
    page: bool = False
    about: str = ""
    unproven: bool = False  # open to somebody who has yet to set up the second factor their rank needs


STAFF_ROLES = frozenset(Role) - {_R.RESIDENT, _R.SYSTEM}
DESKS = frozenset({_R.DISPATCHER, _R.SUPERVISOR, _R.ADMIN})
OF_RANK = DESKS | {_R.LEADER, _R.AUDITOR}
"""Who sees or moves what is many people's: they show a second factor at sign-in."""
EXPORTS = frozenset({_R.CLERK, _R.LEADER, _R.DISPATCHER, _R.SUPERVISOR})
EDITS_SERVICES = DESKS | {_R.CLERK}
ADMIN = frozenset({_R.ADMIN})

CASES = DESKS | {_R.CLERK, _R.LEADER, _R.AUDITOR}
TRIAGE = frozenset({_R.DISPATCHER, _R.SUPERVISOR})
REVIEW = frozenset({_R.CLERK, _R.DISPATCHER, _R.ADMIN})
SERVICES = DESKS | {_R.CLERK, _R.LEADER}
NEIGHBOURS = OF_RANK | {_R.WORKER}
TABLES = ADMIN | {_R.AUDITOR}
RULES = ADMIN | {_R.DISPATCHER, _R.AUDITOR}
PARTNERS = ADMIN | {_R.DISPATCHER}
SHEETS = DESKS | {_R.WORKER, _R.LEADER}


def _doors(rule: Rule, *doors: str) -> dict[str, Rule]:
    return dict.fromkeys(doors, rule)


def _staff(
    who: Collection[Role], *doors: str, page: bool = False, about: str = "", unproven: bool = False
) -> dict[str, Rule]:
    return _doors(Rule(Opens.STAFF, frozenset(who), page, about, unproven), *doors)


def _pages(who: Collection[Role], *doors: str, about: str = "", unproven: bool = False) -> dict[str, Rule]:
    return _staff(who, *doors, page=True, about=about, unproven=unproven)


RULES_OF: Mapping[str, Rule] = {
    **_doors(
        Rule(Opens.ALWAYS),
        "GET /", "GET /p/{code}", "GET /p/{code}/talks", "GET /public", "GET /manifest.webmanifest", "GET /sw.js",
        "POST /api/chat/session", "GET /staff", "GET /staff/new", "POST /api/staff/session",
        "GET /open311/discovery.{form}", "GET /open311/v2/services.{form}", "GET /open311/v2/services/{code}.{form}",
        "GET /openapi.json", "GET /healthz", "GET /readyz", "GET /static",
    ),
    **_doors(
        Rule(Opens.CHAT),
        "POST /api/chat/messages", "POST /api/chat/places", "POST /api/chat/photos", "GET /api/chat/messages",
        "GET /api/chat/stream",
    ),
    **_doors(Rule(Opens.CHAT, about="photo"), "GET /api/chat/photos/{photo}"),
    **_doors(Rule(Opens.CHAT, about="case"), "GET /api/chat/cases/{number}/receipt.pdf"),
    **_doors(Rule(Opens.MESSENGER), "POST /hooks/{channel}"),
    **_doors(
        Rule(Opens.PARTNER),
        "POST /open311/v2/requests.{form}", "GET /open311/v2/requests.{form}",
        "GET /open311/v2/requests/{number}.{form}", "GET /open311/v2/tokens/{token}.{form}",
        "GET /open311/v2/servicerequestupdates.{form}", "POST /open311/v2/servicerequestupdates.{form}",
        "GET /open311/v2/media/{photo}.jpg",
    ),
    # The staff page: everybody at work
    **_staff(
        STAFF_ROLES,
        "GET /api/staff/session", "DELETE /api/staff/session", "GET /api/staff/watermark.svg", unproven=True,
    ),
    **_staff(
        STAFF_ROLES,
        "GET /api/staff/tasks", "POST /api/staff/photos", "GET /api/staff/notices", "POST /api/staff/notices/read",
        "GET /api/staff/choices", "GET /api/staff/stream", "GET /api/staff/away", "POST /api/staff/away",
        "DELETE /api/staff/away", "GET /api/staff/binding", "POST /api/staff/binding",
        "DELETE /api/staff/binding/{channel}/{address}", "GET /api/staff/duty", "POST /api/staff/duty",
        "POST /api/staff/duty/{number}/accept",
    ),
    **_staff(
        STAFF_ROLES,
        "GET /api/staff/cases/{number}", "POST /api/staff/cases/{number}/steps", "GET /api/staff/cases/{number}/alike",
        "GET /api/staff/cases/{number}/receipt.pdf",
        about="case",
    ),
    **_staff(STAFF_ROLES, "GET /api/staff/photos/{photo}", about="photo"),
    **_staff(behalf.MAY, "POST /api/staff/filings"),
    **_staff({_R.SUPERVISOR}, "POST /api/staff/clearing"),
    **_pages(SHEETS, "GET /staff/sheets"),
    **_staff(SHEETS, "GET /staff/sheets.pdf"),
    **_pages(OF_RANK, "GET /staff/bulletins", "GET /staff/clearing"),
    **_staff(OF_RANK, "GET /staff/bulletins/{week}.pdf"),
    # The console
    **_pages(STAFF_ROLES, "GET /console/security", unproven=True),
    **_staff(
        STAFF_ROLES,
        "POST /console/security/factor", "POST /console/security/factor/confirm", "POST /console/security/factor/off",
        "POST /console/security/sessions/end", "POST /console/security/sessions/{handle}/end",
        unproven=True,
    ),
    **_pages(STAFF_ROLES, "GET /console"),
    **_pages(CASES, "GET /console/cases", "GET /console/cases/counts"),
    **_pages(CASES, "GET /console/cases/{number}", about="case"),
    **_pages(EXPORTS, "GET /console/cases/export"),
    **_staff(CASES, "POST /console/cases/views", "DELETE /console/cases/views"),
    **_staff(by_phone.MAY, "POST /console/cases/person"),
    **_staff(unmasking.ASK, "POST /console/cases/{number}/unmask", about="case"),
    **_staff(unmasking.AGREE, "POST /console/cases/{number}/unmask/{which}", about="case"),
    **_pages(TRIAGE, "GET /console/triage"),
    **_pages(REVIEW, "GET /console/review"),
    **_staff(REVIEW, "POST /console/review/{number}", about="case"),
    **_pages(OF_RANK, "GET /console/board", "GET /board", "GET /console/scores", "GET /console/scores/export"),
    **_pages(NEIGHBOURS, "GET /console/announcements", "GET /console/announcements/{number}"),
    **_pages(announcements.WRITES, "GET /console/announcements/new"),
    **_staff(
        announcements.WRITES,
        "POST /console/announcements", "POST /console/announcements/{number}/send",
        "POST /console/announcements/{number}/drop", "POST /console/announcements/{number}/withdraw",
    ),
    **_staff(announcements.APPROVES, "POST /console/announcements/{number}/approve"),
    **_pages(NEIGHBOURS, "GET /console/proposals", "GET /console/proposals/{number}"),
    **_pages(proposals.CHECKS, "GET /console/proposals/new"),
    **_pages(announcements.WRITES | proposals.CHECKS, "GET /console/places"),
    **_staff(
        proposals.CHECKS,
        "POST /console/proposals", "POST /console/proposals/{number}/accept",
        "POST /console/proposals/{number}/refuse", "POST /console/proposals/{number}/withdraw",
        "POST /console/proposals/{number}/slips.pdf",
    ),
    **_pages(SERVICES, "GET /console/services", "GET /console/services/one", "GET /console/services/export"),
    **_staff(
        EDITS_SERVICES,
        "POST /console/services/preview", "POST /console/services/save", "POST /console/services/active",
    ),
    **_pages(
        TABLES,
        "GET /console/tables", "GET /console/tables/{name}", "GET /console/tables/{name}/row",
        "GET /console/tables/{name}/export", "GET /console/tables/map",
    ),
    **_pages(ADMIN, "GET /console/tables/import", "GET /console/tables/import/{which}"),
    **_staff(
        ADMIN,
        "POST /console/tables/import", "POST /console/tables/import/{which}", "POST /console/tables/map/check",
        "POST /console/tables/map", "POST /console/tables/{name}/row", "POST /console/tables/{name}/retire",
        "POST /console/tables/people/password",
    ),
    **_pages(RULES, "GET /console/rules", "GET /console/rules/row"),
    **_staff(RULES, "POST /console/rules/check", "POST /console/rules/try", "POST /console/rules/replay"),
    **_staff(ADMIN, "POST /console/rules/row"),
    **_pages(ADMIN, "GET /console/settings", "GET /console/settings/town.toml"),
    **_staff(ADMIN, "POST /console/settings"),
    **_pages(ADMIN, "GET /console/texts", "GET /console/texts/one"),
    **_staff(ADMIN, "POST /console/texts/one", "POST /console/texts/reset"),
    **_pages(PARTNERS, "GET /console/partners"),
    **_staff(
        PARTNERS,
        "POST /console/partners/hotline/preview", "POST /console/partners/hotline/take",
        "POST /console/partners/hotline/answers",
    ),
    **_staff(ADMIN, "POST /console/partners/keys", "POST /console/partners/keys/{key_id}/revoke"),
    **_pages(
        TABLES,
        "GET /console/learning", "GET /console/learning/{version}", "GET /console/learning/work",
        "GET /console/learning/stream", "GET /console/audit",
    ),
    **_pages(erasing.LOOK, "GET /console/erasure"),
    **_staff(erasing.ASK, "POST /console/erasure/find", "POST /console/erasure"),
    **_staff(erasing.AGREE, "POST /console/erasure/{which}", "POST /console/erasure/{which}/decline"),
    **_staff(
        ADMIN,
        "POST /console/learning/train", "POST /console/learning/cancel", "POST /console/learning/rollback",
        "POST /console/learning/{version}/promote",
        "POST /console/learning/{version}/shadow", "POST /console/learning/{version}/shadow/stop",
    ),
}  # fmt: skip
