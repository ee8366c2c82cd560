"""Whatever is sent to a door: the exact refusal in the reader's language, never a 5xx, and nothing half-done."""

import asyncio
import io
import json
import re
import struct
import zlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
import pytest
from itsdangerous import URLSafeSerializer
from PIL import Image
from sqlmodel import col, delete, select, update

from bot.texts import LOCALES, catalogue
from models import Case, ChatMessage, Conversation, Person
from models import Resident as ResidentRow
from tests.support.counts import counts, grown
from tests.support.people import Staff, photo
from tests.support.site import Site


@pytest.fixture(autouse=True)
async def told_apart(shared_site: Site) -> None:
    await shared_site.apart()


MB = 1024 * 1024
JSON = {"content-type": "application/json"}
MULTIPART = {"content-type": "multipart/form-data; boundary=x"}


@dataclass
class Town:
    """Whoever comes to the doors, by name, and what a request may name: {dispatched}, {photo_of_bob} …"""

    site: Site
    who: dict[str, httpx.AsyncClient] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)


@pytest.fixture(scope="module")
async def town(shared_site: Site) -> Town:
    town = Town(shared_site)
    ann, bob = await shared_site.resident("B0103"), await shared_site.resident("B0101")
    shared_site.thinks("其他", action="hold")
    held = await ann.file("那个事怎么还没弄好")
    shared_site.thinks("生态环境", "生态环境/餐饮油烟", others=("城市管理", "市场监管"))
    numbers = [await ann.file(f"楼下烧烤店油烟太大，第 {n} 次") for n in range(3)]
    staff = {
        name: await shared_site.staff(name)
        for name in ("limin", "chenlu", "zhangwei", "kangkeqin", "dongchunsheng", "guwenbo")
    }
    limin = staff["limin"]
    for number in numbers[1:]:
        await limin.step(number, "sign")
    used = await limin.upload()
    await limin.step(numbers[2], "reply", text="已清洗。", outcome="solved", photos=[used])
    await bob.send_photo()
    await leave(town, "mengjingxing")
    await shared_site.settle()
    town.names = {
        "triage": held, "dispatched": numbers[0], "accepted": numbers[1], "resolved": numbers[2],
        "used": used, "own": await limin.upload(), "photo_of_zhangwei": await staff["zhangwei"].upload(),
        "photo_of_bob": (await bob.look())[-2]["photos"][0].rsplit("/")[-1],
        "photo_of_ann": str(uuid4()), "nobody's": str(uuid4()),
    }  # fmt: skip
    town.who = {name: person.http for name, person in staff.items()}
    town.who |= {"ann": ann.http, "bob": bob.http, "nobody": shared_site.client()}
    town.who |= {"forged": cookie(town, "fengqiao_chat", "IjEyMyI.abc"), "vanished": await vanished(town)}
    town.who |= {"forged staff": cookie(town, "fengqiao_staff", "abc"), "no csrf": without_csrf(town, limin)}
    return town


def cookie(town: Town, name: str, value: str) -> httpx.AsyncClient:
    http = town.site.client()
    http.cookies.set(name, value)
    return http


async def vanished(town: Town) -> httpx.AsyncClient:
    """A cookie we signed, of somebody who is no longer there."""
    gone = await town.site.resident(None)
    signed = URLSafeSerializer(town.site.parts.keys.cookies, salt="fengqiao_chat")
    assert signed.loads(gone.http.cookies["fengqiao_chat"])
    async with town.site.parts.sessions() as session:
        last = (await session.exec(select(ResidentRow).order_by(col(ResidentRow.created_at).desc()))).all()
        said = (await session.exec(select(ChatMessage.resident).order_by(col(ChatMessage.id).desc()).limit(1))).one()
        assert said in {row.id for row in last}
        await session.execute(delete(ChatMessage).where(col(ChatMessage.resident) == said))
        await session.execute(delete(Conversation).where(col(Conversation.resident) == said))
        await session.execute(delete(ResidentRow).where(col(ResidentRow.id) == said))
        await session.commit()
    return gone.http


def without_csrf(town: Town, signed_in: Staff) -> httpx.AsyncClient:
    return cookie(town, "fengqiao_staff", signed_in.http.cookies["fengqiao_staff"])


@dataclass(frozen=True)
class Bad:
    what: str
    who: str
    door: str
    status: int
    key: str
    request: Mapping[str, Any] = field(default_factory=dict)


