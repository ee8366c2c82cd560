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
    """Figures as (old, new). Over the `messages` both were taught: how many only the one or only the other got right.

    Over the `lessons` that only the new one was taught, by their own labels: whoever gives wrong ones gains there, so
    they never make up for what was lost.
    """

    messages: int
    accuracy: tuple[float, float]
    macro_f1: tuple[float, float]
    only_old: int
    only_new: int
    lessons: int
    lessons_accuracy: tuple[float, float]


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
    return asdict(_compared({row.text for row in old}, messages, *said))


def agreement(old: Model, new: Model, texts: Sequence[str]) -> dict[str, Any] | None:
    """{"cases", "share" of texts to which both give the same label, "routed": the share routed by (old, new)}.

    None without any text.
    """
    if not texts:
        return None
    before, after = old.predict_many(texts), new.predict_many(texts)
    same = sum(b.label == a.label for b, a in zip(before, after, strict=True)) / len(texts)
    routed = [round(sum(p.action == "route" for p in said) / len(texts), 4) for said in (before, after)]
    return {"cases": len(texts), "share": round(same, 4), "routed": routed}


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


def _compared(known: set[str], messages: Sequence[Row], before: list[str], after: list[str]) -> Beside:
    judged = [(row.text in known, row.label, b, a) for row, b, a in zip(messages, before, after, strict=True)]
    right, old, new = _columns([one[1:] for one in judged if one[0]])
    taught, old_lessons, new_lessons = _columns([one[1:] for one in judged if not one[0]])
    return Beside(
        messages=len(right),
        accuracy=(round(accuracy(right, old), 4), round(accuracy(right, new), 4)),
        macro_f1=(round(macro_f1(right, old), 4), round(macro_f1(right, new), 4)),
        only_old=sum(r == b != a for r, b, a in zip(right, old, new, strict=True)),
        only_new=sum(r == a != b for r, b, a in zip(right, old, new, strict=True)),
        lessons=len(taught),
        lessons_accuracy=(round(accuracy(taught, old_lessons), 4), round(accuracy(taught, new_lessons), 4)),
    )


def _columns(judged: Sequence[tuple[str, str, str]]) -> tuple[list[str], list[str], list[str]]:
    """Right labels, what the old one said, what the new one said."""
    return [one[0] for one in judged], [one[1] for one in judged], [one[2] for one in judged]


def _among_three(model: Model | None, rows: Sequence[Row]) -> list[bool]:
    """Without a model nothing is excused: all of them count."""
    if model is None:
        return [True] * len(rows)
    said = model.predict_many([row.text for row in rows])
    return [row.label in {label for label, _ in p.ranking[:3]} for row, p in zip(rows, said, strict=True)]
