"""Who may come in where, and what they find there: every door × everybody, every case × everybody who might look.

The doors are those the program has, their rules those of web/roles.py; what promises.md says about roles stands here
once more, by hand, so that a table loosened by mistake is noticed.
"""

import asyncio
import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import event

from models import STEPS, Person, Role
from tests.support.counts import counts, grown
from tests.support.onlookers import Town
from tests.support.site import Site
from web import gate
from web.console import menu
from web.guard import SAFE
from web.roles import RULES_OF, STAFF_ROLES, Opens, Rule

ONE_OF_EACH = {
    Role.VOLUNTEER: "qinlan",
    Role.WORKER: "limin",
    Role.CLERK: "wufan",
    Role.LEADER: "wangxing",
    Role.DISPATCHER: "chenlu",
    Role.SUPERVISOR: "guwenbo",
    Role.ADMIN: "jiangyan",
    Role.AUDITOR: "caoying",
}
HOLES: dict[str, str] = {}
"""Doors left out of the walk, each with its reason. There are none."""
FILLED = {"form": "json", "week": "2026-W45", "photo": uuid4(), "which": uuid4(), "name": "people"}
STREAMS = {door for door in RULES_OF if door.endswith("/stream")}
HANDLING = ["reply", "contact", "relay", "ask", "extend", "raise", "whistle", "note", "return"]
NOTHING: list[str] = []
NOTE = ["note"]  # whoever on the staff sees it while it is open


@dataclass(frozen=True)
class Viewer:
    """Steps offered on the case at a clerk's desk, the grid worker's, another community's, a closed one of the grid
    worker's; None: not there at all."""

    name: str
    part: str
    desk: list[str] | None
    grid: list[str] | None
    elsewhere: list[str] | None
    closed: list[str] | None


VIEWERS = [
    Viewer("wufan", "holds the one at the desk, the lead unit's", ["sign", "note", "return"], NOTE, None, NOTHING),
    Viewer("zhangwei", "colleague of the lead unit", ["sign", "note"], NOTE, None, NOTHING),
    Viewer(
        "dongchunsheng", "leader of the lead unit",
        ["sign", "reassign", "merge", "note"], ["reassign", "merge", "note"], None, ["exclude"],
    ),
    Viewer("limin", "worker of the grid, holds the other", NOTE, HANDLING, None, ["exclude"]),
    Viewer("kangkeqin", "worker of the next grid", None, None, None, None),
    Viewer("xucuilian", "worker of another community", None, None, None, None),
    Viewer("luogang", "clerk of another unit of the street", None, None, None, None),
    Viewer("fubo", "clerk of another department", None, None, None, None),
    Viewer("wangxing", "leader of the community, limin's", NOTE, ["reassign", "note"], None, NOTHING),
    Viewer("hezhiqiang", "leader of the street", NOTE, NOTE, None, NOTHING),
    Viewer("lujinfeng", "leader of another community", None, None, None, None),
    Viewer("xiongning", "leader of another street", None, None, NOTE, None),
    Viewer("shibin", "leader of another department", None, None, None, None),
    Viewer("qinlan", "volunteer", None, None, None, None),
    Viewer("chenlu", "dispatcher", *[["merge", "note", "accuse"]] * 3, NOTHING),
    Viewer("guwenbo", "supervisor", *[["order", "note", "accuse"]] * 3, NOTHING),
    Viewer("jiangyan", "administrator", NOTHING, NOTHING, NOTHING, NOTHING),
    Viewer("caoying", "auditor", NOTHING, NOTHING, NOTHING, NOTHING),
]  # fmt: skip
CASES = ("desk", "grid", "elsewhere", "closed")


