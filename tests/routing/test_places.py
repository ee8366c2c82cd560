"""Where it is: from words, from a pin, from a code; on a small map of two streets."""

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import Area, Place
from routing.borders import ORDINARY
from routing.places import Found, PlaceIndex, sign


def square(lon: float, lat: float, side: float = 0.01) -> dict[str, Any]:
    ring = [[lon, lat], [lon + side, lat], [lon + side, lat + side], [lon, lat + side], [lon, lat]]
    return {"type": "Polygon", "coordinates": [ring]}


def area(code: str, name: str, outline: dict[str, Any] | None = None) -> Area:
    parts = code.split("-")
    path = ["-".join(parts[: n + 1]) for n in range(len(parts))]
    return Area(code=code, name=name, level=len(parts) - 1, path=path, outline=outline)


AREAS = [
    area("CX", "澄溪市"),
    area("CX-A", "丹桂街道"),
    area("CX-B", "临河街道"),
    area("CX-A-1", "丹桂社区"),
    area("CX-B-1", "石桥村"),
    area("CX-A-1-1", "丹桂社区第一网格", square(112.00, 30.00)),
    area("CX-A-1-2", "丹桂社区第二网格", square(112.01, 30.00)),
    area("CX-B-1-1", "石桥村第一网格", square(112.00, 30.01)),
]


def place(
    code: str, name: str, grid: str, kind: str, at: tuple[float, float], *aliases: str, address: str = ""
) -> Place:
    lon, lat = at
    return Place(code=code, name=name, aliases=list(aliases), kind=kind, address=address, grid=grid, lon=lon, lat=lat)


PLACES = [
    place("E01", "丹桂苑", "CX-A-1-1", "estate", (112.003, 30.003), "丹桂小区", "桂苑", address="丹桂路 18 号"),
    place("B0101", "丹桂苑 1 栋", "CX-A-1-1", "building", (112.002, 30.002), address="丹桂路 18 号 1 栋"),
    place("B0103", "丹桂苑3栋", "CX-A-1-1", "building", (112.005, 30.005), "丹桂苑三号楼"),
    place("B0112", "丹桂苑12栋", "CX-A-1-1", "building", (112.006, 30.006)),
    place("B010A", "丹桂苑A座", "CX-A-1-1", "building", (112.007, 30.007)),
    place("R01", "丹桂路", "CX-A-1-2", "road", (112.015, 30.005), "丹桂大街"),
    place("R02", "建设路", "CX-A-1-2", "road", (112.016, 30.002)),
    place("S01", "第一小学", "CX-A-1-2", "school", (112.017, 30.004), "一小"),
    place("S02", "第一小学", "CX-B-1-1", "school", (112.004, 30.014)),
    place("S03", "澄溪一中", "CX-A-1-2", "school", (112.018, 30.009), "一中"),
    place("F01", "明辉家具厂", "CX-B-1-1", "factory", (112.008, 30.018), "家具厂"),
    place("V01", "桃园组", "CX-B-1-1", "village", (112.002, 30.012), "石桥村一组"),
    place("P01", "老街", "CX-B-1-1", "road", (112.001, 30.018), "大道", "街"),
]
INDEX = PlaceIndex(PLACES, AREAS)


