"""Why a text was given a label: the words that spoke for it and against it, for the clerk who looks."""

from collections import defaultdict

from classifiers.features import Features, Sparse
from classifiers.head import Head


def contributions(features: Features, head: Head, rows: Sparse, label: str) -> dict[str, float]:
    """What every word or character run of one text (rows of length 1) added to the label's score beyond the average.

    Columns with the same face (the word 油烟, the characters 油烟) are added up. KeyError for an unknown label.
    """
    if label not in head.classes_:
        raise KeyError(label)
    weights = head.weights(rows.columns)
    lead = weights[:, head.classes_.index(label)] - weights.mean(axis=1)
    total: dict[str, float] = defaultdict(float)
    for column, part in zip(rows.columns, lead * rows.values, strict=True):
        total[features.name(int(column))] += float(part)
    return dict(total)


def strongest(parts: dict[str, float], count: int = 8) -> list[tuple[str, float]]:
    """The `count` heaviest faces, signed, heaviest first; a face inside or around a heavier one is not repeated."""
    chosen: list[tuple[str, float]] = []
    for face, weight in sorted(parts.items(), key=lambda part: (-abs(part[1]), part[0])):
        if len(face) > 1 and not any(face in other or other in face for other, _ in chosen):
            chosen.append((face, round(weight, 4)))
        if len(chosen) == count:
            break
    return chosen