@dataclass
class Watched(Town):
    """One whose statements can be counted, with everybody's role."""

    roles: dict[str, Role] = field(default_factory=dict)
    statements: list[str] = field(default_factory=list)

    @property
    def app(self) -> FastAPI:
        app: FastAPI = self.site.transport.app  # type: ignore[assignment]
        return app

    @contextmanager
    def counted(self) -> Any:
        """Every statement the program sends meanwhile."""
        self.statements.clear()
        engine = self.site.parts.engine.sync_engine
        note = lambda *given: self.statements.append(given[2])  # noqa: E731
        event.listen(engine, "before_cursor_execute", note)
        try:
            yield self.statements
        finally:
            event.remove(engine, "before_cursor_execute", note)


@pytest.fixture(scope="module")
async def town(shared_site: Site) -> Watched:
    town = await Watched.opened(shared_site, {viewer.name for viewer in VIEWERS} | set(ONE_OF_EACH.values()))
    async with shared_site.parts.sessions() as session:
        town.roles = {name: (await session.get_one(Person, name)).role for name in town.staff}
    await _file_four(town)
    await shared_site.settle()
    return town


async def _file_four(town: Watched) -> None:
    limin = town.staff["limin"]
    for case in CASES:
        resident = town.ann
        if case == "elsewhere":
            resident = await town.site.resident("B2601")
            town.site.thinks("教育")
        else:
            town.site.thinks("生态环境", "生态环境/餐饮油烟")
        await town.file(case, resident)
    await limin.step(town.numbers["desk"], "return", reason="other")
    await limin.step(town.numbers["grid"], "sign")
    await limin.step(town.numbers["closed"], "sign")
    photos = [await limin.upload()]
    await limin.step(town.numbers["closed"], "reply", text="已清洗。", outcome="solved", photos=photos)
    await town.site.settle()
    await town.ann.look()
    for answer in ("联系过", "解决了", "满意"):
        await town.ann.press("rate", answer)


# --- every door × everybody


@pytest.mark.promise("I11")
def test_every_door_has_its_rule(town: Watched) -> None:
    gate.check(town.app)
    assert dict(gate.doors(list(town.app.routes))).keys() - HOLES.keys() == RULES_OF.keys()


@pytest.mark.promise("I11")
def test_a_door_without_a_rule_keeps_the_program_from_starting() -> None:
    app = FastAPI()

    @app.get("/new")
    async def new() -> None: ...

    with pytest.raises(gate.NoRule, match=r"GET /new: no rule; say in web/roles.py"):
        gate.check(app)


PROMISED = {
    "GET /console/cases/export": {"clerk", "leader", "dispatcher", "supervisor"},
    "GET /console/triage": {"dispatcher", "supervisor"},
    "POST /console/learning/train": {"admin"},
    "POST /console/learning/{version}/promote": {"admin"},
    "GET /console/learning": {"admin", "auditor"},
    "GET /console/audit": {"admin", "auditor"},
    "POST /console/review/{number}": {"clerk", "dispatcher", "admin"},
    "POST /console/cases/person": {"dispatcher", "supervisor", "admin"},
    "POST /console/tables/{name}/row": {"admin"},
    "POST /console/tables/people/password": {"admin"},
    "POST /console/partners/keys": {"admin"},
    "POST /api/staff/clearing": {"supervisor"},
}


@pytest.mark.parametrize("door", PROMISED)
@pytest.mark.promise("I11")
def test_what_was_promised_of_roles_is_what_the_table_says(door: str) -> None:
    assert {str(role) for role in RULES_OF[door].who} == PROMISED[door]


@pytest.mark.parametrize("who", ["nobody", "resident", *ONE_OF_EACH])
@pytest.mark.promise("I11")
async def test_every_door(town: Watched, who: str) -> None:
    """A change is asked for without the session's token: whoever may enter is refused for that, and nothing happens."""
    http = _as(town, who)
    before = await counts(town.site)
    wrong = {}
    for door, rule in RULES_OF.items():
        if door in HOLES or (door == "POST /api/chat/session"):  # begins a conversation: for everybody, and a row
            continue
        found, wanted = await _knock(town, http, door), _expected(door, rule, who)
        if not wanted(found):
            wrong[door] = (found.status_code, found.text[:200])
    assert wrong == {}
    assert set(grown(before, await counts(town.site))) <= {"audit", "audit_entries", "bulletins"}  # looks of some


