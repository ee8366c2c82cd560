"""`make bench`: every figure of speed in one run, with its limit, into benchmarks/results.json and docs/performance.md.

    python -m benchmarks.bench [--cases 1000000] [--messages 100000] [--seconds 30] [--only NAME ...]

About half an hour, most of it a million cases and a hundred thousand messages; nothing else should use the machine. How
busy it was is kept with the figures. `--only` runs some and leaves the other figures as they are.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results.json"
DOCUMENT = HERE.parent / "docs" / "performance.md"
BEGIN, END = "<!-- written by make bench -->\n", "<!-- end of what make bench writes -->\n"


@dataclass(frozen=True)
class Figure:
    """`run`: the benchmark that tells it, under `told`; `least` or `most` is its limit, none: only told."""

    what: str
    run: str
    told: str
    least: float | None = None
    most: float | None = None

    def ok(self, value: float) -> bool:
        return (self.least is None or value >= self.least) and (self.most is None or value <= self.most)

    @property
    def limit(self) -> str:
        return f"≥ {self.least:g}" if self.least is not None else f"≤ {self.most:g}" if self.most is not None else ""


FIGURES: Mapping[str, Figure] = {
    "lifecycles_per_s_empty": Figure("whole lives a second, empty database", "empty", "lifecycles_per_s", least=40),
    "lifecycles_per_s_1m": Figure("the same with a million cases inside", "million", "lifecycles_per_s"),
    "lifecycles_1m_of_empty": Figure("of that, by rate", "", "", least=0.85),
    "lifecycle_cpu_ms_empty": Figure("CPU ms of one life: program and PostgreSQL, empty", "empty", "cpu_ms"),
    "lifecycle_cpu_ms_1m": Figure("the same with a million cases inside", "million", "cpu_ms"),
    "messages_per_s": Figure("messages committed and answered a second", "messages", "messages_per_s", least=150),
    "messages_p99_ms_at_50": Figure("p99 in ms at 50 a second", "messages", "p99_ms", most=150),
    "message_cpu_ms": Figure("CPU ms of one message: program and PostgreSQL", "messages", "cpu_ms"),
    "raw_commits_per_s": Figure("PostgreSQL alone, commits of as many bytes", "messages", "raw_commits_per_s"),
    "raw_echo_per_s": Figure("the web framework alone, echoes", "messages", "raw_echo_per_s"),
    "messages_of_raw_commits": Figure("messages, of the raw commits", "messages", "of_raw_commits"),
    "messages_of_raw_echo": Figure("messages, of the raw echoes", "messages", "of_raw_echo"),
    "start_seconds": Figure("second start to open doors, s", "start", "start_seconds", most=8),
    "memory_idle_mb": Figure("memory idle, program and PostgreSQL, MB", "start", "memory_idle_mb", most=400),
    "memory_growth_pct": Figure("growth of the program by the messages, %", "start", "memory_growth_pct", most=5),
    "memory_after_mb": Figure("memory after them, program and PostgreSQL, MB", "start", "memory_after_mb", most=400),
}  # fmt: skip


def main() -> None:
    ask = argparse.ArgumentParser()
    ask.add_argument("--cases", type=int, default=1_000_000)
    ask.add_argument("--messages", type=int, default=100_000)
    ask.add_argument("--seconds", type=float, default=30)
    ask.add_argument("--only", nargs="*")
    asked = ask.parse_args()
    runs = {
        "start": ["benchmarks.start", "--messages", str(asked.messages)],
        "messages": ["benchmarks.messages", "--seconds", f"{asked.seconds:g}"],
        "empty": ["benchmarks.lifecycles", "--seconds", f"{asked.seconds:g}"],
        "million": ["benchmarks.lifecycles", "--seconds", f"{asked.seconds:g}", "--cases", str(asked.cases)],
    }
    results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    for name, call in runs.items():
        if asked.only is None or name in asked.only:
            results |= taken(name, call)
            together(results)
            RESULTS.write_text(json.dumps(results, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    write(DOCUMENT, results)
    sys.exit(not all(one["ok"] for one in results.values()))


def taken(name: str, call: Sequence[str]) -> dict[str, Any]:
    """What one benchmark told, as figures."""
    print(f"{name}: python -m {' '.join(call)}", flush=True)
    busy = os.getloadavg()[0]
    said = subprocess.run([sys.executable, "-m", *call, "--json"], cwd=HERE.parent, check=True, stdout=subprocess.PIPE)
    told = json.loads(said.stdout.splitlines()[-1])
    found = {
        key: figure_of(figure, _number(told[figure.told]), f"python -m {' '.join(call)}", busy)
        for key, figure in FIGURES.items()
        if figure.run == name and figure.told in told
    }
    print("\n".join(f"  {key}: {one['value']} {one['limit']}" for key, one in found.items()), flush=True)
    return found


def together(results: dict[str, Any]) -> None:
    """What comes of two figures."""
    if {"lifecycles_per_s_empty", "lifecycles_per_s_1m"} <= results.keys():
        empty, million = results["lifecycles_per_s_empty"], results["lifecycles_per_s_1m"]
        ratio, busy = round(million["value"] / empty["value"], 3), max(empty["busy"], million["busy"])
        figure = FIGURES["lifecycles_1m_of_empty"]
        results["lifecycles_1m_of_empty"] = figure_of(figure, ratio, million["command"], busy)


def figure_of(figure: Figure, value: float, command: str, busy: float) -> dict[str, Any]:
    at = datetime.now(UTC).isoformat(timespec="seconds")
    return {
        "value": value, "limit": figure.limit, "ok": figure.ok(value), "command": command, "at": at,
        "busy": round(busy, 1), "cores": os.cpu_count(),
    }  # fmt: skip


def _number(told: Any) -> float:
    """CPU is told by who spent it; the player's is not ours."""
    if isinstance(told, dict):
        return round(sum(value for who, value in told.items() if who != "player"), 2)
    return float(told)


def table(results: Mapping[str, Any]) -> str:
    lines = [
        "| key | what | value | limit | reached | busy before |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for key, figure in FIGURES.items():
        if one := results.get(key):
            reached = ("yes" if one["ok"] else "no") if one["limit"] else ""
            busy = f"{one['busy']} on {one['cores']} cores"
            lines.append(f"| `{key}` | {figure.what} | {one['value']:g} | {one['limit']} | {reached} | {busy} |")
    return "\n".join([*lines, ""])


def write(document: Path, results: Mapping[str, Any]) -> None:
    """The table goes where the last one stood; the rest is written by hand."""
    text = document.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    document.write_text(before + BEGIN + table(results) + END + rest.partition(END)[2], encoding="utf-8")


if __name__ == "__main__":
    main()
