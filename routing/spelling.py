"""How people write what a sign writes otherwise: widths, spaces, Traditional characters, numbers of buildings."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from functools import cache, lru_cache

_NUMBER = r"(?P<number>[0-9]{1,4}|[零一二两三四五六七八九十百]{1,5}|[a-z](?=栋|幢|座|号楼))"
_UNIT = (
    r"(?:(?P<building>号楼|号栋|号幢|栋|幢|座|#楼?)|(?P<group>小组|组)|(?P<grid>网格)|"
    r"(?P<door>号(?!门(?!口)|线|店|岗)))"
)
"""Not 楼 alone: 三楼 is the third floor. 号 is a house in a street, 号楼 a building of an estate."""

_NUMBERED = re.compile(rf"(?P<base>.{{2,}}?)(?:第(?=.+网格)|[·-])?{_NUMBER}{_UNIT}")  # 书香门第1栋 ends in no 第1栋
_FOLLOWS = re.compile(rf"(?:小区)?(?:的|[,、·-]{{1,2}})?第?{_NUMBER}{_UNIT}")
_KINDS = {"building": "栋", "group": "组", "grid": "网格", "door": "号"}
_LAST = frozenset("楼栋幢座#组格号")  # what ends in none of these ends in no number
_UNSEEN = re.compile(
    r"[\x00-\x09\x0b-\x1f \x7f-\xa0\xad\u1680\u180e\u2000-\u200f\u202a-\u202f\u205f-\u206f\u3000\ufe00-\ufe0f\ufeff]"
)
_DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"两": 2}


def folded(text: str) -> str:
    """Half-width, Simplified, lower case; character by character, so that positions stay those of the text given."""
    return text.translate(_alphabet())


def packed(text: str) -> tuple[str, Sequence[int]]:
    """The text without spaces and unseen characters, and where each of its characters stood. Lines stay apart."""
    if not _UNSEEN.search(text):
        return text, range(len(text))
    kept = [(c, at) for at, c in enumerate(text) if not _UNSEEN.match(c)]
    return "".join(c for c, _ in kept), [at for _, at in kept]


def plain(name: str) -> str:
    """A name as it is looked up: packed and folded."""
    return folded(_UNSEEN.sub("", name))


def split(name: str) -> tuple[str, str]:
    """A name and its number, each as it is looked up: `丹桂苑 三号楼` → (`丹桂苑`, `3栋`), `老街` → (`老街`, ``).

    Spaces, widths and the ways of writing a number are gone; also from the base, if that ends in a number as well.
    """
    return _split(plain(name))


@lru_cache(maxsize=1024)  # the buildings of an estate come one after another, and have one address before the number
def _split(name: str) -> tuple[str, str]:
    found = _NUMBERED.fullmatch(name) if name and name[-1] in _LAST else None
    return ("".join(_split(found["base"])), _key(found)) if found else (name, "")


def numbers_at(text: str, at: int) -> Iterator[tuple[str, int]]:
    """What the number said right here can be, written as `split` writes it, and where it ends."""
    found = _FOLLOWS.match(text, at)
    if found:
        yield _key(found), found.end()
        if found["door"]:  # 丹桂苑3号 is as good as 3号楼
            yield _value(found["number"]) + _KINDS["building"], found.end()


def _key(found: re.Match[str]) -> str:
    return _value(found["number"]) + _KINDS[found.lastgroup or ""]


def _value(written: str) -> str:
    """`03`, `三` and `3` are one number; a letter stays itself."""
    if written.isascii():
        return str(int(written)) if written.isdigit() else written
    hundreds, _, rest = written.rpartition("百")
    tens, ten, ones = rest.rpartition("十")
    return str(100 * _digit(hundreds) + (10 * (_digit(tens) or 1) if ten else 0) + _digit(ones))


def _digit(written: str) -> int:
    return _DIGITS.get(written[-1:], 0)


class _Alphabet(dict[int, int]):
    """Learns a character the first time it is met, for converting costs far more than looking up."""

    def __init__(self, simplified: Callable[[str], str]) -> None:
        super().__init__()
        self.simplified = simplified

    def __missing__(self, code: int) -> int:
        half = unicodedata.normalize("NFKC", chr(code)).lower()
        simple = self.simplified(half) if len(half) == 1 and half.isprintable() else ""
        self[code] = ord(simple) if len(simple) == 1 else code  # ㎡ would become two letters: left as it is
        return self[code]


@cache
def _alphabet() -> _Alphabet:
    from opencc import OpenCC  # read with the first text, not at import

    return _Alphabet(OpenCC("t2s").convert)
