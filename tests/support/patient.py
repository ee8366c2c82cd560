"""People who do not give up: what they send is sent again under the same key until it is answered, as the page does."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any
from uuid import uuid4

import httpx

from tests.support.ledger import Act, Ledger, Told

AGAIN = frozenset({408, 425, 429})
WAIT = (0.2, 0.5)  # seconds before the next try; the page waits longer
PATIENCE = 120  # seconds; nobody may be left without an answer that long
TURNS = 6
ANSWERS = ("separate", "submit", "none", "choose_category", "no_place")  # what is pressed, in order of preference
CHOOSES = 0.5  # of those who are asked what it is about; the others leave it to a person


@dataclass
class Wire:
    """One way to the site, shared by everybody; each keeps their own cookie. `begun` counts first tries."""

    http: httpx.AsyncClient
    begun: int = 0
    again: int = 0

    def own(self) -> "Patient":
        return Patient(self, {})


@asynccontextmanager
async def wire(url: str) -> AsyncIterator[Wire]:
    nobody = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
    async with httpx.AsyncClient(base_url=url, timeout=20, cookies=nobody) as http:
        yield Wire(http)


class Refused(AssertionError):
    """The site said no to something it should have taken."""


@dataclass
class Patient:
    """One person's browser."""

    wire: Wire
    headers: dict[str, str]

    async def send(self, method: str, path: str, body: Any = None, *, fine: tuple[int, ...] = ()) -> httpx.Response:
        """The answer: a 200, or a status of `fine`. Anything that may pass is tried again, anything else is Refused."""
        self.wire.begun += 1
        deadline, last = time.monotonic() + PATIENCE, ""
        while time.monotonic() < deadline:
            try:
                answer = await self.wire.http.request(method, path, json=body, headers=self.headers)
                if answer.status_code == 200 or answer.status_code in fine:
                    return answer
                if answer.status_code < 500 and answer.status_code not in AGAIN:
                    raise Refused(f"{method} {path}: {answer.status_code} {answer.text}")
                last = answer.text
            except httpx.TransportError as error:
                last = repr(error)
            self.wire.again += 1
            await asyncio.sleep(random.uniform(*WAIT))
        raise Refused(f"{method} {path}: not answered in {PATIENCE} s, at last {last}")

    async def listen(self, path: str) -> bytes:
        """All that a stream says until the site ends it; raises when it breaks off."""
        async with self.wire.http.stream("GET", path, headers=self.headers, timeout=None) as stream:
            return b"".join([said async for said in stream.aiter_bytes()])

    async def session(self, path: str, body: Any) -> dict[str, Any]:
        """Open one, and keep its cookie."""
        answer = await self.send("POST", path, body)
        self.headers["cookie"] = "; ".join(f"{cookie.name}={cookie.value}" for cookie in answer.cookies.jar)
        opened: dict[str, Any] = answer.json()
        return opened


async def tell(patient: Patient, told: Told) -> None:
    """A resident with one complaint, until it has a number; now and then a message is sent once more for nothing."""
    await patient.session("/api/chat/session", {})
    said = {"text": told.text}
    for _ in range(TURNS):
        key = str(uuid4())
        body = {"key": key, **said}
        lines = (await patient.send("POST", "/api/chat/messages", body)).json()["messages"]
        told.answers[key] = [int(line["id"]) for line in lines]
        if random.random() < 0.1:
            twice = (await patient.send("POST", "/api/chat/messages", body)).json()["messages"]
            assert [int(line["id"]) for line in twice] == told.answers[key], "one key, one answer"
        if number := next((line["case"]["number"] for line in lines if "case" in line), ""):
            told.number = number
            return
        buttons = {b["action"]: b["token"] for line in lines for b in reversed(line["buttons"])}
        if "choose_category" in buttons and random.random() < CHOOSES:
            buttons.pop("none", None)
        said = {"choice": next(buttons[action] for action in ANSWERS if action in buttons)}
        await asyncio.sleep(random.uniform(0, 0.2))
    raise Refused(f"never filed: {told.text}")


async def everybody_tells(wire: Wire, residents: Sequence[Told], at_once: int) -> None:
    turn = asyncio.Semaphore(at_once)

    async def one(told: Told) -> None:
        async with turn:
            await tell(wire.own(), told)

    async with asyncio.TaskGroup() as tasks:
        for told in residents:
            tasks.create_task(one(told))


@dataclass
class Official:
    """Somebody on the staff; each step that was acknowledged is in the ledger."""

    patient: Patient
    name: str
    ledger: Ledger

    async def sign_in(self, password: str) -> "Official":
        opened = await self.patient.session("/api/staff/session", {"name": self.name, "password": password})
        self.patient.headers["x-csrf-token"] = opened["csrf"]
        return self

    async def tasks(self, view: str = "mine") -> list[dict[str, Any]]:
        tasks: list[dict[str, Any]] = (await self.patient.send("GET", f"/api/staff/tasks?view={view}")).json()["tasks"]
        return tasks

    async def take(self, task: dict[str, Any], step: str, **given: Any) -> None:
        """One step on a task as it was seen; when somebody was faster it is left alone."""
        number, key = task["number"], str(uuid4())
        body = {"key": key, "step": step, "version": task["version"], **given}
        answer = await self.patient.send("POST", f"/api/staff/cases/{number}/steps", body, fine=(409,))
        if answer.status_code == 200:
            self.ledger.acts.append(Act(self.name, number, step, key))


async def sort_out(dispatcher: Official, desks: list[tuple[str, str]]) -> None:
    """Everything held is given to one desk after another."""
    for n, task in enumerate(await dispatcher.tasks("triage")):
        unit, assignee = desks[n % len(desks)]
        await dispatcher.take(task, "assign", unit=unit, assignee=assignee)


async def handle(official: Official) -> None:
    """Signs what is new, and calls whose case is signed; once each."""
    called = {act.number for act in official.ledger.acts if act.step == "contact"}
    for task in await official.tasks():
        if task["status"] == "dispatched":
            await official.take(task, "sign")
        elif task["status"] == "accepted" and task["number"] not in called:
            await official.take(task, "contact", text="已电话联系，明天上午到现场。")
