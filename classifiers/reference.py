"""The same decision as `Model.predict` takes, in plain Python that can be read in one sitting, and slowly.

The fast path (pieces, lookup, features, head) is held to this one by a test: the same label for every text, scores
equal to four digits. Whoever wants to know what the model does reads here.
"""

import math
from collections import Counter
from collections.abc import Iterable

from classifiers.features import Features
from classifiers.head import LONG, SHORT, SOFTLY
from classifiers.model import Model
from classifiers.pieces import LONGEST_CHARACTERS, LONGEST_WORDS
from classifiers.words import segmenter, tokens

Vocabulary = dict[str, int]
"""Column by what stands there: the characters, or the words with a space between and behind."""


class Reference:
    """What a model says, worked out by hand."""

    def __init__(self, model: Model) -> None:
        self.features, self.head = model.classifier.features_, model.classifier.head_
        self.cut = segmenter(model.classifier.segmenter)
        self.vocabulary = _vocabulary(self.features)

    def predict(self, text: str) -> str:
        """The label with the highest score, the first in order of those that share it."""
        scores = self.scores(text)
        return self.head.classes_[scores.index(max(scores))]

    def scores(self, text: str) -> list[float]:
        """One score per label: the weights of the columns, and those of the hints as far as they are heard."""
        row = self.row(text)
        heard = _heard(len(row))
        out = []
        for label in range(len(self.head.classes_)):
            score = float(self.head.intercept_[label])
            score += sum(value * float(self.head.coef_[column, label]) for column, value in row.items())
            if self.head.hint_coef_ is not None and self.head.hint_intercept_ is not None:
                hint = float(self.head.hint_intercept_[label])
                hint += sum(value * float(self.head.hint_coef_[column, label]) for column, value in row.items())
                score += heard * hint
            out.append(score)
        return out

    def row(self, text: str) -> dict[int, float]:
        """What each known run of the text weighs: words and characters, each kind of length one."""
        words = tokens(text, self.cut)
        characters = "".join(word or "\0" for word in words)
        return self._weighed(_word_runs(words)) | self._weighed(_character_runs(characters))

    def _weighed(self, runs: Iterable[str]) -> dict[int, float]:
        times = Counter(self.vocabulary[run] for run in runs if run in self.vocabulary)
        row = {column: (1 + math.log(count)) * float(self.features.idf_[column]) for column, count in times.items()}
        length = math.sqrt(sum(value * value for value in row.values()))
        return {column: value / length for column, value in row.items()}


def _vocabulary(features: Features) -> Vocabulary:
    words = {f"{face} ": column for column, face in enumerate(features.spelled_)}
    characters = {features.name(column): column for column in range(len(words), features.width)}
    return words | characters


def _word_runs(words: list[str]) -> Iterable[str]:
    for n in range(1, LONGEST_WORDS + 1):
        for start in range(len(words) - n + 1):
            run = words[start : start + n]
            if "" not in run:  # a break
                yield " ".join([*run, ""])


def _character_runs(characters: str) -> Iterable[str]:
    for n in range(1, LONGEST_CHARACTERS + 1):
        for start in range(len(characters) - n + 1):
            run = characters[start : start + n]
            if "\0" not in run:
                yield run


def _heard(columns: int) -> float:
    """How much hints count: in full in a short message, SOFTLY in a letter, falling with the logarithm in between."""
    far = math.log(max(columns, 1) / SHORT) / math.log(LONG / SHORT)
    return 1 - (1 - SOFTLY) * min(max(far, 0), 1)