def png(width: int, height: int) -> bytes:
    """One colour, one bit a pixel: a few kilobytes that become hundreds of megabytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes((width // 8 + 1) * height), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def other_format(kind: str) -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (8, 8)).save(data, kind)
    return data.getvalue()


async def slowly(head: bytes, size: int) -> AsyncIterator[bytes]:
    """A body that does not say how long it is."""
    yield head
    for _ in range(0, size, 65536):
        yield b"a" * 65536


MALFORMED, TOO_LARGE, FOREIGN = "request.malformed", "request.too_large", "request.foreign"
NOT_A_PHOTO, NO_SESSION, NEEDED = "photo.not_a_photo", "request.no_session", "sign_in.needed"
FIELD = b'--x\r\nContent-Disposition: form-data; name="key"\r\n\r\na\r\n--x--\r\n'
PART = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n'

NOT_JSON: Mapping[str, Mapping[str, Any]] = {
    "nothing": {},
    "half a brace": {"content": b'{"key"', "headers": JSON},
    "null": {"json": None},
    "a list": {"json": []},
    "a word": {"json": "text"},
    "not UTF-8": {"content": b'{"text": "\xff\xfe"}', "headers": JSON},
    "very deep": {"content": b"[" * 50_000, "headers": JSON},
    "an endless number": {"content": b'{"version": ' + b"9" * 5000 + b"}", "headers": JSON},
    "called text": {"content": b'{"key": "x"}', "headers": {"content-type": "text/plain"}},
    "called nothing": {"content": b'{"key": "x"}'},
    "a form": {"data": {"key": "x"}},
}
JSON_DOORS = {
    "/api/chat/session": "ann",
    "/api/chat/messages": "ann",
    "/api/chat/places": "ann",
    "/api/staff/session": "nobody",
    "/api/staff/cases/{dispatched}/steps": "limin",
    "/api/staff/notices/read": "limin",
    "/api/staff/away": "limin",
}
POSTS = {**JSON_DOORS, "/api/chat/photos": "ann", "/api/staff/photos": "limin"}
FROM_ELSEWHERE: Mapping[str, Mapping[str, str]] = {
    "another origin": {"origin": "https://evil.example"},
    "no origin at all": {"origin": "null"},
    "an origin that is none": {"origin": "http://[::1"},
    "another port": {"origin": "http://test:81"},
    "another site": {"sec-fetch-site": "cross-site"},
    "a sister site": {"sec-fetch-site": "same-site"},
}
NEED_SESSION = [
    "POST /api/chat/messages", "POST /api/chat/photos", "POST /api/chat/places",
    "GET /api/chat/messages", "GET /api/chat/stream", "GET /api/chat/photos/{photo_of_bob}",
]  # fmt: skip
NEED_SIGN_IN = [
    "GET /api/staff/session", "DELETE /api/staff/session", "GET /api/staff/tasks", "GET /api/staff/cases/{dispatched}",
    "POST /api/staff/cases/{dispatched}/steps", "POST /api/staff/photos", "GET /api/staff/photos/{used}",
    "GET /api/staff/choices", "GET /api/staff/stream", "GET /api/staff/notices", "POST /api/staff/notices/read",
    "GET /api/staff/duty", "GET /api/staff/away", "POST /api/staff/away", "DELETE /api/staff/away",
]  # fmt: skip
GOOD: Mapping[str, Mapping[str, Any]] = {
    "messages": {"json": {"key": str(uuid4()), "text": "你好"}},
    "places": {"json": {"key": str(uuid4()), "lon": 112.38, "lat": 30.9}},
    "photos": {"data": {"key": str(uuid4())}, "files": {"file": ("a.jpg", photo())}},
    "steps": {"json": {"key": str(uuid4()), "step": "sign", "version": 2}},
    "read": {"json": {"id": 0}},
    "away": {"json": {"until": "2026-11-19"}},
}


ENDLESS_JSON = {"content": lambda: slowly(b'{"text": "', 300_000), "headers": JSON}
ENDLESS_PHOTO = {"content": lambda: slowly(PART, 21 * MB), "headers": MULTIPART}


def of_length(length: str) -> Mapping[str, Any]:
    return {"content": b"{}", "headers": {**JSON, "content-length": length}}


def good(door: str) -> Mapping[str, Any]:
    return GOOD.get(door.rsplit("/")[-1], {}) if door.startswith("POST") else {}


def message(what: str, status: int = 400, key_: str = MALFORMED, **body: Any) -> Bad:
    return Bad(f"message: {what}", "ann", "POST /api/chat/messages", status, key_, {"json": body})


def key() -> str:
    return str(uuid4())


def place(what: str, body: str) -> Bad:
    content = f'{{"key": "{key()}", {body}}}'.encode()
    return Bad(f"place: {what}", "ann", "POST /api/chat/places", 400, MALFORMED, {"content": content, "headers": JSON})


def picture(what: str, data: bytes, status: int = 415, key_: str = NOT_A_PHOTO) -> list[Bad]:
    sent = {"files": {"file": ("photo.jpg", data, "image/jpeg")}}
    return [
        Bad(f"photo: {what}", "ann", "POST /api/chat/photos", status, key_, {**sent, "data": {"key": key()}}),
        Bad(f"staff photo: {what}", "limin", "POST /api/staff/photos", status, key_, sent),
    ]


def assign(what: str, status: int, key_: str, **body: Any) -> Bad:
    return step(what, "triage", status, key_, who="chenlu", step="assign", **body)


def away(what: str, status: int, key_: str, who: str = "limin", **body: Any) -> Bad:
    return Bad(f"away: {what}", who, "POST /api/staff/away", status, key_, {"json": body})


def order(what: str, key_: str, **body: Any) -> Bad:
    return step(f"order: {what}", "dispatched", 422, key_, who="guwenbo", step="order", **body)


def accuse(what: str, key_: str, **body: Any) -> Bad:
    return step(f"accuse: {what}", "dispatched", 422, key_, who="chenlu", step="accuse", **body)


def sign_in(what: str, status: int, key_: str, **body: Any) -> Bad:
    return Bad(f"sign in: {what}", "nobody", "POST /api/staff/session", status, key_, {"json": body})


def step(what: str, case: str, status: int, key_: str, who: str = "limin", **body: Any) -> Bad:
    """`version` is filled in with the case's own unless given."""
    body = {"key": key(), "version": "now", **body}
    return Bad(f"step: {what}", who, f"POST /api/staff/cases/{{{case}}}/steps", status, key_, {"json": body})


