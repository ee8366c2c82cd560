"""Text → ranked departments with honest confidence. Knows no database, no chat; importing it loads no learner.

`load(path)` or `train(rows)` gives a Model, `model.predict(text)` a Prediction, `save(model, path)` keeps it.
"""

from classifiers.artefact import ArtefactError, copy, load, save, version_of
from classifiers.model import CLASSIFIERS, Model, Prediction
from classifiers.rows import DataError, Row, read_csv
from classifiers.training import train

__all__ = [
    "CLASSIFIERS",
    "ArtefactError",
    "DataError",
    "Model",
    "Prediction",
    "Row",
    "copy",
    "load",
    "read_csv",
    "save",
    "train",
    "version_of",
]