def _as(town: Watched, who: str) -> httpx.AsyncClient:
    if who == "nobody":
        return town.site.client()
    return town.bob.http if who == "resident" else town.staff[ONE_OF_EACH[Role(who)]].http


async def _knock(town: Watched, http: httpx.AsyncClient, door: str) -> httpx.Response:
    method, path = door.split(" ")
    address = re.sub(r"\{(\w+)\}", lambda hole: str(FILLED.get(hole[1], 1)), path)
    if door in STREAMS:
        return await _begun(town, http, address)
    headers = {} if method in SAFE else {"x-csrf-token": "somebody else's"}
    return await http.request(method, address + "?area=nowhere", headers=headers)


async def _begun(town: Watched, http: httpx.AsyncClient, path: str) -> httpx.Response:
    """How a stream begins: the transport would wait for its end."""
    cookies = "; ".join(f"{name}={value}" for name, value in http.cookies.items()).encode()
    scope = {
        "type": "http", "http_version": "1.1", "method": "GET", "path": path, "raw_path": path.encode(),
        "query_string": b"", "headers": [(b"host", b"test"), (b"cookie", cookies)], "scheme": "http",
        "server": ("test", 80), "client": ("127.0.0.1", 1), "root_path": "",
    }  # fmt: skip
    begun: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def receive() -> dict[str, Any]:
        await begun if scope.get("asked") else scope.update(asked=True)
        return (
            {"type": "http.disconnect"} if begun.done() else {"type": "http.request", "body": b"", "more_body": False}
        )

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start" and not begun.done():
            begun.set_result(message["status"])

    running = asyncio.ensure_future(town.app(scope, receive, send))
    status = await begun
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    return httpx.Response(status)


def _expected(door: str, rule: Rule, who: str) -> Any:
    """What a right answer looks like, as a question to it."""
    if rule.opens is Opens.ALWAYS:
        return lambda answer: answer.status_code not in (401, 403, 500)
    if rule.opens in (Opens.PARTNER, Opens.MESSENGER):
        return lambda answer: answer.status_code in (403, 404, 429)
    if rule.opens is Opens.CHAT:
        return lambda answer: (answer.status_code == 401) == (who != "resident") and answer.status_code != 500
    if who in ("nobody", "resident"):
        path = re.sub(r"\{(\w+)\}", lambda hole: str(FILLED.get(hole[1], 1)), door.split(" ")[1])
        back = f"/staff?next={path}%3Farea%3Dnowhere"
        if rule.page and door not in STREAMS:
            return lambda answer: (answer.status_code, answer.headers["location"]) == (303, back)
        return lambda answer: answer.status_code == (303 if rule.page else 401)
    if Role(who) not in rule.who:
        key = "console.not_yours"
        return lambda answer: answer.status_code == 403 and (rule.page or answer.json()["error"]["key"] == key)
    if door.split(" ")[0] not in SAFE:
        return lambda answer: (answer.status_code, answer.json()["error"]["key"]) == (403, "request.foreign")
    return lambda answer: answer.status_code not in (401, 500) and not _turned_away(answer)


def _turned_away(answer: httpx.Response) -> bool:
    """By the gate: what is behind a door may have refusals of its own, such as another unit's answer to edit."""
    if answer.status_code != 403:
        return False
    return "json" not in answer.headers["content-type"] or answer.json()["error"]["key"] == "console.not_yours"


@pytest.mark.parametrize("role", sorted(STAFF_ROLES))
@pytest.mark.promise("I11")
async def test_the_menu_shows_the_pages_that_open(town: Watched, role: Role) -> None:
    pages = menu.open_to(role)
    shown = (await _as(town, role).get(pages[0].path)).text
    assert [page.name for page in menu.PAGES if f'href="{page.path}"' in shown] == [page.name for page in pages]


