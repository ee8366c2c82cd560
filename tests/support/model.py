"""The first-day model for tests that need the real one: trained once for all runs, kept in var/tests."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.support import databases, keys

os.environ["MODEL_KEY"] = keys.MODELS.text  # for benchmarks too: a program takes no model signed by another key


def first_day_model() -> Path:
    """Its folder; never write into it. Trained again when the classifiers change."""
    path = databases.FOLDER / f"model-{databases.fingerprint(['classifiers'])}"
    databases.FOLDER.mkdir(parents=True, exist_ok=True)
    with databases.alone("model"):
        if not (path / "manifest.json").exists():
            for old in databases.FOLDER.glob("model-*"):
                shutil.rmtree(old)
            train = [sys.executable, "-m", "app", "train", "--first-day", "--out", str(path)]
            subprocess.run(train, cwd=databases.ROOT, check=True, capture_output=True)
    return path
