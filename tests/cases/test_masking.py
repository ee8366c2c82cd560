"""Stars: on hand-written forms and innocent sentences as a whole, and what exactly is left of each kind."""

from time import process_time

import pytest

from benchmarks import masking as figures
from cases.masking import mask, mask_numbers, redact

LEFT = [
    ("打13812345678", "打138****5678"),
    ("１３８－１２３４－５６７８", "138****5678"),
    ("一三八零零零零一二三四", "一三八****一二三四"),
    ("+86 138 1234 5678", "+86 138****5678"),
    ("0728-6212345", "0728****2345"),
    ("11010119900307123X", "110101********X"),
    ("6222 0212 3456 7890 123", "6222****0123"),
    ("鄂AD12345堵路", "鄂A*****堵路"),
    ("3栋2单元501室漏水", "3栋2单元*室漏水"),
    ("三号楼五零一漏水", "三号楼*漏水"),
    ("发到zhang@qq.com", "发到***@qq.com"),
    ("微信：zhang_88", "微信：*"),
    ("QQ 86421357", "QQ *"),
    ("我叫欧阳明月，路灯坏了", "我叫欧阳*，路灯坏了"),
]


@pytest.mark.parametrize(("text", "shown"), LEFT)
def test_what_is_left(text: str, shown: str) -> None:
    assert mask(text) == shown
    assert mask(shown) == shown, "starring twice changes nothing more"


def test_a_flat_and_a_name_stay_where_they_are_told_to_whoever_handles_it() -> None:
    said = "我叫王芳，住3栋2单元501室，电话13812345678"
    assert mask_numbers(said) == "我叫王芳，住3栋2单元501室，电话138****5678"
    assert redact(said) == "…，住3栋2单元*室，电话138****5678"


def test_what_names_nobody_is_left_as_it_was_written() -> None:
    assert mask("２０２６年１０月，偏差１０ｍｍ－超标．") == "２０２６年１０月，偏差１０ｍｍ－超标．"


def test_enough_forms_of_every_kind_are_found() -> None:
    missed, kinds = figures.misses()
    assert sum(kinds.values()) >= 500 and min(kinds.values()) >= 20 and len(kinds) == 8
    assert len(missed) / sum(kinds.values()) <= 1 - figures.RECALL, missed


def test_innocent_numbers_are_left_alone() -> None:
    starred, count = figures.false_stars()
    assert count >= 300
    assert len(starred) / count <= 1 - figures.PRECISION, starred


def test_the_measure_tells_a_form_that_is_still_there() -> None:
    for row in figures._read("masking_forms.csv"):
        form = row["text"]
        assert figures.secret(form) and figures.secret(form) in figures.plain(form), form


def test_long_texts_take_no_time() -> None:
    """20,000 characters of what almost matches: no pattern goes back and forth for ever."""
    for piece in ("1 3 8 ", "3栋2单元", "0-", "a.b+", "a", "微信 ", "１３８－", "四百零一", "3-2-", "a@b."):
        began = process_time()
        mask(piece * (20_000 // len(piece)))
        assert process_time() - began < 1, piece
