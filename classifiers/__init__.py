"""Text → ranked departments with honest confidence. Knows no database, no chat; importing it loads no learner.

    model = load(path)                 # or train(rows) and save(model, path)
    model.predict("楼下烧烤店油烟太大")  # → Prediction(label, confidence, ranking, item, …, action, version)
"""

from classifiers.artefact import ArtefactError, load, save
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
    "load",
    "read_csv",
    "save",
    "train",
]
