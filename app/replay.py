"""Plays letters as residents through the doors of a running server, and tells what became of them."""

import asyncio
import csv
import json
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from app.errors import CannotGoOn

TURNS = 6  # a letter is filed in at most this many messages
AT_ONCE = 64
RESENDS = 8
LATER = frozenset({429, 503})
ANSWERS = ("submit", "choose_category", "none", "no_place", "service_unsolved")  # what they press, the first there is


class NotLetters(CannotGoOn):
    """The file cannot be played."""


@dataclass
class Tally:
    counts: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)  # of every message posted
    failures: Counter[str] = field(default_factory=Counter)

    def percentile(self, share: float) -> float:
        """Milliseconds within which that share of the messages was answered."""
        ordered = sorted(self.seconds)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)] * 1000 if ordered else 0.0


def replay_command(file: Path, rate: float, base: str, limit: int | None = None) -> int:
    """0 when every letter was filed, 1 otherwise. Raises NotLetters, or CannotGoOn when nobody answers."""
    letters = list(read_letters(file))[:limit]
    if not letters or rate <= 0:
        raise NotLetters(f"{file}: no letters in columns title, detail or text" if rate > 0 else "a rate is above 0")
    tally = asyncio.run(_play(letters, rate, base))
    _print(tally, len(letters), rate)
    return 0 if tally.counts["filed"] == len(letters) else 1


def read_letters(file: Path) -> Iterator[str]:
    """Texts of a CSV or JSON-lines file with columns title and/or detail, or text."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            rows: Iterable[Mapping[str, Any]]
            rows = (
                csv.DictReader(lines) if file.suffix == ".csv" else (json.loads(line) for line in lines if line.strip())
            )
            yield from (text for text in map(_text, rows) if text)
    except (OSError, UnicodeError, json.JSONDecodeError, csv.Error) as error:
        raise NotLetters(f"{file}: {error}") from error


def _text(row: Mapping[str, Any]) -> str:
    parts = [str(row.get(name) or "").strip() for name in ("title", "detail")]
    return "\n".join(part for part in parts if part) or str(row.get("text") or "").strip()


async def _play(letters: list[str], rate: float, base: str) -> Tally:
    tally, turn = Tally(), asyncio.Semaphore(AT_ONCE)
    bar = Progress(
        TextColumn("replay"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=Console(file=sys.stderr)
    )
    limits = httpx.Limits(max_connections=AT_ONCE)
    nobody = CookieJar(DefaultCookiePolicy(allowed_domains=[]))  # each resident keeps their own
    async with httpx.AsyncClient(base_url=base, timeout=30, limits=limits, cookies=nobody) as http:
        await _reachable(http)
        with bar:
            task = bar.add_task("replay", total=len(letters))
            begun, playing = time.perf_counter(), []
            for n, letter in enumerate(letters):
                await asyncio.sleep(max(begun + n / rate - time.perf_counter(), 0))
                await turn.acquire()
                playing.append(asyncio.create_task(_one(http, letter, tally)))
                playing[-1].add_done_callback(lambda _: turn.release())
                playing[-1].add_done_callback(lambda _: bar.advance(task))
            await asyncio.gather(*playing)
    return tally


async def _reachable(http: httpx.AsyncClient) -> None:
    try:
        (await http.get("/healthz")).raise_for_status()
    except httpx.HTTPError as error:
        raise CannotGoOn(f"nobody answers at {http.base_url} ({error}); start it with `make run`") from error


async def _one(http: httpx.AsyncClient, letter: str, tally: Tally) -> None:
    """One resident with one letter; whatever goes wrong is counted, never raised."""
    try:
        opened = await _post(http, tally, "/api/chat/session", {}, {})
        cookies = {"cookie": "; ".join(f"{c.name}={c.value}" for c in opened.cookies.jar)}
        tally.counts.update(await _tell(http, cookies, letter, tally))
    except (httpx.HTTPError, KeyError, ValueError) as error:
        tally.counts["failed"] += 1
        tally.failures[_why(error)] += 1


async def _tell(http: httpx.AsyncClient, cookies: dict[str, str], letter: str, tally: Tally) -> list[str]:
    """What became of it: filed, and whether it was routed at once, asked about, or held for a person."""
    said: dict[str, str] = {"text": letter}
    asked = False
    for _ in range(TURNS):
        begun = time.perf_counter()
        answer = await _post(http, tally, "/api/chat/messages", {"key": str(uuid4()), **said}, cookies)
        tally.seconds.append(time.perf_counter() - begun)
        lines = answer.json()["messages"]
        case = next((line["case"] for line in lines if "case" in line), None)
        if case:
            held = case["status"] == "triage"
            return ["filed", "held" if held else "asked" if asked else "routed"]
        buttons = {b["action"]: b["token"] for line in lines for b in reversed(line["buttons"])}
        asked = asked or "choose_category" in buttons
        pressed = next((buttons[action] for action in ANSWERS if action in buttons), None)
        if pressed is None:
            break
        said = {"choice": pressed}
    raise ValueError("never filed")


async def _post(
    http: httpx.AsyncClient, tally: Tally, path: str, body: dict[str, str], headers: dict[str, str]
) -> httpx.Response:
    """As the page does it: where the server asks to come back later, the same again under the same key."""
    for attempt in range(RESENDS):
        answer = await http.post(path, json=body, headers=headers)
        if answer.status_code not in LATER:
            break
        tally.counts["resent"] += 1
        await asyncio.sleep(min(2.0**attempt, 10))
    return answer.raise_for_status()


def _why(error: Exception) -> str:
    if isinstance(error, httpx.HTTPStatusError):
        return f"{error.response.status_code} {error.request.url.path}"
    return type(error).__name__


def _print(tally: Tally, letters: int, rate: float) -> None:
    table = Table(title=f"{letters} letters at {rate:g}/s")
    for name in ("filed", "routed", "asked", "held", "failed", "resent", "messages", "p50 ms", "p99 ms"):
        table.add_column(name, justify="right")
    counts = [str(tally.counts[name]) for name in ("filed", "routed", "asked", "held", "failed", "resent")]
    table.add_row(*counts, str(len(tally.seconds)), f"{tally.percentile(0.5):.0f}", f"{tally.percentile(0.99):.0f}")
    console = Console()
    console.print(table)
    for why, times in tally.failures.most_common(5):
        console.print(f"failed {times}: {why}")
