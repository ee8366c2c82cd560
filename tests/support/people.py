"""People at the doors: residents and staff who speak the JSON of docs/chat-api.md and docs/staff-api.md."""

import io
from typing import Any
from uuid import uuid4

import httpx
from PIL import Image

from tests.support.town import PASSWORD


def photo(color: str = "firebrick", size: tuple[int, int] = (640, 480), kind: str = "JPEG") -> bytes:
    data = io.BytesIO()
    Image.new("RGB", size, color).save(data, kind)
    return data.getvalue()


class Resident:
    """Keeps its cookie and every button it was shown."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http, self.buttons, self.said = http, {}, list[dict[str, Any]]()

    async def open(self, **body: Any) -> dict[str, Any]:
        return await self._ok(self.http.post("/api/chat/session", json=body))

    async def say(self, text: str) -> list[str]:
        """Our answers to it."""
        return await self._post({"text": text})

    async def press(self, action: str, label: str = "") -> list[str]:
        token = next(t for a, name, t in reversed(self.buttons[action]) if label in ("", name))
        return await self.choose(token)

    async def choose(self, token: str) -> list[str]:
        """A button by its token: also one that is no more shown."""
        return await self._post({"choice": token})

    async def send_photo(self, data: bytes | None = None) -> list[str]:
        files = {"file": ("photo.jpg", data or photo(), "image/jpeg")}
        return self._hear(await self._ok(self.http.post("/api/chat/photos", data={"key": str(uuid4())}, files=files)))

    async def send_pin(self, lon: float, lat: float) -> list[str]:
        point = {"key": str(uuid4()), "lon": lon, "lat": lat, "accuracy": 10}
        return self._hear(await self._ok(self.http.post("/api/chat/places", json=point)))

    async def look(self) -> list[dict[str, Any]]:
        """The whole conversation as the page shows it; buttons that can still be pressed are the ones there."""
        shown = await self._ok(self.http.get("/api/chat/messages"))
        self.buttons = {}
        self._hear(shown)
        messages: list[dict[str, Any]] = shown["messages"]
        return messages

    async def texts(self) -> list[str]:
        return [line["text"] for line in await self.look() if line["from"] == "us"]

    async def file(self, text: str) -> str:
        """Tell it and submit, alone where neighbours told of the same; the case's number. Danger files itself."""
        await self.say(text)
        if reported := [line["case"]["number"] for line in self.said if "case" in line]:
            return str(reported[0])
        await self.press("submit")
        if "case" not in self.said[-1]:
            await self.press("separate")
        number: str = self.said[-1]["case"]["number"]
        return number

    async def _post(self, body: dict[str, Any]) -> list[str]:
        return self._hear(await self._ok(self.http.post("/api/chat/messages", json={"key": str(uuid4()), **body})))

    def _hear(self, shown: dict[str, Any]) -> list[str]:
        self.said = shown["messages"]
        for line in self.said:
            for button in line["buttons"]:
                self.buttons.setdefault(button["action"], []).append(
                    (button["action"], button["label"], button["token"])
                )
        return [line["text"] for line in self.said if line["from"] == "us"]

    async def _ok(self, request: Any) -> dict[str, Any]:
        answer = await request
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body


class Staff:
    """Somebody signed in."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http, self.name = http, ""

    async def sign_in(self, name: str, password: str = PASSWORD) -> "Staff":
        answer = await self.http.post("/api/staff/session", json={"name": name, "password": password})
        assert answer.status_code == 200, answer.text
        self.name, self.http.headers["x-csrf-token"] = name, answer.json()["csrf"]
        return self

    async def tasks(self, view: str = "mine") -> list[str]:
        answer = await self.http.get("/api/staff/tasks", params={"view": view})
        assert answer.status_code == 200, answer.text
        return [task["number"] for task in answer.json()["tasks"]]

    async def case(self, number: str) -> dict[str, Any]:
        answer = await self.http.get(f"/api/staff/cases/{number}")
        assert answer.status_code == 200, answer.text
        page: dict[str, Any] = answer.json()
        return page

    async def may(self, number: str) -> list[str]:
        return [step["name"] for step in (await self.case(number))["steps"]]

    async def step(self, number: str, step: str, **given: Any) -> dict[str, Any]:
        answer = await self.try_step(number, step, **given)
        assert answer.status_code == 200, answer.text
        page: dict[str, Any] = answer.json()
        return page

    async def try_step(self, number: str, step: str, **given: Any) -> httpx.Response:
        version = given.pop("version", None) or (await self.case(number))["case"]["version"]
        body = {"key": str(uuid4()), "step": step, "version": version, **given}
        return await self.http.post(f"/api/staff/cases/{number}/steps", json=body)

    async def upload(self, data: bytes | None = None) -> str:
        answer = await self.http.post(
            "/api/staff/photos", files={"file": ("p.jpg", data or photo("seagreen"), "image/jpeg")}
        )
        assert answer.status_code == 200, answer.text
        return str(answer.json()["id"])
