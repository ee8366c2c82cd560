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

from classifiers import ArtefactError, Model, SigningKey, artefact, copy, load, outdated, save
from classifiers.dictionary import dictionary


def test_a_model_comes_back_as_it_went(model: Model, folder: Path) -> None:
    back = load(folder)
    texts = ["烧烤店油烟太大", "老板拖欠工资", "公交太少", ""]
    assert back.predict_many(texts) == model.predict_many(texts)
    assert back.why(texts[0], "生态环境") == model.why(texts[0], "生态环境")
    assert (back.version, back.facts) == (model.version, model.facts)


def test_the_manifest_tells_what_it_is(model: Model, folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    assert manifest["classes"] == ["人力社保", "公共交通", "生态环境"]
    assert manifest["items"]["生态环境"] == ["生态环境/生活噪音", "生态环境/餐饮油烟"]
    assert manifest["training"]["messages"] == 60
    assert manifest["segmenter"] == "rjieba"
    assert manifest["dictionary"] == dictionary("rjieba")
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
    "manifest too deep": ("damaged", lambda f: (f / "manifest.json").write_text("[" * 200_000)),
    "manifest not UTF-8": ("damaged", lambda f: (f / "manifest.json").write_bytes(b'{"\xff')),
    "threshold lowered": ("damaged", lambda f: changed(f, thresholds={"route": 0.0, "ask": 0.0})),
    "version renamed": ("damaged", lambda f: changed(f, version="0" * 16)),
    "other weights": ("damaged", lambda f: resealed(f, learned(f) | {"coef": -learned(f)["coef"]})),
    "manifest a list": ("foreign", lambda f: (f / "manifest.json").write_text("[]")),
    "format of tomorrow": ("foreign", lambda f: changed(f, format=99)),
    "labels missing": ("foreign", lambda f: changed(f, classes=["生态环境"])),
    "unknown segmenter": ("foreign", lambda f: changed(f, segmenter="pkuseg")),
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
@pytest.mark.promise("R16")
def test_a_spoiled_model_is_refused_with_its_reason(how: str, folder: Path) -> None:
    reason, spoil = SPOILED[how]
    spoil(folder)
    with pytest.raises(ArtefactError) as refused:
        load(folder)
    assert refused.value.reason == reason


KEY = SigningKey.made()


@pytest.fixture
def signed(model: Model, tmp_path: Path) -> Path:
    save(model, tmp_path / "signed", KEY, by="jiangyan")
    return tmp_path / "signed"


def test_what_our_key_signed_is_served_and_says_who_trained_it(model: Model, signed: Path, tmp_path: Path) -> None:
    assert load(signed, KEY.public).version == model.version
    assert load(signed).version == model.version, "a folder that an operator names needs no key"
    copy(signed, tmp_path / "copy")
    assert load(tmp_path / "copy", KEY.public).facts == model.facts
    assert json.loads((signed / "manifest.json").read_text())["trained_by"] == "jiangyan"


def signature(folder: Path) -> dict[str, str]:
    said: dict[str, str] = json.loads((folder / "manifest.json").read_text("utf-8"))["signature"]
    return said


def resigned(folder: Path, other: SigningKey, **claimed: str) -> None:
    """By somebody with another key, perhaps claiming to be us."""
    save(load(folder), folder, other)
    changed(folder, signature=signature(folder) | claimed)


NOT_OURS: dict[str, tuple[str, Callable[[Path], object]]] = {
    "not signed": ("unsigned", lambda f: save(load(f), f)),
    "signature no table": ("unsigned", lambda f: changed(f, signature="ours")),
    "signed by another": ("foreign", lambda f: resigned(f, SigningKey.made())),
    "signed by another in our name": ("damaged", lambda f: resigned(f, SigningKey.made(), key=KEY.public.name)),
    "no signature in it": ("damaged", lambda f: changed(f, signature={"key": KEY.public.name})),
    "no base64 in it": ("damaged", lambda f: changed(f, signature={"key": KEY.public.name, "ed25519": "é"})),
    "who trained it changed": ("damaged", lambda f: changed(f, trained_by="wenxuemei")),
    "when changed": ("damaged", lambda f: changed(f, created_at="2001-01-01T00:00:00+00:00")),
    "a fact added": ("damaged", lambda f: changed(f, note="trust me")),
    "other weights": ("damaged", lambda f: resealed(f, learned(f) | {"coef": -learned(f)["coef"]})),
    "a bomb": ("damaged", lambda f: resealed(f, bomb())),
    "cut short": ("damaged", cut),
}


@pytest.mark.parametrize("how", NOT_OURS)
def test_what_our_key_did_not_sign_is_refused(how: str, signed: Path) -> None:
    reason, spoil = NOT_OURS[how]
    spoil(signed)
    with pytest.raises(ArtefactError) as refused:
        load(signed, KEY.public)
    assert refused.value.reason == reason


def test_the_signature_is_checked_before_the_arrays_are_opened(signed: Path) -> None:
    resigned(signed, SigningKey.made())
    npz(signed).unlink()
    with pytest.raises(ArtefactError, match="foreign"):
        load(signed, KEY.public)


def test_a_model_of_an_earlier_format_is_told_from_a_spoilt_one(signed: Path) -> None:
    assert not outdated(signed)
    changed(signed, format=1)
    assert outdated(signed)
    changed(signed, format=99)
    assert not outdated(signed)
    assert not outdated(signed / "nowhere")


@pytest.mark.parametrize("text", ["", "short", "x" * 44, "é" * 43, "=" * 43])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        SigningKey(text)


def test_a_key_does_not_show_itself() -> None:
    assert KEY.text not in repr(KEY)
    assert SigningKey(KEY.text) == KEY