def said(text: str, index: PlaceIndex = INDEX) -> list[tuple[str, str]]:
    """(place or area, the words that named it), best first."""
    return [(found.place or found.area, text[found.start : found.end]) for found in index.from_words(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("丹桂苑楼下烧烤店油烟", [("E01", "丹桂苑")]),
        ("楼下就是丹桂小区", [("E01", "丹桂小区")]),
        # buildings, however written
        ("丹桂苑3栋油烟", [("B0103", "丹桂苑3栋")]),
        ("丹桂苑３栋油烟", [("B0103", "丹桂苑３栋")]),
        ("丹桂苑 3 号楼油烟", [("B0103", "丹桂苑 3 号楼")]),
        ("丹桂苑三栋油烟", [("B0103", "丹桂苑三栋")]),
        ("丹桂苑第三栋油烟", [("B0103", "丹桂苑第三栋")]),
        ("丹桂苑03幢油烟", [("B0103", "丹桂苑03幢")]),
        ("丹桂苑3座油烟", [("B0103", "丹桂苑3座")]),
        ("丹桂苑3#楼油烟", [("B0103", "丹桂苑3#楼")]),
        ("丹桂苑3＃油烟", [("B0103", "丹桂苑3＃")]),
        ("丹桂苑3号油烟", [("B0103", "丹桂苑3号")]),
        ("丹桂苑的3栋油烟", [("B0103", "丹桂苑的3栋")]),
        ("丹桂苑，3栋油烟", [("B0103", "丹桂苑，3栋")]),
        ("丹桂苑小区3栋油烟", [("B0103", "丹桂苑小区3栋")]),
        ("丹桂小区3栋油烟", [("B0103", "丹桂小区3栋")]),  # by the estate's other name
        ("丹桂苑十二栋油烟", [("B0112", "丹桂苑十二栋")]),
        ("丹桂苑a座电梯坏了", [("B010A", "丹桂苑a座")]),
        ("丹桂苑Ａ座电梯坏了", [("B010A", "丹桂苑Ａ座")]),
        ("丹桂苑3栋2单元501漏水", [("B0103", "丹桂苑3栋")]),
        # not a building
        ("丹桂苑99栋", [("E01", "丹桂苑")]),
        ("丹桂苑三楼漏水", [("E01", "丹桂苑")]),
        ("丹桂苑3号门", [("E01", "丹桂苑")]),
        # addresses
        ("丹桂路18号垃圾成堆", [("E01", "丹桂路18号")]),
        ("丹桂路18号1栋", [("B0101", "丹桂路18号1栋")]),
        ("丹桂路 18 号 1 号楼", [("B0101", "丹桂路 18 号 1 号楼")]),
        ("丹桂路99号", [("R01", "丹桂路")]),
        # Traditional, spaces and unseen characters
        ("丹桂苑3棟油煙", [("B0103", "丹桂苑3棟")]),
        ("臨河街道", [("CX-B", "臨河街道")]),
        ("丹 桂 苑 3 栋", [("B0103", "丹 桂 苑 3 栋")]),
        ("丹桂\u200b苑3\ufeff栋", [("B0103", "丹桂\u200b苑3\ufeff栋")]),
        ("丹桂\n苑", []),
        # areas, villages and their groups
        ("丹桂社区没人管", [("CX-A-1", "丹桂社区")]),
        ("丹桂社区三网格", [("CX-A-1", "丹桂社区")]),
        ("丹桂社区第二网格垃圾", [("CX-A-1-2", "丹桂社区第二网格")]),
        ("石桥村路不平", [("CX-B-1", "石桥村")]),
        ("石桥村1组路不平", [("V01", "石桥村1组")]),
        ("石桥村桃园组", [("V01", "桃园组"), ("CX-B-1", "石桥村")]),
        ("澄溪市", []),
        # several: places before roads before areas
        (
            "丹桂街道丹桂社区丹桂路丹桂苑",
            [("E01", "丹桂苑"), ("R01", "丹桂路"), ("CX-A-1", "丹桂社区"), ("CX-A", "丹桂街道")],
        ),
        ("丹桂苑啊丹桂苑", [("E01", "丹桂苑")]),
        # a name two places share
        ("临河街道的第一小学门口堵车", [("S02", "第一小学"), ("CX-B", "临河街道")]),
        ("丹桂路上第一小学门口堵车", [("S01", "第一小学"), ("R01", "丹桂路")]),
        ("第一小学门口堵车", [("S01", "第一小学"), ("S02", "第一小学")]),
        # ordinary words
        ("城市建设路面不平", []),
        ("建设路灯不亮", []),
        ("建设路路灯不亮", [("R02", "建设路")]),
        ("等了一中午没人理", []),
        ("一中门口", [("S03", "一中")]),
        ("家具厂家不退款", []),
        ("大道不平，街上很脏", []),
        ("", []),
        ("丹", []),
        ("三栋的人都在吵", []),
    ],
)
def test_from_words(text: str, expected: list[tuple[str, str]]) -> None:
    assert said(text) == expected


