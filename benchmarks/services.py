"""How well and how fast (in CPU time) questions find a service, and what `say` costs with a town's own wording."""

import csv
from datetime import UTC, datetime
from pathlib import Path
from time import process_time

from bot.texts import original, reword, say
from cases.guide import LEAST, Guide
from classifiers.asking import asks
from classifiers.kinds import examples
from town import read_town

ROOT = Path(__file__).parents[1]
HELD_OUT = ROOT / "tests/classifiers"
NOW = datetime(2026, 11, 20, tzinfo=UTC)
ROUNDS = 100_000


def main() -> None:
    guide = Guide({one.code: one for one in read_town(ROOT / "data").services})
    began = process_time()
    finder = guide.finder
    print(f"index of {len(guide.services)} services: {process_time() - began:.2f} s")
    with (HELD_OUT / "service_questions.csv").open(encoding="utf-8", newline="") as file:
        questions = [(row["question"], row["service"]) for row in csv.DictReader(file)]
    found = {
        text: [one.code for one in finder.near(text) if one.score >= LEAST] if asks(text) else []
        for text, _ in questions
    }
    first = sum(found[text][:1] == [code] for text, code in questions)
    three = sum(code in found[text] for text, code in questions)
    print(f"{len(questions)} questions: first {first / len(questions):.3f}, of three {three / len(questions):.3f}")
    _stopped(guide, "complaints", (HELD_OUT / "service_complaints.txt").read_text("utf-8").splitlines())
    _stopped(guide, "other kinds of the corpus", [one.text for one in examples() if one.kind != "question"])
    took = sorted(_took(guide, text) for text, _ in questions)
    print(f"an answer: p50 {took[len(took) // 2] * 1000:.2f} ms, p99 {took[int(len(took) * 0.99)] * 1000:.2f} ms")
    print(f"say: {_said():.2f} µs, with own wording {_said(own=True):.2f} µs")


def _stopped(guide: Guide, name: str, texts: list[str]) -> None:
    stopped = sum(bool(guide.answers(text, NOW)) for text in texts)
    print(f"{len(texts)} {name}: {stopped} stopped")


def _took(guide: Guide, text: str) -> float:
    began = process_time()
    guide.answers(text, NOW)
    return process_time() - began


def _said(*, own: bool = False) -> float:
    reword({"zh-Hans": {"service.glad": original("zh-Hans")["service.glad"]}} if own else {})
    began = process_time()
    for _ in range(ROUNDS):
        say("service.glad", "zh-Hans")
    return (process_time() - began) / ROUNDS * 1e6


if __name__ == "__main__":
    main()
