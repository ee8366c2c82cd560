"""What a message wants, and whether it can wait: the shipped model, its corpus, and the list of words of haste."""

import subprocess
import sys
import time
from collections import Counter

import numpy as np
import pytest

from classifiers import firstday
from classifiers.alike import runs as runs_of
from classifiers.kinds import KINDS, examples, kind, packed, runs, shipped, unpacked
from classifiers.kinds_training import digest, fit, judged, sharpened, sharpness, unseen
from classifiers.manner import Manner, manner
from classifiers.urgency import urgent
from models import Kind


def test_kinds_are_those_the_core_knows() -> None:
    assert tuple(Kind) == KINDS


def test_every_department_tells_of_all_kinds() -> None:
    """So that what a message is about says nothing about what it wants."""
    counts = Counter((example.department, example.kind) for example in examples())
    departments = {table["label"] for table in firstday.departments()}
    assert set(counts) == {(department, kind) for department in departments for kind in KINDS}
    assert min(counts.values()) >= 5
    assert min(Counter(example.kind for example in examples()).values()) >= 120


def test_no_two_examples_are_alike_nor_like_the_corpus() -> None:
    mine = [runs_of(example.text) for example in examples()]
    others = [runs_of(row.text) for row in firstday.rows() if row.gold]
    index: dict[int, list[int]] = {}
    both = [*mine, *others]
    for i, text in enumerate(both):
        for run in text:
            index.setdefault(run, []).append(i)
    alike = []
    for i, text in enumerate(mine):
        for j, shared in Counter(j for run in text for j in index[run] if j > i).items():
            if shared >= 0.6 * len(text | both[j]):
                alike.append((examples()[i].text, j))
    assert not alike


def test_the_shipped_model_learned_from_this_corpus() -> None:
    assert shipped().learned == digest(examples()), "python -m classifiers.kinds_training"


def test_it_is_right_about_departments_it_has_not_seen() -> None:
    taught = examples()
    chances = unseen(taught)
    _, figures = judged(taught, sharpened(chances, sharpness(taught, chances)))
    assert figures["accuracy"] >= 0.84 and figures["named_right"] >= 0.90 and figures["named"] >= 0.75
    assert figures["ece"] < 0.06


def test_what_is_packed_comes_back() -> None:
    model = fit(examples()[::5])
    again = unpacked(packed(model))
    for text in ("请问几点上班", "谢谢师傅", ""):
        np.testing.assert_allclose(again.chances(text), model.chances(text), atol=0.01)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("隔壁装修天天响到半夜，说了多少次都没人管", "complaint"),
        ("家里老人摔倒起不来，求你们派人来帮帮忙", "help"),
        ("请问办老年卡要带什么材料？", "question"),
        ("建议在路口加装一个凸面镜", "suggestion"),
        ("舉報有人半夜偷排廢水", "report"),
        ("谢谢网格员小王，问题当天就解决了", "praise"),
    ],
)
def test_plain_cases(text: str, wanted: str) -> None:
    assert kind(text) == wanted


@pytest.mark.parametrize("text", ["", " ", "🙂", "\ud800\x00", "x" * 20_000])
def test_any_text_is_read(text: str) -> None:
    chances = shipped().chances(text)
    assert abs(float(chances.sum()) - 1) < 1e-6 and kind(text) in (None, *KINDS)


def test_runs_know_both_ends_and_the_outer_clauses() -> None:
    counted = runs("请问, 几点")
    assert {"请", "请问", "\x02请", "点\x03", "\x05请问", "\x06几点"} <= set(counted)
    assert "\x05几" not in counted and " " not in counted


def test_serving_loads_quickly_and_no_learner() -> None:
    script = (
        "import numpy, classifiers, sys, time; from classifiers.words import normalise; normalise('x'); "
        "t = time.process_time(); from classifiers.manner import manner; manner('路灯坏了'); "
        "assert not {'sklearn', 'scipy'} & set(sys.modules); print(time.process_time() - t)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 0.5


@pytest.mark.parametrize(
    "text",
    [
        "家里停水三天了",
        "水管现在还在喷水",
        "老人被困在電梯裡",
        "奶奶反锁在屋里没人应",
        "停电了，家里老人靠制氧机",
        "透析的药明天就断了",
        "污水倒灌进屋了",
        "整栋楼没电，老人下不来",
        "马上派人来看看，墙裂开了",
        "煤气漏了",
    ],
)
def test_these_cannot_wait(text: str) -> None:
    assert urgent(text)


@pytest.mark.parametrize(
    "text",
    [
        "路灯坏了",
        "建议马上整改",
        "应急照明坏了",
        "去年停水三天",
        "现在物业费多少钱",
        "不着急，有空来看看",
        "垃圾桶满了没人清",
        "什么时候来水",
        "医院急诊态度不好",
        "",
    ],
)
def test_these_can_wait(text: str) -> None:
    assert urgent(text) is None


def test_few_of_the_corpus_messages_are_urgent() -> None:
    texts = [row.text for row in firstday.rows() if row.gold][::7]
    assert sum(urgent(text) is not None for text in texts) < 0.06 * len(texts)


def test_praise_can_wait() -> None:
    said = "停水三天终于来了，谢谢抢修师傅，你们辛苦了，点赞"
    assert urgent(said) and manner(said) == Manner("praise", urgent=False)


@pytest.mark.parametrize("piece", ["老人", "停水", "现在", "0", "被困在", "水漫", "，"])
def test_long_texts_are_looked_through_in_time(piece: str) -> None:
    started = time.process_time()
    urgent(piece * (20_000 // len(piece)))
    assert time.process_time() - started < 1
