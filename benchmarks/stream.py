"""What `python -m app classify` holds in memory while very many lines go through it: as much as for a few.

    PYTHONPATH=. python benchmarks/stream.py [--model FOLDER] [--lines 1000000]

The lines are messages of our own corpus, over and over. Linux only. Ends with 1 when the many need a tenth more.
"""

import argparse
import itertools
import json
import subprocess
import sys
from pathlib import Path

from classifiers import firstday

FEW = 10_000
MORE = 1.1


def main() -> int:
    ask = argparse.ArgumentParser()
    ask.add_argument("--model", type=Path, help="unset: the model in use")
    ask.add_argument("--lines", type=int, default=1_000_000)
    asked = ask.parse_args()
    few, many = (peak(asked.model, lines) for lines in (FEW, asked.lines))
    print(f"{FEW} lines: {few:.0f} MB, {asked.lines} lines: {many:.0f} MB")
    return int(many > MORE * few)


def peak(model: Path | None, lines: int) -> float:
    """Megabytes at most."""
    call = [sys.executable, "-m", "app", "classify", *(["--model", str(model)] if model else [])]
    with subprocess.Popen(call, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as program:
        assert program.stdin is not None
        texts = itertools.cycle([row.text for row in firstday.rows() if row.gold])
        for number, text in enumerate(itertools.islice(texts, lines)):
            program.stdin.write(json.dumps({"id": number, "text": text}, ensure_ascii=False) + "\n")
        program.stdin.flush()
        most = held(program.pid)  # all but what a pipe holds has gone through
    if program.returncode:
        raise SystemExit(f"classify ended with {program.returncode}")
    return most


def held(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024


if __name__ == "__main__":
    sys.exit(main())
