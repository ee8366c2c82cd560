"""What a text becomes before it is read: the same words however they were typed."""

import random
import subprocess
from pathlib import Path

import opencc
import pytest

from classifiers import firstday
from classifiers.words import LONGEST, PHRASED, normalise, normalised, segmenter, stopwords, tokens

AS_READ = [
    ("全形ＡＢＣ１２３", "全形abc0"),
    ("電梯壞了，沒人維修", "电梯坏了,没人维修"),
    ("電\u200b梯\u200d壞\ufeff了", "电梯坏了"),
    ("停\x00水\x07了\x1b", "停水了"),
    ("停\ud800电\udfff了", "停电了"),
    ("\u202e了路断\u202c\u2067\u2069", "了路断"),
    ("WiFi 断了", "wifi 断了"),
    ("12345打了３次", "0打了0次"),
    ("噪\u00ad音\ufe0f\U000e0100", "噪音"),
    ("第一行\n第二行", "第一行\n第二行"),
    ("𠮷野家👨\u200d👩\u200d👧油烟", "𠮷野家👨👩👧油烟"),
    ("㎡ ﾊﾝ", "m2 ハン".replace("2", "0")),
    ("", ""),
]


@pytest.mark.parametrize(("typed", "read"), AS_READ)
def test_typed_and_read(typed: str, read: str) -> None:
    assert normalise(typed) == read


def test_many_are_normalised_as_each_alone() -> None:
    texts = [typed for typed, _ in AS_READ] + [row.text for row in firstday.rows()]
    texts += [
        "é",
        "e\u0301",
        "ｶﾞ",
        "\u1100\u1161\u11a8",
        "ΑΣ",
        "İ",
        "9²９",
        "1\x002",
        "",
        "\0\0",
        "覆\n答覆",
        "a" * 9_999,
    ]
    draw = random.Random(1)
    near = [*range(0x20, 0x3400), *range(0x4E00, 0xA000), *range(0xF900, 0x10000)]
    texts += ["".join(chr(draw.choice(near)) for _ in range(draw.randrange(30))) for _ in range(4_000)]
    assert normalised(texts) == [normalise(text) for text in texts]


def test_every_phrase_opencc_changes_is_looked_at(tmp_path: Path) -> None:
    """Each has a character that changes alone or is in PHRASED; so a text without any such stays as it is."""
    clib = Path(opencc.__file__).parent / "clib"
    source, target = clib / "share/opencc/TSPhrases.ocd2", tmp_path / "phrases.txt"
    how = [clib / "bin/opencc_dict", "-i", source, "-f", "ocd2", "-o", target, "-t", "text"]
    subprocess.run(how, check=True, capture_output=True)
    alone = opencc.OpenCC("t2s").convert
    phrases = [line.split("\t")[0] for line in target.read_text("utf-8").splitlines()]
    changed = [phrase for phrase in phrases if alone(phrase) != phrase]
    assert len(changed) > 100
    assert [p for p in changed if not any(c in PHRASED or alone(c) != c for c in p)] == []


@pytest.mark.parametrize("name", ["rjieba", "jieba"])
def test_forty_thousand_characters_are_cut(name: str) -> None:
    long = "垃圾没人清运" * 7_000
    assert len(normalise(long)) == LONGEST
    assert len("".join(tokens(long, segmenter(name)))) <= LONGEST


def test_expanding_characters_do_not_pass_the_limit() -> None:
    assert len(normalise("\ufdfa" * 40_000)) == LONGEST


def test_stop_words_go_and_marks_become_breaks() -> None:
    assert tokens("小区的电梯，坏了！", segmenter("rjieba")) == ["小区", "电梯", "", "坏", ""]
    assert {"的", "了", "请问"} <= stopwords()


def test_rjieba_cuts_as_the_reference_does() -> None:
    """On real letters equal on 98.0% of texts and 99.90% of spans: they differ in marks between numbers (0.0.0). On
    real titles and on our corpus they are all equal."""
    texts = [normalise(row.text) for row in firstday.rows() if row.gold]
    fast, reference = segmenter("rjieba"), segmenter("jieba")
    same = spans = shared = 0
    for text in texts:
        ours, theirs = _spans(fast(text)), _spans(reference(text))
        same += ours == theirs
        spans += len(theirs)
        shared += len(ours & theirs)
    assert same / len(texts) > 0.99
    assert shared / spans > 0.998


def _spans(words: list[str]) -> set[tuple[int, int]]:
    """Where each word begins and ends, white space apart: jieba gives it word by word, rjieba in runs."""
    out, at = set(), 0
    for word in words:
        if word.strip():
            out.add((at, at + len(word)))
        at += len(word)
    return out