def test_what_is_found_says_all_about_it() -> None:
    assert INDEX.from_words("在丹桂苑3栋") == [
        Found("B0103", "丹桂苑3栋", "building", "CX-A-1-1", "CX-A-1-1", 1, 6, 1.0)
    ]
    assert INDEX.from_words("石桥村") == [Found(None, "石桥村", "community", "CX-B-1", None, 0, 3, 1.0)]
    assert INDEX.from_words("丹桂社区第二网格") == [
        Found(None, "丹桂社区第二网格", "grid", "CX-A-1-2", "CX-A-1-2", 0, 8, 1.0)
    ]


@pytest.mark.parametrize(
    ("text", "sure"),
    [
        ("丹桂苑", 1.0),
        ("丹桂小区", 0.9),  # an alias
        ("一中", 0.7),  # a short one
        ("丹桂路", 0.8),  # a road lies in several grids
        ("第一小学", 0.5),  # one of two
    ],
)
def test_how_sure(text: str, sure: float) -> None:
    assert INDEX.from_words(text)[0].sure == pytest.approx(sure)


def test_ordinary_words_and_single_characters_are_never_names() -> None:
    plain = [place(f"X{n}", name, "CX-A-1-1", "shop", (112.0, 30.0)) for n, name in enumerate([*ORDINARY, "街", "院"])]
    index = PlaceIndex(plain, AREAS)
    assert [word for word in ORDINARY if index.from_words(f"我家旁边的{word}很吵")] == []
    assert index.from_words("街上的院子") == []


def test_an_empty_town_knows_no_place() -> None:
    index = PlaceIndex([], [])
    assert (index.from_words("丹桂苑"), index.from_pin(112.0, 30.0), index.from_code("B1-A", b"k")) == ([], None, None)


@given(st.text(max_size=200))
def test_any_text_is_read_and_spans_lie_within(text: str) -> None:
    for found in INDEX.from_words(text):
        assert 0 <= found.start < found.end <= len(text) and 0 < found.sure <= 1


@given(
    st.text(max_size=20), st.sampled_from([one.name for one in PLACES if one.kind == "estate"]), st.text(max_size=20)
)
def test_an_estate_is_found_in_any_text(before: str, name: str, after: str) -> None:
    codes = {found.place for found in INDEX.from_words(f"{before}。{name}。{after}")}
    assert any(code and code[0] in "EB" for code in codes)


@pytest.mark.parametrize(
    ("lon", "lat", "accuracy", "expected"),
    [
        (112.0050, 30.0050, 10, ("B0103", "CX-A-1-1", 1.0)),  # at the door
        (112.0053, 30.0050, 10, ("B0103", "CX-A-1-1", 1.0)),  # 29 m off
        (112.0040, 30.0040, 10, (None, "CX-A-1-1", 1.0)),  # 150 m from anything
        (112.0050, 30.0050, 200, (None, "CX-A-1-1", 1.0)),  # it does not know at which door
        (112.0050, 30.0050, 1e9, (None, "CX-A-1-1", 0.5)),
        (112.0050, 30.0050, float("nan"), ("B0103", "CX-A-1-1", 1.0)),
        (112.0150, 30.0050, 0, ("R01", "CX-A-1-2", 1.0)),
        (112.0050, 30.0150, -5, (None, "CX-B-1-1", 1.0)),
        (111.9997, 30.0080, 10, (None, "CX-A-1-1", 0.5)),  # 29 m outside the town
    ],
)
def test_from_pin(lon: float, lat: float, accuracy: float, expected: tuple[str | None, str, float]) -> None:
    found = INDEX.from_pin(lon, lat, accuracy)
    assert found and (found.place, found.grid, pytest.approx(found.sure, abs=0.01)) == expected


