"""The few words that texts about one thing share, cut without a dictionary: the longest runs that many of them have.

A name (混凝土厂, 澄溪花园) stands in no dictionary, so none is asked. What everybody writes everywhere is told apart by
how rare a run is among all texts, as `gathering` knows it.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from classifiers.words import normalise

MOST = 6
LENGTHS = range(2, 7)
READ = 220  # characters of a text, as gathering reads them
SHARED = 0.4
"""A word is in so many of the texts, at least two."""

WHOLE = 0.75
"""A longer one with so many of a shorter one's texts stands for it."""

RARE = 4.0
"""A logarithm: about one text in fifty has it. What is said more often says little about these."""

_HAN = re.compile("[\u4e00-\u9fff]+")
_LITTLE = frozenset(
    {
        "影响", "居民", "部门", "严重", "希望", "投诉", "业主", "问题", "反映", "解决", "处理", "领导", "您好", "小区",
        "附近", "旁边", "晚上", "白天", "天天", "每天", "生活", "我们", "有人", "没人", "相关", "政府", "正常",
    }
)  # fmt: skip
_EDGE = frozenset(
    "的了是在有和就不我你您他她们都也很太被把给让吗呢吧啊这那个一与及或对从到为上下里中等去来说要还没能会可请以到着过得地又再只才"
)


def shared(texts: Sequence[str], rare: Callable[[str], float]) -> list[str]:
    """At most six, the most telling first; fewer where they share little."""
    counts = Counter(word for text in texts for word in _words(text))
    enough = max(2, SHARED * len(texts))
    known = {word: count for word, count in counts.items() if count >= enough}
    whole = [word for word in known if not _in_longer(word, known)]
    telling = {word: rare(word) for word in whole if word not in _LITTLE}
    scores = {word: known[word] / len(texts) * rarity for word, rarity in telling.items() if rarity >= RARE}
    chosen: list[str] = []
    for word in sorted(scores, key=lambda one: (-scores[one], -len(one), one)):
        if len(chosen) < MOST and not any(_overlap(word, other) for other in chosen):
            chosen.append(word)
    return chosen


def _words(text: str) -> set[str]:
    return set(_runs(_HAN.findall(normalise(text, READ))))


def _runs(pieces: Iterable[str]) -> Iterator[str]:
    for piece in pieces:
        for length in LENGTHS:
            for at in range(len(piece) - length + 1):
                word = piece[at : at + length]
                if word[0] not in _EDGE and word[-1] not in _EDGE:
                    yield word


def _in_longer(word: str, known: dict[str, int]) -> bool:
    return any(word != other and word in other and count >= WHOLE * known[word] for other, count in known.items())


def _overlap(word: str, other: str) -> bool:
    """One in the other, or the end of one the beginning of the other."""
    if word in other or other in word:
        return True
    return any(word.endswith(other[:n]) or other.endswith(word[:n]) for n in range(2, min(len(word), len(other))))