TABLE: list[Bad] = [
    *(
        Bad(f"{door}: {what}", who, f"POST {door}", 400, MALFORMED, sent)
        for door, who in JSON_DOORS.items()
        for what, sent in NOT_JSON.items()
    ),
    *(
        Bad(f"{door}: from {what}", who, f"POST {door}", 403, FOREIGN, {**good(f"POST {door}"), "headers": headers})
        for door, who in POSTS.items()
        for what, headers in FROM_ELSEWHERE.items()
    ),
    *(
        Bad(f"{door}: {who}", who, door, 401, NO_SESSION, good(door))
        for door in NEED_SESSION
        for who in ("nobody", "forged", "vanished")
    ),
    *(
        Bad(f"{door}: {who}", who, door, 401, NEEDED, good(door))
        for door in NEED_SIGN_IN
        for who in ("nobody", "forged staff", "ann")
    ),
    *(
        Bad(f"{door}: no csrf", "no csrf", door, 403, FOREIGN, good(door))
        for door in NEED_SIGN_IN
        if not door.startswith("GET")
    ),
    Bad(
        "csrf of somebody else", "limin", "DELETE /api/staff/session", 403, FOREIGN, {"headers": {"x-csrf-token": "x"}}
    ),
    Bad(
        "csrf in Chinese",
        "limin",
        "DELETE /api/staff/session",
        403,
        FOREIGN,
        {"headers": {b"x-csrf-token": "错".encode()}},
    ),
    # sizes
    *(
        Bad(f"{door}: says it is huge", who, f"POST {door}", 413, TOO_LARGE, of_length("9999999"))
        for door, who in JSON_DOORS.items()
    ),
    *(Bad(f"{door}: is huge", who, f"POST {door}", 413, TOO_LARGE, ENDLESS_JSON) for door, who in JSON_DOORS.items()),
    *(
        Bad(f"{door}: length {length}", who, f"POST {door}", 400, MALFORMED, of_length(length))
        for door, who in JSON_DOORS.items()
        for length in ("abc", "-1", "1" * 30)
    ),
    Bad(
        "photo: says it is huge",
        "ann",
        "POST /api/chat/photos",
        413,
        "photo.too_big",
        {"content": b"x", "headers": {**MULTIPART, "content-length": str(50 * MB)}},
    ),
    Bad("photo: is huge", "ann", "POST /api/chat/photos", 413, "photo.too_big", ENDLESS_PHOTO),
    Bad("staff photo: is huge", "limin", "POST /api/staff/photos", 413, "photo.too_big", ENDLESS_PHOTO),
    *picture("21 MB", b"\xff\xd8" + bytes(21 * MB), 413, "photo.too_big"),
    *picture("a little over 20 MB", b"\xff\xd8" + bytes(20 * MB), 413, "photo.too_big"),
    # what is said
    message("no key", text="你好"),
    message("key is no UUID", key="1", text="你好"),
    message("key is a number", key=5, text="你好"),
    message("key is nothing", key=None, text="你好"),
    message("neither text nor choice", key=key()),
    message("both", key=key(), text="你好", choice="abc"),
    message("empty", key=key(), text=""),
    message("only space", key=key(), text=" \t\r\n\u3000 "),
    message("only what cannot be seen", key=key(), text="\u200b\u200e\ufeff\x00"),
    message("only half an emoji", key=key(), text="\ud83d"),
    message("text is a number", key=key(), text=5),
    message("text is a list", key=key(), text=["你好"]),
    message("text is nothing", key=key(), text=None),
    message("choice is an object", key=key(), choice={"token": "x"}),
    message("choice with NUL", key=key(), choice="a\x00b"),
    message("choice with half an emoji", key=key(), choice="\ud83d"),
    message("60,001 characters", 413, TOO_LARGE, key=key(), text="油" * 60_001),
    message("choice of 65 characters", 413, TOO_LARGE, key=key(), choice="a" * 65),
    Bad("session: place is a number", "ann", "POST /api/chat/session", 400, MALFORMED, {"json": {"place": 5}}),
    Bad("session: locale is a list", "ann", "POST /api/chat/session", 400, MALFORMED, {"json": {"locale": []}}),
    # points
    place("no lat", '"lon": 112.4'),
    place("NaN", '"lon": NaN, "lat": 30.9'),
    place("Infinity", '"lon": 112.4, "lat": Infinity'),
    place("1e999", '"lon": 1e999, "lat": 30.9'),
    place("too far east", '"lon": 180.1, "lat": 30.9'),
    place("beyond the pole", '"lon": 112.4, "lat": -90.1'),
    place("accuracy below zero", '"lon": 112.4, "lat": 30.9, "accuracy": -1'),
    place("accuracy NaN", '"lon": 112.4, "lat": 30.9, "accuracy": NaN'),
    place("lon is a word", '"lon": "东", "lat": 30.9'),
    place("lon is nothing", '"lon": null, "lat": 30.9'),
    # photos
    *picture("empty", b""),
    *picture("text", "不是照片".encode()),
    *picture("SVG", b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'),
    *picture("HTML", b"<!doctype html><script>alert(1)</script>"),
    *picture("half a JPEG", photo(size=(1200, 900))[:2000]),
    *picture("a broken JPEG", photo()[:300] + bytes(300)),
    *picture("a GIF", other_format("GIF")),
    *picture("a TIFF", other_format("TIFF")),
    *picture("400 megapixels in a PNG", png(20_000, 20_000)),
    *(
        Bad(f"photo: {what}", "ann", "POST /api/chat/photos", 400, MALFORMED, sent)
        for what, sent in {
            "no key": {"files": {"file": ("a.jpg", photo())}},
            "key is no UUID": {"data": {"key": "1"}, "files": {"file": ("a.jpg", photo())}},
            "no file": {"data": {"key": key()}, "files": {"other": ("a.jpg", photo())}},
            "file is a word": {"data": {"key": key(), "file": "abc"}},
            "JSON": {"json": {"key": key(), "file": "abc"}},
            "nothing": {},
            "no boundary": {"content": b"abc", "headers": {"content-type": "multipart/form-data"}},
            "another boundary": {"content": b"--y\r\n\r\nabc", "headers": MULTIPART},
            "an unknown alphabet": {
                "content": FIELD,
                "headers": {"content-type": MULTIPART["content-type"] + "; charset=none"},
            },
        }.items()
    ),
    Bad("staff photo: nothing", "limin", "POST /api/staff/photos", 400, MALFORMED),
    Bad("staff photo: JSON", "limin", "POST /api/staff/photos", 400, MALFORMED, {"json": {}}),
    Bad("photo by a word", "ann", "GET /api/chat/photos/abc", 400, MALFORMED),
    Bad("photo not there", "ann", "GET /api/chat/photos/{nobody's}", 404, "photo.not_found"),
    Bad("photo of somebody else", "ann", "GET /api/chat/photos/{photo_of_bob}", 404, "photo.not_found"),
    Bad("evidence not told yet", "ann", "GET /api/chat/photos/{own}", 404, "photo.not_found"),
    # where a page goes on
    *(
        Bad(f"{door} after {after!r}", "ann", f"GET /api/chat/{door}", 400, MALFORMED, {"params": {"after": after}})
        for door in ("messages", "stream")
        for after in ("abc", "-1", "1.5", "²", "1" * 20, "1\x00", " 1")
    ),
    Bad("stream after a word", "ann", "GET /api/chat/stream", 400, MALFORMED, {"headers": {"last-event-id": "abc"}}),
    # the staff's doors
    sign_in("no password", 400, MALFORMED, name="limin"),
    sign_in("name is a number", 400, MALFORMED, name=5, password="x"),
    sign_in("name with NUL", 400, MALFORMED, name="li\x00min", password="x"),
    sign_in("name with half an emoji", 400, MALFORMED, name="\ud83d", password="x"),
    sign_in("name too long", 413, TOO_LARGE, name="a" * 65, password="x"),
    sign_in("password too long", 413, TOO_LARGE, name="limin", password="a" * 257),
    sign_in("wrong password", 401, "sign_in.wrong", name="limin", password="wrong"),
    sign_in("password with NUL", 401, "sign_in.wrong", name="limin", password="枫桥 test 1963\x00"),
    sign_in("no password at all", 401, "sign_in.wrong", name="limin", password=""),
    sign_in("unknown name", 401, "sign_in.wrong", name="nobody", password="枫桥 test 1963"),
    sign_in("somebody who left", 401, "sign_in.wrong", name="mengjingxing", password="枫桥 test 1963"),
    Bad("unknown list", "limin", "GET /api/staff/tasks", 404, "view.not_found", {"params": {"view": "a\x00' or 1=1"}}),
    Bad("list without a name", "limin", "GET /api/staff/tasks", 404, "view.not_found", {"params": {"view": ""}}),
    Bad("list of dispatchers", "limin", "GET /api/staff/tasks", 404, "view.not_found", {"params": {"view": "triage"}}),
    Bad("list of leaders", "limin", "GET /api/staff/tasks", 404, "view.not_found", {"params": {"view": "review"}}),
    Bad("case not there", "limin", "GET /api/staff/cases/261118-9999", 404, "case.not_found"),
    Bad("case with NUL", "limin", "GET /api/staff/cases/%00", 400, MALFORMED),
    Bad("case of another grid", "kangkeqin", "GET /api/staff/cases/{dispatched}", 404, "case.not_found"),
    Bad("photo by a word, staff", "limin", "GET /api/staff/photos/abc", 400, MALFORMED),
    Bad("photo not there, staff", "limin", "GET /api/staff/photos/{nobody's}", 404, "photo.not_found"),
    Bad("photo of a draft", "limin", "GET /api/staff/photos/{photo_of_bob}", 404, "photo.not_found"),
    Bad("photo of a colleague", "limin", "GET /api/staff/photos/{photo_of_zhangwei}", 404, "photo.not_found"),
    Bad("photo of another grid's case", "kangkeqin", "GET /api/staff/photos/{used}", 404, "photo.not_found"),
    Bad("notices up to -1", "limin", "POST /api/staff/notices/read", 400, MALFORMED, {"json": {"id": -1}}),
    Bad("notices up to 2^63", "limin", "POST /api/staff/notices/read", 400, MALFORMED, {"json": {"id": 2**63}}),
    # steps
    step("no key", "dispatched", 400, MALFORMED, key=None, step="sign"),
    step("key is no UUID", "dispatched", 400, MALFORMED, key="1", step="sign"),
    step("version is a word", "dispatched", 400, MALFORMED, step="sign", version="last"),
    step("text is a list", "dispatched", 400, MALFORMED, step="sign", text=[]),
    step("photos are words", "accepted", 400, MALFORMED, step="reply", photos=["abc"]),
    step("21 photos", "accepted", 400, MALFORMED, step="reply", photos=[key() for _ in range(21)]),
    step("20,001 characters", "accepted", 413, TOO_LARGE, step="contact", text="办" * 20_001),
    step("unknown", "dispatched", 403, "step.not_allowed", step="destroy"),
    step("NUL", "dispatched", 400, MALFORMED, step="si\x00gn"),
    step("of the system", "triage", 409, "step.stale", who="chenlu", step="route"),
    step("of a resident", "dispatched", 403, "step.not_yours", step="withdraw"),
    step("of a leader", "accepted", 409, "step.stale", step="approve"),
    step("of a dispatcher", "triage", 404, "case.not_found", who="kangkeqin", step="assign", unit="CGJ"),
    step("a leader's case", "dispatched", 403, "step.not_yours", who="chenlu", step="sign"),
    step("a colleague's case", "accepted", 403, "step.not_yours", who="zhangwei", step="contact"),
    step("not in this status", "dispatched", 409, "step.stale", step="contact"),
    step("seen long ago", "accepted", 409, "step.stale", step="contact", version=1),
    step("seen in the future", "accepted", 409, "step.stale", step="contact", version=10**30),
    step("no ground", "resolved", 422, "step.needs_ground", step="exclude", text="查过了"),
    step("a ground of one's own", "resolved", 422, "step.needs_ground", step="exclude", text="查过了", ground="烦"),
    step("a ground alone", "resolved", 422, "step.needs_text", step="exclude", ground="unreasonable"),
    step(
        "left out before it is over",
        "accepted",
        409,
        "step.stale",
        step="exclude",
        ground="unreasonable",
        text="查过了",
    ),
    step("nobody asked", "resolved", 403, "exclusion.none", who="guwenbo", step="grant_exclusion", text="同意"),
    step("their own wish", "resolved", 403, "step.not_yours", step="grant_exclusion", text="同意"),
    order("no words", "step.needs_text", days=2),
    *(order(f"{days} days", "order.days", text="查", days=days) for days in (0, -1, 16)),
    order("of another unit", "step.wrong_assignee", text="查", assignee="fubo"),
    order("of nobody", "step.wrong_assignee", text="查", assignee="\x00"),
    accuse("no words", "step.needs_text", assignee="limin"),
    accuse("nobody", "step.needs_unit", text="听出来的"),
    accuse("somebody who is not there", "step.wrong_assignee", text="听出来的", assignee="nobody"),
    accuse("a unit that is not there", "step.needs_unit", text="听出来的", unit="XX"),
    away("no day", 400, MALFORMED),
    away("no such day", 400, MALFORMED, until="2026-13-01"),
    away("for ever", 400, MALFORMED, until="9999-12-31"),
    away("a day that is over", 422, "away.when", until="2020-01-01"),
    away("more than half a year", 422, "away.when", until="2028-01-01"),
    away("covered by oneself", 422, "away.not_ours", until="2026-11-19", cover="limin"),
    away("covered by another unit", 422, "away.not_ours", until="2026-11-19", cover="fubo"),
    away("covered by nobody", 422, "away.not_ours", until="2026-11-19", cover="\x00"),
    away("who handles nothing", 403, "away.no_cases", who="chenlu", until="2026-11-19"),
    Bad("back: was not away", "limin", "DELETE /api/staff/away", 422, "away.is_here"),
    step("no reason", "dispatched", 422, "step.needs_reason", step="return"),
    step("a reason of one's own", "dispatched", 422, "step.needs_reason", step="return", reason="懒"),
    step("a reason with NUL", "dispatched", 422, "step.needs_reason", step="return", reason="\x00"),
    step("no question", "accepted", 422, "step.needs_text", step="ask"),
    step("a question nobody can see", "accepted", 422, "step.needs_text", step="ask", text=" \u200b\x00 "),
    step("no outcome", "accepted", 422, "step.needs_outcome", step="reply", text="好了", photos=["{own}"]),
    step("no answer", "accepted", 422, "step.needs_text", step="reply", outcome="solved", photos=["{own}"]),
    step("no photo", "accepted", 422, "step.needs_photo", step="reply", text="好了", outcome="solved"),
    *(
        step(
            f"photo: {name}",
            "accepted",
            422,
            "photo.not_found",
            step="reply",
            text="好了",
            outcome="solved",
            photos=[f"{{{name}}}"],
        )
        for name in ("nobody's", "photo_of_bob", "photo_of_zhangwei", "used")
    ),
    assign("no unit", 422, "step.needs_unit"),
    assign("unknown unit", 422, "step.needs_unit", unit="X"),
    assign("unit with NUL", 422, "step.needs_unit", unit="\x00"),
    assign("somebody of another unit", 422, "step.wrong_assignee", unit="CGJ", assignee="limin"),
    assign("somebody unknown", 422, "step.wrong_assignee", unit="CGJ", assignee="x"),
    assign("somebody who signs nothing", 422, "step.wrong_assignee", unit="ZLZX", assignee="chenlu"),
    assign("somebody who left", 422, "step.wrong_assignee", unit="LH-CG", assignee="mengjingxing"),
    assign("somebody with NUL", 400, MALFORMED, unit="CGJ", assignee="\x00"),
    assign("unknown category", 422, "step.unknown_category", unit="CGJ", category="x"),
    step("no reason for a no", "triage", 422, "step.needs_text", who="chenlu", step="reject"),
    # paths and methods
    *(
        Bad(f"nothing at {path}", "ann", f"GET {path}", 404, "request.not_found")
        for path in (
            "/nothing",
            "/api",
            "/api/chat",
            "/api/chat/nothing",
            "/api/staff/cases",
            "/p/",
            "/docs",
            "/staff/x",
            "/static/x",
            "/static/%2e%2e/site.py",
            "/static/%00",
            "/static/" + "a" * 300,
            "/.git/config",
            "/%F0%9F%8D%81",
        )
    ),
    *(
        Bad(f"{door} is no way in", "ann", door, 405, "request.method")
        for door in (
            "POST /",
            "PUT /api/chat/messages",
            "DELETE /api/chat/messages",
            "GET /api/chat/session",
            "POST /api/chat/stream",
            "GET /api/staff/cases/x/steps",
            "PATCH /api/staff/session",
            "POST /healthz",
            "POST /static/own/base.css",
            "POST /p/x",
        )
    ),
]


@pytest.mark.parametrize(("n", "bad"), list(enumerate(TABLE)), ids=[bad.what for bad in TABLE])
async def test_refused_and_nothing_half_done(town: Town, n: int, bad: Bad) -> None:
    locale = LOCALES[n % len(LOCALES)]
    method, _, path = bad.door.partition(" ")
    request = await filled(town, bad)
    headers = {**request.pop("headers", {}), "x-locale": locale}
    before = await counts(town.site)
    answer = await town.who[bad.who].request(method, path.format(**town.names), headers=headers, **request)
    assert (answer.status_code, refusal(answer)["key"]) == (bad.status, bad.key)
    assert re.fullmatch(pattern(bad.key, locale), refusal(answer)["message"])
    assert set(answer.json()) == {"error"} | ({"case", "timeline", "steps", "now"} if bad.status == 409 else set())
    assert grown(before, await counts(town.site)) == {}


def refusal(answer: httpx.Response) -> dict[str, str]:
    error: dict[str, str] = answer.json()["error"]
    assert set(error) == {"key", "message"}
    return error


def pattern(key: str, locale: str) -> str:
    """The text with anything where it has a hole."""
    return re.sub(r"\\\{\w+\\\}", ".+", re.escape(catalogue(locale)[key]))


async def filled(town: Town, bad: Bad) -> dict[str, Any]:
    request = dict(bad.request)
    if callable(request.get("content")):
        request["content"] = request["content"]()
    body = request.get("json")
    if isinstance(body, dict):
        body = {name: named(town, value) for name, value in body.items()}
        if body.get("version") == "now":
            async with town.site.parts.sessions() as session:
                number = town.names[bad.door.split("{")[1].split("}")[0]]
                body["version"] = (await session.exec(select(Case.version).where(Case.number == number))).one()
        request |= as_json(body)
        request["headers"] = {**bad.request.get("headers", {}), **JSON}
        del request["json"]
    return request


def as_json(body: Mapping[str, Any]) -> dict[str, Any]:
    """As browsers write it: half an emoji goes as an escape."""
    return {"content": json.dumps(body).encode(), "headers": JSON}


def named(town: Town, value: Any) -> Any:
    if isinstance(value, list):
        return [named(town, one) for one in value]
    return town.names.get(value[1:-1], value) if isinstance(value, str) and value.startswith("{") else value


async def leave(town: Town, name: str) -> None:
    async with town.site.parts.sessions() as session:
        await session.execute(update(Person).where(col(Person.code) == name).values(active=False))
        await session.commit()


TAKEN = {
    "NUL": ("油\x00烟", "油烟"),
    "half an emoji": ("油烟\ud83d", "油烟"),
    "half an emoji between": ("油\ude00烟", "油烟"),
    "right to left": ("\u202e油烟\u202c", "油烟"),
    "zero width": ("油\u200b烟\ufeff", "油烟"),
    "a new line from Windows": ("油烟\r\n太大\r", "油烟\n太大"),
    "Extension B": ("𠮷野家的油烟𪚥", "𠮷野家的油烟𪚥"),
    "a family": ("👨\u200d👩\u200d👧 油烟", "👨\u200d👩\u200d👧 油烟"),
    "markup": ("<script>alert(1)</script>", "<script>alert(1)</script>"),
    "holes": ("{number} {0} %s", "{number} {0} %s"),
    "40,000 characters": ("油烟" * 20_000, "油烟" * 10_000),
    "60,000 characters of Extension B": ("𠮷" * 60_000, "𠮷" * 20_000),
}


@pytest.mark.parametrize("what", TAKEN)
@pytest.mark.promise("I2")
async def test_strange_words_are_taken_as_they_were_meant(town: Town, what: str) -> None:
    said, kept = TAKEN[what]
    resident = await town.site.resident("B0103")
    content = json.dumps({"key": key(), "text": said}, ensure_ascii=len(said) < 50_000).encode()
    resident._hear((await resident.http.post("/api/chat/messages", content=content, headers=JSON)).json())
    texts = [line["text"] for line in resident.said]
    assert texts[0] == kept
    assert (texts[1] == "这段话很长，我记下了前 20000 字。其余的可以在提交后再补充。") == ("characters" in what)
    await resident.press("submit")
    async with town.site.parts.sessions() as session:
        number = resident.said[-1]["case"]["number"]
        assert (await session.exec(select(Case.text).where(Case.number == number))).one() == kept


@pytest.mark.parametrize("place", ["x", "B0103-AAAA", "三栋", "a" * 5000, "\x00", "' or 1=1 --", "\u202eB0103"])
@pytest.mark.promise("I9")
async def test_a_bad_place_code_still_opens_the_chat(town: Town, place: str) -> None:
    answer = await town.site.client().post("/api/chat/session", json={"place": place, "locale": "en"})
    assert (answer.status_code, answer.json()["place"], answer.json()["locale"]) == (200, None, "en")
    assert answer.json()["notice"] == catalogue("en")["place.bad_code"]


@pytest.mark.parametrize("code", ["x", "%00", "%22%3E%3Cscript%3Ealert(1)", "a" * 3000, "%E4%B8%89%E6%A0%8B"])
async def test_a_page_opens_whatever_the_code(town: Town, code: str) -> None:
    answer = await town.site.client().get(f"/p/{code}")
    assert answer.status_code == 200 and "<script>alert" not in answer.text


@pytest.mark.parametrize("lang", ["*", "**", "../../x", "\x00", "fr", "zh-hant", ""])
async def test_a_language_we_do_not_speak_is_the_reader_s_own(town: Town, lang: str) -> None:
    answer = await town.site.client().get("/", params={"lang": lang}, headers={"x-locale": "en"})
    assert answer.status_code == 200 and '<html lang="en">' in answer.text


async def test_a_token_that_is_none_of_theirs_or_used_changes_nothing(town: Town) -> None:
    ann, bob = await town.site.resident("B0103"), await town.site.resident("B0103")
    await ann.say("楼下烧烤店油烟太大")
    await bob.say("楼上漏水")
    await bob.press("category")
    used, of_ann = bob.buttons["category"][0][2], ann.buttons["submit"][-1][2]
    for token in (used, of_ann, "x", "😀", "%", "' or 1=1 --"):
        before = await counts(town.site)
        said = await bob._post({"choice": token})
        assert said[0] == "这个按钮已经用过了，没有重复办理。"
        assert grown(before, await counts(town.site)) == {"chat_messages": 3, "seen_messages": 1}
    assert said[1] == "哪个更贴近？"  # what he was asked before, still the question


@pytest.mark.promise("R4")
async def test_a_message_sent_twice_has_one_effect_and_one_answer(town: Town) -> None:
    resident = await town.site.resident("B0103")
    await resident.say("楼下烧烤店油烟太大")
    body = {"key": key(), "choice": resident.buttons["submit"][-1][2]}
    first, second = await asyncio.gather(*(resident.http.post("/api/chat/messages", json=body) for _ in range(2)))
    before = await counts(town.site)
    third = await resident.http.post("/api/chat/messages", json={**body, "choice": "another"})
    assert first.json() == second.json() == third.json() and "已提交" in first.text
    assert grown(before, await counts(town.site)) == {}


async def test_a_photo_sent_twice_is_one_photo(town: Town) -> None:
    resident = await town.site.resident("B0103")
    sent = {"data": {"key": key()}, "files": {"file": ("a.jpg", photo("navy"))}}
    before = await counts(town.site)
    first, second = await asyncio.gather(*(resident.http.post("/api/chat/photos", **sent) for _ in range(2)))
    assert first.json() == second.json()
    assert grown(before, await counts(town.site)) == {"photos": 1, "chat_messages": 2, "seen_messages": 1}


async def test_a_step_sent_twice_has_one_effect_and_its_key_serves_no_other(town: Town) -> None:
    resident = await town.site.resident("B0103")
    number, other = await resident.file("油烟"), await resident.file("又是油烟")
    await town.site.settle()
    limin, body = town.who["limin"], {"key": key(), "step": "sign", "version": 2}
    first = await limin.post(f"/api/staff/cases/{number}/steps", json=body)
    await town.site.settle()
    before = await counts(town.site)
    second = await limin.post(f"/api/staff/cases/{number}/steps", json=body)
    assert (first.status_code, second.json()) == (200, first.json())
    for case, step in ((other, "sign"), (number, "contact")):
        version = (await limin.get(f"/api/staff/cases/{case}")).json()["case"]["version"]
        asked = {**body, "step": step, "version": version}
        answer = await limin.post(f"/api/staff/cases/{case}/steps", json=asked)
        assert (answer.status_code, refusal(answer)["key"]) == (409, "step.stale")
    assert grown(before, await counts(town.site)) == {}


async def test_the_eleventh_sign_in_of_a_name_from_one_address_waits(town: Town) -> None:
    def tries(name: str, address: str) -> Any:
        http = httpx.AsyncClient(
            transport=httpx.ASGITransport(town.site.transport.app, client=(address, 1)), base_url="http://test"
        )
        town.site.clients.append(http)
        return http.post("/api/staff/session", json={"name": name, "password": "wrong"}, headers={"x-locale": "en"})

    before = await counts(town.site)
    answers = [await tries("Zhangwei ", "192.0.2.1") for _ in range(11)]
    assert [answer.status_code for answer in answers] == [401] * 10 + [429]
    assert refusal(answers[-1]) == {"key": "request.too_often", "message": catalogue("en")["request.too_often"]}
    elsewhere = [await tries("zhangwei", "192.0.2.2"), await tries("wufan", "192.0.2.1")]
    assert [answer.status_code for answer in elsewhere] == [401, 401]
    assert grown(before, await counts(town.site)) == {}


@pytest.mark.promise("I8")
async def test_the_sixth_guess_of_a_code_waits_however_it_is_written(town: Town) -> None:
    resident = await town.site.resident(None)
    guesses = [
        "1234567890123456",
        "1234 5678 9012 3457",
        "查询码：1234-5678-9012-3458",
        "１２３４５６７８９０１２３４５９",
        "1234\u200b567890123460",
    ]
    for guess in guesses:
        assert await resident.say(guess) == ["没有查到。请核对 16 位查询码。"]
    before = await counts(town.site)
    for guess in ("1234567890123461", "12\u200b34567890123462"):
        answer = await resident.http.post("/api/chat/messages", json={"key": key(), "text": guess})
        assert (answer.status_code, refusal(answer)["key"]) == (429, "request.too_often")
    assert grown(before, await counts(town.site)) == {}


@pytest.mark.promise("I10")
async def test_one_who_sends_too_fast_waits_and_nobody_else_does(town: Town) -> None:
    fast, other = await town.site.resident(None), await town.site.resident(None)
    body = {"key": key(), "choice": "x"}
    answers = [await fast.http.post("/api/chat/messages", json=body) for _ in range(121)]
    assert [answer.status_code for answer in answers] == [200] * 120 + [429]
    assert await other.say("/help") != []