@pytest.mark.parametrize(
    ("lon", "lat"),
    [(111.99, 30.005), (0, 0), (30.005, 112.005), (float("nan"), 30.0), (112.0, float("inf")), (1e300, 30), (181, 30)],
)
def test_a_pin_outside_the_town_or_the_world_is_nowhere(lon: float, lat: float) -> None:
    assert INDEX.from_pin(lon, lat, 10) is None


def test_near_a_border_a_pin_is_less_sure() -> None:
    found = INDEX.from_pin(112.0098, 30.0080, 40)  # 19 m from the next grid
    assert found and found.grid == "CX-A-1-1" and found.sure == pytest.approx(0.74, abs=0.01)


def test_a_place_across_the_border_is_not_taken() -> None:
    corner = place("X1", "转角店", "CX-A-1-2", "shop", (112.0101, 30.008))
    found = PlaceIndex([corner], AREAS).from_pin(112.0099, 30.008, 5)  # 19 m away, in the other grid
    assert found and (found.place, found.grid) == (None, "CX-A-1-1")


KEY = b"a key of the town"


def test_a_code_is_read_back_in_any_case() -> None:
    code = sign("B0103", KEY)
    assert len(code) == len("B0103-XXXXXXXXXXXXXXXX")
    assert code == code.upper() and code.isascii()
    assert [INDEX.from_code(written, KEY) for written in (code, code.lower(), code.title())] == ["B0103"] * 3
    assert sign("b0103", KEY) == code


def test_a_code_of_another_key_or_of_no_place_is_refused() -> None:
    assert INDEX.from_code(sign("B0103", b"another key"), KEY) is None
    assert INDEX.from_code(sign("B9999", KEY), KEY) is None


@pytest.mark.parametrize(
    "code", ["", "-", "B0103", "B0103-", "-ABC", "B0103-" + "A" * 16, "丹桂苑", "\x00", "a" * 10_000]
)
def test_what_nobody_signed_is_refused(code: str) -> None:
    assert INDEX.from_code(code, KEY) is None


def test_letters_that_only_turn_into_ours_are_refused() -> None:
    codes = [sign(one.code, KEY) for one in PLACES]
    long_s = [code.replace("S", "ſ") for code in codes if "S" in code]  # U+017F: its capital is S
    assert long_s and all(INDEX.from_code(code, KEY) is None for code in long_s)


@pytest.mark.parametrize(("code", "key"), [("B0103", b""), ("", KEY), ("丹桂苑", KEY), ("B 1", KEY)])
def test_signing_needs_a_key_and_a_plain_code(code: str, key: bytes) -> None:
    with pytest.raises(ValueError, match="needs a key"):
        sign(code, key)


@given(st.sampled_from([one.code for one in PLACES]), st.data())
@pytest.mark.promise("I9")
def test_no_mutated_code_is_accepted(code: str, data: st.DataObject) -> None:
    right = sign(code, KEY)
    at = data.draw(st.integers(0, len(right)))
    cut = data.draw(st.integers(0, 2))
    wrong = right[:at] + data.draw(st.text(max_size=3)) + right[at + cut :]
    if wrong.upper() != right or not wrong.isascii():
        assert INDEX.from_code(wrong, KEY) is None


@given(st.text(max_size=40))
def test_no_invented_code_is_accepted(code: str) -> None:
    assert INDEX.from_code(code, KEY) is None


def test_a_message_is_read_in_a_millisecond_with_a_few_hundred_names() -> None:
    many = [place(f"X{n}", f"第{n}号花苑{n}期", "CX-A-1-1", "estate", (112.0, 30.0), f"花苑{n}里") for n in range(300)]
    index = PlaceIndex([*PLACES, *many], AREAS)
    text = "楼下烧烤店天天到半夜，油烟直往家里灌，打过电话没人管，丹桂苑3栋的住户都受不了了，请尽快处理，谢谢"
    index.from_words(text)
    spent = []
    for _ in range(100):
        began = time.perf_counter()
        index.from_words(text)
        spent.append(time.perf_counter() - began)
    assert min(spent) < 0.001
