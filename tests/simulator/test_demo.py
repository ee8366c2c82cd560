"""`make demo` as a newcomer starts it: residents tell, a worker signs, three phones show it, Ctrl-C leaves nothing."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil

from simulator.residents import from_corpus, written
from tests.support import chromium
from tests.support.databases import ROOT
from tests.support.program import READY

PICTURES = Path(os.environ.get("PICTURES", "test-results"))
SECONDS = 60  # a machine with other things to do; alone it is a third of that
STOP_SECONDS = 20


@contextmanager
def demo(folder: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The running demo and the simulator's address; killed with its children if a test leaves it running."""
    command = [sys.executable, "-m", "simulator.demo", "--folder", str(folder), *options]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        said = ""
        for line in process.stdout:
            said += line
            if line.startswith(READY):
                yield process, line.removeprefix(READY).split()[0]
                return
        raise AssertionError(f"{said}\n{(folder / 'log').read_text()}")
    finally:
        process.stdout.close()
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            process.wait(STOP_SECONDS)


async def chats(simulator: str) -> dict[str, list[str]]:
    """What each person read from their bot, by name; of the staff the same."""
    async with httpx.AsyncClient(base_url=simulator) as http:
        state = (await http.get("/sim/state")).json()
        read: dict[str, list[str]] = {}
        for user in state["users"]:
            for bot in state["bots"]:
                chat = (await http.get("/sim/chat", params={"chat": user["id"], "bot": bot["id"]})).json()
                lines = [m.get("text") or m.get("caption") or "" for m in chat["messages"] if m["from"]["is_bot"]]
                read.setdefault(user["first_name"], []).extend(lines)
        return read


async def heard(simulator: str, *wanted: tuple[str, str]) -> None:
    """Until each of them read those words."""
    until, read = time.monotonic() + SECONDS, dict[str, list[str]]()
    while time.monotonic() < until:
        read = await chats(simulator)
        if all(any(words in line for line in read.get(name, [])) for name, words in wanted):
            return
        await asyncio.sleep(0.2)
    raise AssertionError(f"{wanted} not heard: {read}")


async def test_a_newcomer_watches_a_case(new_data_dir: Callable[[], Path], first_day_model: Path) -> None:
    folder = new_data_dir()
    shutil.copytree(first_day_model, folder / "models" / "current")
    with demo(folder, "--pace", "0.5", "--people", "2", "--patience", "4") as (process, simulator):
        children = psutil.Process(process.pid).children(recursive=True)
        if chromium.CHROMIUM:
            await look(simulator)
        await heard(simulator, ("张桂兰", "已提交，编号"), ("李敏", "油烟"), ("江燕", "正在使用"), ("您自己", "您好"))
        await heard(simulator, ("张桂兰", "李敏已签收"))
        process.send_signal(signal.SIGINT)
        assert await asyncio.to_thread(process.wait, STOP_SECONDS) == 0
    assert children
    assert [child for child in children if child.is_running() and child.status() != psutil.STATUS_ZOMBIE] == []


async def look(simulator: str) -> None:
    """Three phones in the middle of a case; the picture in the README."""
    async with chromium.started() as browser:
        size: Any = {"width": 1440, "height": 900}
        page = await browser.new_page(viewport=size, locale="zh-CN", timezone_id="Asia/Shanghai")
        faults: list[str] = []
        page.on("console", lambda said: faults.append(said.text) if said.type in ("error", "warning") else None)
        await page.goto(simulator)
        await page.get_by_role("region", name="张桂兰").get_by_text("李敏已签收").wait_for(timeout=SECONDS * 1000)
        three: Any = {"x": 0, "y": 0, "width": 1264, "height": 900}  # your own phone stands to the right
        await page.evaluate("document.querySelectorAll('.log').forEach((log) => { log.scrollTop = log.scrollHeight })")
        await page.screenshot(path=PICTURES / "simulator.png", clip=three)
        assert (await chromium.violations(page), faults) == ([], [])


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("keep me")
    command = [sys.executable, "-m", "simulator.demo", "--folder", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, (tmp_path / "letters.txt").read_text()) == (1, "keep me")
    assert "not a demo's" in done.stderr


def test_after_our_own_stories_come_the_corpus_s_examples() -> None:
    stories, more = (
        written(),
        [story for _, story in zip(range(40), from_corpus(ROOT / "classifiers/corpus"), strict=False)],
    )
    assert {bool(story.photos > 1) for story in stories} == {True, False}
    assert all(story.text for story in stories + more)
    assert len({story.text for story in more}) == 40
