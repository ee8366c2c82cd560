"""A model on disk: arrays in `<version>.npz` and a `manifest.json` that says what they are. Loading runs no code.

The manifest holds the sha256 of the arrays and a signature over all it says, within itself: it is written last and
replaces the old one in one step, so a training that dies leaves the model before it in place, signature and all.
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

from classifiers.calibrate import Calibration, Sureness, Temperature, Thresholds
from classifiers.dictionary import dictionary
from classifiers.items import Items
from classifiers.linear import Linear
from classifiers.model import Model
from classifiers.signature import PublicKey, SigningKey
from classifiers.words import SEGMENTERS

FORMAT = 3
MANIFEST = "manifest.json"
MANIFEST_LIMIT = 1_000_000
FILE_LIMIT = 100_000_000
ARRAYS_LIMIT = 400_000_000
"""Bytes: of the manifest, of the npz on disk, and of its arrays in memory."""

FACTS = ("segmenter", "dictionary", "seed", "created_at", "training", "metrics")

Arrays = Mapping[str, NDArray[Any]]
Reason = Literal["missing", "damaged", "huge", "unsigned", "foreign"]

OUTSIDE = frozenset({"created_at", "trained_by"})
"""Facts that the version does not depend on: the same rows and seed give the same one whoever trains, and when."""


class ArtefactError(Exception):
    """The model cannot be used.

    `reason`: missing, damaged (bytes changed), huge, unsigned, or foreign (not a model of this program, or signed by a
    key that is not this installation's).
    """

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason


def identified(model: Model) -> Model:
    """The model with its version: the beginning of a hash over all it learned and all its facts but who and when."""
    facts = dict(model.facts) | {"dictionary": dictionary(model.facts["segmenter"])}
    return replace(model, facts=facts, version=_version(_arrays(model), _facts(replace(model, facts=facts))))


def save(model: Model, path: Path, key: SigningKey | None = None, *, by: str | None = None) -> Path:
    """Write the model, signed if there is a key, into the folder `path`; return the manifest's path.

    `by` is who had it trained. What stood there before is replaced.
    """
    path.mkdir(parents=True, exist_ok=True)
    packed = io.BytesIO()
    np.savez_compressed(packed, allow_pickle=False, **_arrays(model))
    data = packed.getvalue()
    manifest = _facts(model) | {
        "version": model.version,
        "created_at": model.facts.get("created_at"),
        "trained_by": by,
        "arrays": {"file": f"{model.version}.npz", "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)},
    }
    _replace(path / f"{model.version}.npz", data)
    _replace(path / MANIFEST, _plain(_signed(manifest, key) if key else manifest))
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


def outdated(path: Path) -> bool:
    """Whether a model of an earlier format lies there: it cannot be read any more, and is trained again."""
    try:
        said = _read(path / MANIFEST).get("format")
    except ArtefactError:
        return False
    return isinstance(said, int) and 0 < said < FORMAT


def load(path: Path, key: PublicKey | None = None) -> Model:
    """The model in the folder `path`; ArtefactError when it cannot be used.

    With a key, nothing but what that key signed is looked at. Without one only wholeness is checked: for a folder that
    an operator names on the command line.
    """
    manifest = _manifest(path / MANIFEST)
    if key is not None:
        _check(manifest, key)
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


def check(path: Path, key: PublicKey) -> str:
    """The version in the folder `path`, signed by that key and with whole arrays, without loading it.

    ArtefactError says what is wrong.
    """
    manifest = _manifest(path / MANIFEST)
    _check(manifest, key)
    try:
        data = _bytes(path / _file_name(manifest), FILE_LIMIT)
        whole = hashlib.sha256(data).hexdigest() == manifest["arrays"]["sha256"]
        version = str(manifest["version"])
    except (KeyError, TypeError) as error:
        raise ArtefactError("foreign", f"not a model of this program ({error})") from error
    if not whole:
        raise ArtefactError("damaged", "the arrays are not those the manifest names")
    return version


def _manifest(path: Path) -> dict[str, Any]:
    manifest = _read(path)
    if manifest.get("format") != FORMAT:
        raise ArtefactError("foreign", f"{path.name} is not of format {FORMAT}")
    return manifest


def _read(path: Path) -> dict[str, Any]:
    try:
        manifest = json.loads(_bytes(path, MANIFEST_LIMIT))
    except (ValueError, RecursionError) as error:
        raise ArtefactError("damaged", f"{path.name} is not JSON") from error
    if not isinstance(manifest, dict):
        raise ArtefactError("foreign", f"{path.name} is no table")
    return manifest


def _signed(manifest: Mapping[str, Any], key: SigningKey) -> dict[str, Any]:
    return {**manifest, "signature": {"key": key.public.name, "ed25519": key.sign(_plain(manifest))}}


def _check(manifest: Mapping[str, Any], key: PublicKey) -> None:
    """What is checked is what was read, written again: two ways to read a file cannot mean two things."""
    signature = manifest.get("signature")
    if not isinstance(signature, dict):
        raise ArtefactError("unsigned", "nobody signed this model")
    if signature.get("key") != key.name:
        raise ArtefactError("foreign", f"signed by the key {str(signature.get('key'))[:16]!r}, ours is {key.name}")
    said = {name: fact for name, fact in manifest.items() if name != "signature"}
    if not key.signed(_plain(said), str(signature.get("ed25519"))):
        raise ArtefactError("damaged", "the manifest is not what was signed")


def _plain(manifest: Mapping[str, Any]) -> bytes:
    return json.dumps(manifest, ensure_ascii=True, indent=1, sort_keys=True).encode() + b"\n"


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
    classifier = Linear.restore(arrays, manifest["classes"], manifest["segmenter"])
    items = Items.restore(arrays, manifest["items"], Temperature(**manifest["item_temperature"]))
    facts = {name: manifest[name] for name in FACTS}
    calibration = Calibration(Temperature(**manifest["temperature"]), Sureness(**manifest["sureness"]))
    thresholds = Thresholds(**manifest["thresholds"])
    return Model(classifier, calibration, thresholds, items, facts, str(manifest["version"]))


def _arrays(model: Model) -> dict[str, NDArray[Any]]:
    return model.classifier.arrays() | model.items.arrays()


def _facts(model: Model) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "classes": model.classes,
        "items": model.items.names,
        "temperature": asdict(model.calibration.temperature),
        "sureness": asdict(model.calibration.sureness),
        "item_temperature": asdict(model.items.temperature_),
        "thresholds": asdict(model.thresholds),
    } | {name: fact for name, fact in model.facts.items() if name not in OUTSIDE}


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