# --- every case × everybody who might look


GIVEN: dict[str, dict[str, Any]] = {
    "POST /api/staff/cases/{number}/steps": {"key": str(uuid4()), "step": "nothing", "version": 0},
    "POST /console/review/{number}": {"code": "nothing"},
    "POST /console/cases/{number}/unmask": {"reason": ""},
    "POST /console/cases/{number}/unmask/{which}": {},
}
OF_CASES = [door for door, rule in RULES_OF.items() if rule.about == "case" and rule.opens is Opens.STAFF]
OWN_ONLY = {"GET /api/staff/cases/{number}/receipt.pdf"}
"""For whoever filed it at the window: nobody here did."""


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("viewer", VIEWERS, ids=lambda viewer: viewer.name)
@pytest.mark.promise("I11")
async def test_a_case_its_photo_and_its_buttons(town: Watched, viewer: Viewer, case: str) -> None:
    http, number, steps = town.staff[viewer.name].http, town.numbers[case], getattr(viewer, case)
    for door in OF_CASES:
        if town.roles[viewer.name] not in RULES_OF[door].who:
            continue
        theirs, absent = [await _at(town, http, door, one) for one in (number, "000000-0000")]
        assert absent[0] == 404, door
        if steps is None or door in OWN_ONLY:
            assert theirs == absent, door
        else:
            assert theirs[0] not in (401, 403) and theirs[:2] != absent[:2], door
    photo = await _asked(town, http, town.photos[case])
    if steps is None:
        assert photo == await _asked(town, http, f"/api/staff/photos/{uuid4()}")
    else:
        assert photo[0] == 200
        offered = (await http.get(f"/api/staff/cases/{number}")).json()["steps"]
        assert [step["name"] for step in offered] == steps
    listed = await http.get("/api/staff/tasks", params={"view": "all"})
    assert (number in listed.text) == (steps is not None and case != "closed")


async def _at(town: Watched, http: httpx.AsyncClient, door: str, number: str) -> tuple[int, str, int]:
    method, path = door.split(" ")
    return await _asked(
        town, http, path.replace("{number}", number).replace("{which}", "1"), method, GIVEN.get(door), number
    )


async def _asked(
    town: Watched, http: httpx.AsyncClient, path: str, method: str = "GET", given: Any = None, number: str = "\0"
) -> tuple[int, str, int]:
    """Status, body without what names the case, and how many statements it took."""
    with town.counted() as statements:
        answer = await http.request(method, path, json=given)
    body = "" if answer.headers.get("content-type", "").startswith("image/") else answer.text.replace(number, "…")
    return answer.status_code, body if answer.status_code in (403, 404) else "", len(statements)


TRIES = [("wufan", "desk"), ("dongchunsheng", "closed"), ("limin", "closed")]
TRIES += [(name, "grid") for name in ("dongchunsheng", "limin", "wangxing", "chenlu", "guwenbo", "jiangyan", "caoying")]


@pytest.mark.parametrize(("name", "case"), TRIES)
@pytest.mark.promise("I11")
async def test_a_step_that_is_not_offered_is_refused(town: Watched, name: str, case: str) -> None:
    viewer = next(viewer for viewer in VIEWERS if viewer.name == name)
    number, steps = town.numbers[case], getattr(viewer, case)
    version = (await town.staff["chenlu"].case(number))["case"]["version"]
    before = await counts(town.site)
    for step in set(STEPS) - set(steps):
        given = {"version": version, "text": "好", "reason": "other", "outcome": "solved", "unit": "CGJ", "days": 1}
        answer = await town.staff[name].try_step(number, step, **given)
        assert answer.status_code in (403, 409), (step, answer.text)
    assert grown(before, await counts(town.site)) == {}
