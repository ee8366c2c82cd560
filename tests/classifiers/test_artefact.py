"""A model on disk: it comes back as it went, and anything else is refused with its reason."""

import hashlib
import io
import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from classifiers import ArtefactError, Model, artefact, load, save


def test_a_model_comes_back_as_it_went(model: Model, folder: Path) -> None:
    back = load(folder)
    texts = ["烧烤店油烟太大", "老板拖欠工资", "公交太少", ""]
    assert back.predict_many(texts) == model.predict_many(texts)
    assert back.why(texts[0], "城市管理") == model.why(texts[0], "城市管理")
    assert (back.version, back.facts) == (model.version, model.facts)


def test_the_manifest_tells_what_it_is(model: Model, folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    assert manifest["classes"] == ["交通运输", "人力社保", "城市管理"]
    assert manifest["items"]["城市管理"] == ["城市管理/公厕", "城市管理/餐饮油烟"]
    assert manifest["training"]["messages"] == 60
    assert manifest["segmenter"] == "rjieba"
    assert manifest["arrays"]["file"] == f"{model.version}.npz"
    assert set(manifest["thresholds"]) == {"route", "ask"}


def test_saving_again_leaves_one_model(model: Model, folder: Path) -> None:
    save(model, folder)
    assert sorted(p.name for p in folder.iterdir()) == [f"{model.version}.npz", "manifest.json"]


def changed(folder: Path, **facts: Any) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | facts), "utf-8")


def resealed(folder: Path, arrays: dict[str, np.ndarray[Any, Any]] | bytes, **options: Any) -> None:
    """Put other arrays into the model and make the manifest vouch for them, as an attacker without the key would."""
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    if isinstance(arrays, dict):
        packed = io.BytesIO()
        np.savez_compressed(packed, **arrays)
        arrays = packed.getvalue()
    (folder / manifest["arrays"]["file"]).write_bytes(arrays)
    changed(folder, arrays=manifest["arrays"] | {"sha256": hashlib.sha256(arrays).hexdigest()})


def npz(folder: Path) -> Path:
    return next(folder.glob("*.npz"))


def learned(folder: Path) -> dict[str, np.ndarray[Any, Any]]:
    return dict(np.load(npz(folder)))


def bomb() -> bytes:
    """Three headers that promise a terabyte each, in half a kilobyte."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        header = io.BytesIO()
        np.lib.format.write_array_header_1_0(header, {"descr": "<f4", "fortran_order": False, "shape": (1 << 38,)})
        for name in ("coef", "intercept", "words"):
            archive.writestr(f"{name}.npy", header.getvalue())
    return packed.getvalue()


def cut(folder: Path) -> None:
    path = npz(folder)
    path.write_bytes(path.read_bytes()[:-100])


SPOILED: dict[str, tuple[str, Callable[[Path], object]]] = {
    "no folder": ("missing", lambda f: [p.unlink() for p in f.iterdir()] and f.rmdir()),
    "no manifest": ("missing", lambda f: (f / "manifest.json").unlink()),
    "no arrays": ("missing", lambda f: npz(f).unlink()),
    "cut short": ("damaged", cut),
    "one byte changed": ("damaged", lambda f: npz(f).write_bytes(b"P" + npz(f).read_bytes()[:-1] + b"\0")),
    "manifest not JSON": ("damaged", lambda f: (f / "manifest.json").write_text("{")),
    "manifest not UTF-8": ("damaged", lambda f: (f / "manifest.json").write_bytes(b'{"\xff')),
    "threshold lowered": ("damaged", lambda f: changed(f, thresholds={"route": 0.0, "ask": 0.0})),
    "version renamed": ("damaged", lambda f: changed(f, version="0" * 16)),
    "other weights": ("damaged", lambda f: resealed(f, learned(f) | {"coef": -learned(f)["coef"]})),
    "manifest a list": ("foreign", lambda f: (f / "manifest.json").write_text("[]")),
    "format of tomorrow": ("foreign", lambda f: changed(f, format=2)),
    "labels missing": ("foreign", lambda f: changed(f, classes=["城市管理"])),
    "unknown segmenter": ("foreign", lambda f: changed(f, segmenter="pkuseg")),
    "unknown classifier": ("foreign", lambda f: changed(f, classifier="os.system")),
    "threshold a word": ("foreign", lambda f: changed(f, thresholds={"rout": 0.5})),
    "arrays elsewhere": ("foreign", lambda f: changed(f, arrays={"file": "../../etc/passwd", "sha256": ""})),
    "arrays not a zip": ("foreign", lambda f: resealed(f, b"not a zip")),
    "arrays of other kinds": ("foreign", lambda f: resealed(f, {"coef": np.zeros(3)})),
    "pickled arrays": ("foreign", lambda f: resealed(f, learned(f) | {"coef": np.array([{}], dtype=object)})),
    "manifest huge": ("huge", lambda f: (f / "manifest.json").write_bytes(b" " * (artefact.MANIFEST_LIMIT + 1))),
    "arrays huge": ("huge", lambda f: os.truncate(npz(f), artefact.FILE_LIMIT + 1)),
    "arrays a bomb": ("huge", lambda f: resealed(f, bomb())),
}


@pytest.mark.parametrize("how", SPOILED)
def test_a_spoiled_model_is_refused_with_its_reason(how: str, folder: Path) -> None:
    reason, spoil = SPOILED[how]
    spoil(folder)
    with pytest.raises(ArtefactError) as refused:
        load(folder)
    assert refused.value.reason == reason
