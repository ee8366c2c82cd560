"""Where words become names: every name of a table that stands in a text, leftmost first, the longest at each place."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from routing import borders, spelling

Split = tuple[str, str]  # a name and its number, as `spelling.split` gives them
Called = dict[str, int | tuple[int, ...]]  # whatever has a name; several only where a name repeats

SHORTEST = 2


@dataclass(frozen=True)
class Match:
    """Everything called so, and where it stands in the text given."""

    start: int
    end: int
    said: Split
    named: Sequence[int]


class Names:
    """A table of names. At each character of a text only as many look-ups are made as names that begin so have lengths.

    That is a handful, whatever the table's size (docs/adr/0024-names-by-their-first-two-characters.md). What is called
    so is a number: millions of them are nothing the garbage collector has to go through.
    """

    def __init__(self, names: Iterable[tuple[Split, int]], bare: Iterable[str] = (), areas: Iterable[str] = ()) -> None:
        """A name that ends in a number (丹桂苑3栋, 丹桂路18号, 柳林村一组) is found however the number is written.

        `bare`: names that are ours only when nothing but the name of one of our `areas` stands before them.
        """
        self._bare = frozenset(map(spelling.plain, bare))
        self._areas = tuple(map(spelling.plain, areas))
        self._named: Called = {}
        self._numbered: dict[str, Called] = {}
        for (base, number), thing in names:
            if not borders.is_name(base):
                continue
            if number:
                _put(self._numbered.setdefault(base, {}), number, thing)
            else:
                _put(self._named, base, thing)
        self._lengths = _lengths((self._named, self._numbered))

    def find(self, text: str) -> Iterator[Match]:
        """Without overlaps; positions are those of `text` as given."""
        packed, positions = spelling.packed(text)
        plain, at = spelling.folded(packed), 0
        while at < len(plain):
            said, end = self._said_at(plain, at)
            if said:
                yield Match(positions[at], positions[end - 1] + 1, said, self._called(*said))
            at = end

    def _said_at(self, text: str, at: int) -> tuple[Split | None, int]:
        """The name said here and where it ends; nothing, and the next character, where no name begins."""
        for length in self._lengths.get(text[at : at + SHORTEST], ()):
            name = text[at : at + length]
            if (name in self._named or name in self._numbered) and self._is_meant(text, name, at):
                said, end = self._meant(text, name, at + len(name))
                if said:
                    return said, end
        return None, at + 1

    def _is_meant(self, text: str, name: str, at: int) -> bool:
        end = at + len(name)
        alone = name not in self._bare or borders.stands_alone(text, at, end, self._areas)
        return alone and borders.ends(text, name, end) and not borders.is_elsewhere(text, at, end)

    def _meant(self, text: str, name: str, end: int) -> tuple[Split | None, int]:
        """The building or house when one is said and known, else whatever has the name."""
        numbers = self._numbered.get(name, {})
        for number, after in spelling.numbers_at(text, end) if numbers else ():
            if number in numbers:
                said, further = self._meant(text, name + number, after)
                return (said, further) if said else ((name, number), after)
        return ((name, "") if name in self._named else None), end

    def _called(self, base: str, number: str) -> Sequence[int]:
        found = self._numbered[base][number] if number else self._named[base]
        return found if isinstance(found, tuple) else (found,)


def _put(table: Called, name: str, thing: int) -> None:
    known = table.get(name)
    if known is None:
        table[name] = thing
    else:
        table[name] = (*known, thing) if isinstance(known, tuple) else (known, thing)


def _lengths(tables: Iterable[Iterable[str]]) -> dict[str, tuple[int, ...]]:
    """First two characters → how long names that begin so are, the longest first."""
    found: dict[str, set[int]] = {}
    for table in tables:
        for name in table:
            found.setdefault(name[:SHORTEST], set()).add(len(name))
    ordered = {lengths: tuple(sorted(lengths, reverse=True)) for lengths in set(map(frozenset, found.values()))}
    return {start: ordered[frozenset(lengths)] for start, lengths in found.items()}
