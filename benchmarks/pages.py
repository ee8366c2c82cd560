"""What each page of the staff costs in a town as large as a county or a city, opened for the first time.

    python -m benchmarks.pages [--town-times 40] [--json]

Five people of different rank sign in and open every page they find a link to. CPU time of the program, for each page
blocks everybody while it is worked out; the town has no cases, for those are clocked by benchmarks.lists. Limit: 300 ms
for the slowest page, and for signing in, half of which is the password.
"""

import argparse
import json
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg

from benchmarks.lifecycles import PASSWORD, Running, town

ROLES = ("admin", "dispatcher", "supervisor", "leader", "worker")
FIRST = ("/staff", "/console", "/board", "/staff/sheets", "/console/places?area=CX")
LINK = re.compile(r'href="(/(?:console|staff)[^"#?]*)"')
MOST_PAGES, LIMIT_MS, SETTLED = 120, 300, 5
WHO = "SELECT DISTINCT ON (role) role, code FROM people WHERE active ORDER BY role, code DESC"


def main() -> int:
    ask = argparse.ArgumentParser()
    ask.add_argument("--town-times", type=int, default=40)
    ask.add_argument("--json", action="store_true")
    asked = ask.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="fengqiao-", dir="/var/tmp", ignore_cleanup_errors=True) as folder,
        town(Path(folder), 0, asked.town_times) as run,
    ):
        running = run(0)
        found = sorted(opened(running), key=lambda one: -one["cpu_ms"])
        memory = _program(running).memory_full_info().pss / 2**20
    if asked.json:
        print(json.dumps(found))
    else:
        print(f"{len(found)} pages, the program took {memory:.0f} MB; the slowest ten:")
        for one in found[:10]:
            print("{role:>10} {page:40} {cpu_ms:5.0f} ms {kilobytes:5.0f} KB".format(**one))
    return int(found[0]["cpu_ms"] > LIMIT_MS)


def opened(running: Running) -> Iterator[dict[str, Any]]:
    time.sleep(SETTLED)  # what is worked out beside the first ones who come
    program = _program(running)
    with psycopg.connect(running.database) as connection:
        people = dict(connection.execute(WHO).fetchall())
    for role in ROLES:
        with httpx.Client(base_url=running.urls[0], timeout=120, follow_redirects=True) as http:
            its = {"name": people[role], "password": PASSWORD}
            yield {"role": role, **_clocked(program, "sign in", lambda: http.post("/api/staff/session", json=its))[0]}  # noqa: B023
            waiting, seen = list(FIRST), set(FIRST)
            for page in waiting:
                told, answer = _clocked(program, page, lambda: http.get(page))  # noqa: B023
                if answer.status_code == 200:
                    yield {"role": role, **told}
                    new = [one for one in LINK.findall(answer.text) if one not in seen and len(seen) < MOST_PAGES]
                    waiting += dict.fromkeys(new)
                    seen.update(new)


def _program(running: Running) -> psutil.Process:
    return next(one for one in running.processes if one.name() != "postgres")


def _clocked(program: psutil.Process, page: str, ask: Any) -> tuple[dict[str, Any], httpx.Response]:
    before = sum(program.cpu_times()[:2])
    answer = ask()
    cpu_ms = 1000 * (sum(program.cpu_times()[:2]) - before)
    return {"page": page, "cpu_ms": cpu_ms, "kilobytes": len(answer.content) / 1024}, answer


if __name__ == "__main__":
    sys.exit(main())
