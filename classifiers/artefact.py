"""A model on disk: arrays in `<version>.npz` and a `manifest.json` that says what they are. Loading runs no code.

The manifest holds the sha256 of the arrays, so a signature over its bytes covers everything. It is written last and
replaces the old one in one step: a training that dies leaves the model before it in place.
"""

import hashlib
import io
import json
import os
import re
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from classifiers.calibrate import Temperature, Thresholds
from classifiers.items import Items
from classifiers.model import CLASSIFIERS, Model
from classifiers.words import SEGMENTERS

FORMAT = 1
MANIFEST = "manifest.json"
MANIFEST_LIMIT = 1_000_000
FILE_LIMIT = 100_000_000
ARRAYS_LIMIT = 400_000_000
"""Bytes: of the manifest, of the npz on disk, and of its arrays in memory."""

Arrays = Mapping[str, NDArray[Any]]
Reason = Literal["missing", "damaged", "huge", "foreign"]


class ArtefactError(Exception):
    """The model cannot be used. `reason`: missing, damaged (bytes changed), huge, or foreign (not a model of ours)."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason


def identified(model: Model) -> Model:
    """The model with its version: the beginning of a hash over all it learned and all its facts but the time."""
    return replace(model, version=_version(_arrays(model), _facts(model)))


def save(model: Model, path: Path) -> Path:
    """Write the model into the folder `path` and return the manifest's path. What stood there before is replaced."""
    path.mkdir(parents=True, exist_ok=True)
    packed = io.BytesIO()
    np.savez_compressed(packed, allow_pickle=False, **_arrays(model))
    data = packed.getvalue()
    manifest = _facts(model) | {
        "version": model.version,
        "created_at": model.facts.get("created_at"),
        "arrays": {"file": f"{model.version}.npz", "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)},
    }
    _replace(path / f"{model.version}.npz", data)
    _replace(path / MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n")
    _only(path, f"{model.version}.npz")
    return path / MANIFEST


def copy(source: Path, target: Path) -> None:
    """Put the model of one folder into another, in one step as `save` does; ArtefactError when there is none."""
    manifest = _bytes(source / MANIFEST, MANIFEST_LIMIT)
    name = _file_name(_manifest(source / MANIFEST))
    target.mkdir(parents=True, exist_ok=True)
    _replace(target / name, _bytes(source / name, FILE_LIMIT))
    _replace(target / MANIFEST, manifest)
    _only(target, name)


def version_of(path: Path) -> str | None:
    """The version of the model in this folder as its manifest has it, which is not checked; None without one."""
    try:
        return str(_manifest(path / MANIFEST)["version"])
    except (ArtefactError, KeyError):
        return None


def load(path: Path) -> Model:
    """The model in the folder `path`; ArtefactError when it is missing, damaged, huge or foreign."""
    manifest = _manifest(path / MANIFEST)
    try:
        data = _bytes(path / _file_name(manifest), FILE_LIMIT)
        if hashlib.sha256(data).hexdigest() != manifest["arrays"]["sha256"]:
            raise ArtefactError("damaged", "the arrays are not those the manifest names")
        arrays = _unpacked(data)
        model = _model(manifest, arrays)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, zipfile.BadZipFile, EOFError) as error:
        raise ArtefactError("foreign", f"not a model of this program ({type(error).__name__}: {error})") from error
    if _version(arrays, _facts(model)) != model.version:
        raise ArtefactError("damaged", "the manifest was changed after training")
    return model


def _manifest(path: Path) -> dict[str, Any]:
    try:
        manifest = json.loads(_bytes(path, MANIFEST_LIMIT))
    except ValueError as error:
        raise ArtefactError("damaged", f"{path.name} is not JSON") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise ArtefactError("foreign", f"{path.name} is not of format {FORMAT}")
    return manifest


def _file_name(manifest: Mapping[str, Any]) -> str:
    name = manifest["arrays"]["file"]
    if not re.fullmatch(r"[0-9a-f]{16}\.npz", name):
        raise ArtefactError("foreign", f"{name!r} is no name for our arrays")
    return str(name)


def _bytes(path: Path, limit: int) -> bytes:
    try:
        if path.stat().st_size > limit:
            raise ArtefactError("huge", f"{path.name} is larger than {limit} bytes")
        return path.read_bytes()
    except OSError as error:
        raise ArtefactError("missing", f"{path.name}: {error.strerror}") from error


def _unpacked(data: bytes) -> dict[str, NDArray[Any]]:
    """The arrays; sizes are added up from the headers before a byte is unpacked."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if sum(max(member.file_size, _claimed(archive, member)) for member in archive.infolist()) > ARRAYS_LIMIT:
            raise ArtefactError("huge", f"the arrays unpack to more than {ARRAYS_LIMIT} bytes")
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


def _claimed(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> int:
    """Bytes the header of one array asks for."""
    with archive.open(member) as file:
        np.lib.format.read_magic(file)
        shape, _, kind = np.lib.format.read_array_header_1_0(file)
    return int(np.prod([int(n) for n in shape], dtype=object) or 0) * kind.itemsize


def _model(manifest: Mapping[str, Any], arrays: Arrays) -> Model:
    if manifest["segmenter"] not in SEGMENTERS:
        raise ValueError(f"unknown segmenter {manifest['segmenter']!r}")
    classifier = CLASSIFIERS[manifest["classifier"]].restore(arrays, manifest["classes"], manifest["segmenter"])
    items = Items.restore(arrays, manifest["items"], Temperature(**manifest["item_temperature"]))
    facts = {k: manifest[k] for k in ("classifier", "segmenter", "seed", "created_at", "training", "metrics")}
    temperature, thresholds = Temperature(**manifest["temperature"]), Thresholds(**manifest["thresholds"])
    return Model(classifier, temperature, thresholds, items, facts, str(manifest["version"]))


def _arrays(model: Model) -> dict[str, NDArray[Any]]:
    return model.classifier.arrays() | model.items.arrays()


def _facts(model: Model) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "classes": model.classes,
        "items": model.items.names,
        "temperature": asdict(model.temperature),
        "item_temperature": asdict(model.items.temperature_),
        "thresholds": asdict(model.thresholds),
    } | {name: fact for name, fact in model.facts.items() if name != "created_at"}


def _version(arrays: Arrays, facts: Mapping[str, Any]) -> str:
    sha = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
    for name in sorted(arrays):
        sha.update(f"{name} {arrays[name].dtype} {arrays[name].shape}".encode())
        sha.update(np.ascontiguousarray(arrays[name]).data)
    return sha.hexdigest()[:16]


def _only(path: Path, name: str) -> None:
    """Arrays of models that stood there before are gone."""
    for old in path.glob("*.npz"):
        if old.name != name:
            old.unlink(missing_ok=True)


def _replace(path: Path, data: bytes) -> None:
    """Write beside, flush to disk, then take the name in one step."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    with beside.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
