"""Where words become names: every name of a table that stands in a text, leftmost first, the longest at each place."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from routing import spelling

T = TypeVar("T")

SHORTEST = 2  # one character alone is never a name
ORDINARY = frozenset({
    "小区", "社区", "街道", "村里", "学校", "小学", "中学", "幼儿园", "医院", "卫生院", "卫生室", "诊所", "市场",
    "菜场", "菜市场", "超市", "商场", "广场", "公园", "花园", "新村", "大桥", "车站", "公交站", "地铁站", "派出所",
    "政府", "居委会", "村委会", "物业", "工地", "路口", "门口", "大楼", "宿舍", "家属院", "停车场", "网格", "中心",
    "大道", "大街",
})  # fmt: skip
"""Names nobody can tell from a word; a place called just that is found by pin or code."""

CUT_ELSEWHERE = {
    "路": "面灯况程费线障",  # 城市建设|路面
    "街": "坊拍",
    "厂": "家商方",  # 家具|厂家
    "中": "午间心途断等介",  # 等了一|中午
    "场": "所地",
    "头": "发痛疼",
}
"""After a name that ends so, these begin another word, and the name was none."""


@dataclass(frozen=True)
class Match(Generic[T]):
    """Everything called so, and where it stands in the text given."""

    start: int
    end: int
    named: Sequence[T]


class Names(Generic[T]):
    """A table of names, grouped by their first two characters: a text is read once, whatever the table's size."""

    def __init__(self, names: Iterable[tuple[str, T]]) -> None:
        """A name that ends in a number (丹桂苑3栋, 丹桂路18号, 柳林村一组) is found however the number is written."""
        self._named: dict[str, list[T]] = {}
        self._numbered: dict[str, dict[str, list[T]]] = {}
        for name, thing in names:
            things = self._things(spelling.plain(name))
            if thing not in things:
                things.append(thing)
        self._starts: dict[str, list[str]] = {}
        for name in sorted({*self._named, *self._numbered}, key=lambda name: (-len(name), name)):
            self._starts.setdefault(name[:SHORTEST], []).append(name)

    def _things(self, name: str) -> list[T]:
        """Where to put whatever is called so; nowhere for what cannot be a name."""
        base, number = spelling.numbered(name) or (name, None)
        if len(base) < SHORTEST or base in ORDINARY:
            return []
        if number is None:
            return self._named.setdefault(base, [])
        return self._numbered.setdefault(base, {}).setdefault(number, [])

    def find(self, text: str) -> Iterator[Match[T]]:
        """Without overlaps; positions are those of `text` as given."""
        packed, positions = spelling.packed(text)
        plain, at = spelling.folded(packed), 0
        while at < len(plain):
            named, end = self._named_at(plain, at)
            if named:
                yield Match(positions[at], positions[end - 1] + 1, named)
            at = end

    def _named_at(self, text: str, at: int) -> tuple[Sequence[T], int]:
        """Whatever is named here and where that ends; nothing, and the next character, where no name begins."""
        for name in self._starts.get(text[at : at + SHORTEST], ()):
            if text.startswith(name, at) and _ends_there(text, name, at + len(name)):
                named, end = self._meant(text, name, at + len(name))
                if named:
                    return named, end
        return (), at + 1

    def _meant(self, text: str, name: str, end: int) -> tuple[Sequence[T], int]:
        """The building or house when one is said and known, else whatever has the name."""
        numbers = self._numbered.get(name, {})
        for number, after in spelling.numbers_at(text, end) if numbers else ():
            if number in numbers:
                named, further = self._meant(text, name + number, after)
                return (named, further) if named else (numbers[number], after)
        return self._named.get(name, ()), end


def _ends_there(text: str, name: str, end: int) -> bool:
    following = text[end : end + 1]
    return not following or following not in CUT_ELSEWHERE.get(name[-1], "")
