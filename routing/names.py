"""Where words become names: every name of a table that stands in a text, leftmost first, the longest at each place."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from routing import borders, spelling

T = TypeVar("T")

SHORTEST = 2


@dataclass(frozen=True)
class Match(Generic[T]):
    """Everything called so, and where it stands in the text given."""

    start: int
    end: int
    named: Sequence[T]


class Names(Generic[T]):
    """A table of names, grouped by their first two characters: a text is read once, whatever the table's size."""

    def __init__(self, names: Iterable[tuple[str, T]], bare: Iterable[str] = (), areas: Iterable[str] = ()) -> None:
        """A name that ends in a number (丹桂苑3栋, 丹桂路18号, 柳林村一组) is found however the number is written.

        `bare`: names that are ours only when nothing but the name of one of our `areas` stands before them.
        """
        self._bare = frozenset(map(spelling.plain, bare))
        self._areas = tuple(map(spelling.plain, areas))
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
        if not borders.is_name(base):
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
            if text.startswith(name, at) and self._is_meant(text, name, at):
                named, end = self._meant(text, name, at + len(name))
                if named:
                    return named, end
        return (), at + 1

    def _is_meant(self, text: str, name: str, at: int) -> bool:
        end = at + len(name)
        alone = name not in self._bare or borders.stands_alone(text, at, end, self._areas)
        return alone and borders.ends(text, name, end)

    def _meant(self, text: str, name: str, end: int) -> tuple[Sequence[T], int]:
        """The building or house when one is said and known, else whatever has the name."""
        numbers = self._numbered.get(name, {})
        for number, after in spelling.numbers_at(text, end) if numbers else ():
            if number in numbers:
                named, further = self._meant(text, name + number, after)
                return (named, further) if named else (numbers[number], after)
        return self._named.get(name, ()), end
