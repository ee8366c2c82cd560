"""`python -m app bulk` on very many letters: one process beside two workers, and two that are killed now and then.

    python -m benchmarks.bulk [--letters 200000] [--workers 2] [--model FOLDER] [--kills 5]

Letters are several messages of our own corpus, put together anew for each. Each way writes its own file; they must be
the same byte for byte. Ends with 1 when they are not, or two workers are not LEAST times as fast. How busy the machine
was is told beside it: time on the clock is no measure on a machine that is shared.
"""

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from app.learn import first_day_model
from classifiers import firstday
from classifiers.letters import BOM

LEAST = 1.3
MESSAGES = (4, 12)
"""Of one letter, at least and at most."""

EVERY = 5
"""Parts between one killing and the next."""


@dataclass(frozen=True)
class Took:
    seconds: float
    cpu: float
    killed: int = 0


def main() -> int:
    ask = argparse.ArgumentParser()
    ask.add_argument("--letters", type=int, default=200_000)
    ask.add_argument("--workers", type=int, default=2)
    ask.add_argument("--model", type=Path, help="unset: the first-day model, trained for this")
    ask.add_argument("--kills", type=int, default=5, help="workers killed in the last run; 0: no such run")
    asked = ask.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = asked.model or folder / "model"
        first_day_model(model)
        letters = folder / "letters.csv"
        characters = write(letters, asked.letters)
        size = letters.stat().st_size / 1e6
        print(f"{asked.letters:,} letters of {characters:.0f} characters, {size:.0f} MB; load {os.getloadavg()[0]:.1f}")
        ways = {"one": (0, 0), "many": (asked.workers, 0), "killed": (asked.workers, asked.kills)}
        if not asked.kills:
            del ways["killed"]
        took = {way: run(letters, folder / f"{way}.csv", model, *how) for way, how in ways.items()}
        for way, one in took.items():
            rate = asked.letters / one.seconds
            print(
                f"{way}: {one.seconds:.1f} s, {rate:,.0f} a second, {one.cpu:.1f} s of CPU, {one.killed} workers killed"
            )
        same = len({(folder / f"{way}.csv").read_bytes() for way in ways}) == 1
        held = sum(1 for _ in (folder / "one.csv").open("rb")) - 1
    ratio = took["one"].seconds / took["many"].seconds
    largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    load = os.getloadavg()[0]
    print(f"{asked.workers} workers: {ratio:.2f} times one process; largest {largest:.0f} MB; load {load:.1f}")
    print(json.dumps({"bulk_letters": held, "bulk_ratio": round(ratio, 2), "bulk_same": same}))
    return int(not same or held != asked.letters or ratio < LEAST)


def write(path: Path, count: int) -> float:
    """The letters; how many characters one has."""
    choose, texts = random.Random(1), [(row.text, row.label) for row in firstday.rows() if row.gold]
    characters = 0
    with path.open("wb") as file:
        file.write(BOM + b"id,text,label\r\n")
        for number in range(count):
            parts = choose.choices(texts, k=choose.randint(*MESSAGES))
            text = "，".join(part for part, _ in parts).replace('"', "")
            characters += len(text)
            file.write(f'{number},"{text}",{parts[0][1]}\r\n'.encode())
    return characters / count


def run(letters: Path, out: Path, model: Path, workers: int, kills: int) -> Took:
    command = [sys.executable, "-m", "app", "bulk", "classify", str(letters), "--out", str(out)]
    before, start = spent(), time.perf_counter()
    with subprocess.Popen(
        [*command, "--model", str(model), "--workers", str(workers)],
        stdout=subprocess.DEVNULL,
        env=os.environ | {"LOG_LEVEL": "error"},
    ) as program:
        killed = killings(program, kills, out.with_name(f"{out.name}.parts")) if kills else 0
    seconds = time.perf_counter() - start
    if program.returncode:
        raise SystemExit(f"bulk ended with {program.returncode}")
    return Took(seconds, spent() - before, killed)


def killings(program: "subprocess.Popen[bytes]", kills: int, parts: Path) -> int:
    """Any worker, whenever another EVERY parts are done; how many were killed."""
    choose, killed = random.Random(2), 0
    while program.poll() is None and killed < kills:
        time.sleep(0.05)
        if len(list(parts.glob("[0-9]*.csv"))) > EVERY * (killed + 1):
            running = psutil.Process(program.pid).children()
            workers = [child for child in running if "spawn_main" in " ".join(child.cmdline())]
            if workers:
                choose.choice(workers).kill()
                killed += 1
    return killed


def spent() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    sys.exit(main())
