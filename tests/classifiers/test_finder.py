"""What answers a question: found among the seed town's services, on questions and complaints kept apart from them."""

import csv
from functools import cache
from pathlib import Path
from time import process_time

import pytest

from cases.guide import LEAST, Guide
from classifiers.asking import asks
from classifiers.finder import Finder
from classifiers.kinds import examples
from models import Service
from tests.bot.test_conversation import NOW
from town import read_town

ROOT, HERE = Path(__file__).parents[2], Path(__file__).parent
LIMIT_MS = 2  # of CPU: other work on the machine is not ours


@cache
def guide() -> Guide:
    return Guide({one.code: one for one in read_town(ROOT / "data").services})


@cache
def questions() -> list[tuple[str, str]]:
    with (HERE / "service_questions.csv").open(encoding="utf-8", newline="") as file:
        return [(row["question"], row["service"]) for row in csv.DictReader(file)]


@cache
def complaints() -> list[str]:
    return (HERE / "service_complaints.txt").read_text("utf-8").splitlines()


def found(text: str) -> list[str]:
    near = guide().finder.near(text) if asks(text) else []
    return [one.code for one in near if one.score >= LEAST]


def test_the_questions_are_none_of_the_seed() -> None:
    asked = {phrase for one in guide().services.values() for phrase in one.asked}
    assert len(questions()) >= 2 * len(guide().services) >= 180 and len(complaints()) >= 150
    assert not asked & {text for text, _ in questions()}
    assert {code for _, code in questions()} == guide().services.keys()


def test_the_right_service_is_found() -> None:
    first = sum(found(text)[:1] == [code] for text, code in questions()) / len(questions())
    three = sum(code in found(text) for text, code in questions()) / len(questions())
    assert first >= 0.93 and three >= 0.95, (first, three)


def test_a_complaint_is_hardly_ever_stopped() -> None:
    mine = [text for text in complaints() if guide().answers(text, NOW)]
    others = [one.text for one in examples() if one.kind != "question" and guide().answers(one.text, NOW)]
    assert len(mine) <= 0.02 * len(complaints()), mine
    assert len(others) <= 0.01 * sum(one.kind != "question" for one in examples()), others


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("新生兒醫保怎麼辦", "medical-newborn"),
        ("How do I register my newborn for medical insurance?", "medical-newborn"),
        ("where can I get a residence permit", "papers-residence"),
        ("驾照快过期了咋换", "traffic-licence"),
    ],
)
def test_other_scripts_languages_and_everyday_words(said: str, code: str) -> None:
    assert guide().answers(said, NOW)[0] == code


@pytest.mark.parametrize("said", ["", "怎么办", "？？？", "😀", "a" * 5000, "\ud800", "你好", "谢谢", "12345"])
def test_nothing_answers_nothing(said: str) -> None:
    assert not guide().answers(said, NOW)


def test_several_about_as_near_are_offered() -> None:
    assert set(guide().answers("身份证怎么办理", NOW)) == {"papers-id", "papers-id-lost"}


def test_no_entries_answer_nothing() -> None:
    assert Finder([]).near("身份证怎么办") == [] and Guide().answers("身份证怎么办", NOW) == ()


def test_a_question_costs_little() -> None:
    guide().answers("热身的问题怎么办", NOW)
    took = []
    for text, _ in questions()[:100]:
        began = process_time()
        guide().answers(text, NOW)
        took.append(process_time() - began)
    assert sorted(took)[len(took) // 2] < LIMIT_MS / 1000


def test_every_entry_reads_as_one_does() -> None:
    """Whole, short enough for one message, and no telephone numbers but the town's."""
    for one in guide().services.values():
        assert isinstance(one, Service) and len(one.asked) >= 4 and 2 <= len(one.steps) <= 6, one.code
        assert len("".join(one.steps)) <= 220 and len(one.answer_en) <= 420, one.code
        assert one.call == "12345" and one.title_en.isascii() and one.answer_en.isascii(), one.code
