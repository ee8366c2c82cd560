"""Text → ranked departments with honest confidence. Knows no database, no chat; importing it loads no learner.

`load(path)` or `train(rows)` gives a Model, `model.predict(text)` a Prediction, `save(model, path)` keeps it.
"""

from classifiers.artefact import ArtefactError, check, copy, load, outdated, save, version_of
from classifiers.model import Model, Prediction
from classifiers.rows import DataError, Row, read_csv
from classifiers.signature import PublicKey, SigningKey
from classifiers.training import train

__all__ = [
    "ArtefactError",
    "DataError",
    "Model",
    "Prediction",
    "PublicKey",
    "Row",
    "SigningKey",
    "check",
    "copy",
    "load",
    "outdated",
    "read_csv",
    "save",
    "train",
    "version_of",
]
