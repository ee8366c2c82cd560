"""A new model beside the one in use: on messages neither had seen, on recent texts, and on messages of danger.

Scores of a finished model on what it learned from say nothing. So both are learned again, fold by fold, from what each
was taught but the fold, and asked about the fold.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from classifiers.calibrate import folds
from classifiers.danger import danger
from classifiers.measure import accuracy, macro_f1
from classifiers.model import Model
from classifiers.rows import Row, gold
from classifiers.training import maker

FOLDS = 3


@dataclass(frozen=True, slots=True)
class Beside:
    """Figures as (old, new) over `messages`; how many only the one or only the other got right."""

    messages: int
    accuracy: tuple[float, float]
    macro_f1: tuple[float, float]
    only_old: int
    only_new: int


def beside(old: Sequence[Row], new: Sequence[Row], step: Callable[[], None], *, seed: int = 1) -> dict[str, Any]:
    """What models taught `old` and `new` say about the messages of `new`, each held out of both. Told after each fold.

    The folds are the same for both, so what differs comes from the rows and not from the draw.
    """
    messages = [new[i] for i in gold(new)]
    right = [row.label for row in messages]
    said: tuple[list[str], list[str]] = ([""] * len(messages), [""] * len(messages))
    for _, test in folds(right, range(len(messages)), FOLDS, seed):
        held = [messages[i] for i in test]
        after = _say(new, held, seed)
        before = after if list(old) == list(new) else _say(old, held, seed)
        for i, b, a in zip(test, before, after, strict=True):
            said[0][i], said[1][i] = b, a
        step()
    return asdict(_compared(right, *said))


def agreement(old: Model, new: Model, texts: Sequence[str]) -> dict[str, Any] | None:
    """{"cases", "share"} of texts to which both give the same label; None without any."""
    if not texts:
        return None
    pairs = zip(old.predict_many(texts), new.predict_many(texts), strict=True)
    return {"cases": len(texts), "share": round(sum(a.label == b.label for a, b in pairs) / len(texts), 4)}


def canaries(old: Model | None, new: Model, rows: Sequence[Row]) -> dict[str, Any] | None:
    """Messages of danger in our own corpus: the share whose department the new model still has among its three best.

    Counted are those that the list of words tells and of which the old model knows as much. {"count", "recall"}; None
    when there is none. The words themselves no training can change.
    """
    telling = [row for row in rows if row.gold and danger(row.text)]
    known = [row for row, sure in zip(telling, _among_three(old, telling), strict=True) if sure]
    if not known:
        return None
    return {"count": len(known), "recall": round(sum(_among_three(new, known)) / len(known), 4)}


def _say(taught: Sequence[Row], held: Sequence[Row], seed: int) -> list[str]:
    texts = {row.text for row in held}
    rows = [row for row in taught if not (row.gold and row.text in texts)]
    model = maker(rows, seed=seed)().fit([r.text for r in rows], [r.label for r in rows], [r.weight for r in rows])
    return model.predict([row.text for row in held])


def _compared(right: list[str], before: list[str], after: list[str]) -> Beside:
    old = [r == b for r, b in zip(right, before, strict=True)]
    new = [r == a for r, a in zip(right, after, strict=True)]
    return Beside(
        messages=len(right),
        accuracy=(round(accuracy(right, before), 4), round(accuracy(right, after), 4)),
        macro_f1=(round(macro_f1(right, before), 4), round(macro_f1(right, after), 4)),
        only_old=sum(o and not n for o, n in zip(old, new, strict=True)),
        only_new=sum(n and not o for o, n in zip(old, new, strict=True)),
    )


def _among_three(model: Model | None, rows: Sequence[Row]) -> list[bool]:
    """Without a model nothing is excused: all of them count."""
    if model is None:
        return [True] * len(rows)
    said = model.predict_many([row.text for row in rows])
    return [row.label in {label for label, _ in p.ranking[:3]} for row, p in zip(rows, said, strict=True)]
