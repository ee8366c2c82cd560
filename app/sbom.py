"""`make sbom`: what we run on, from the lock, as a CycloneDX 1.6 list. The same lock gives the same list.

Names, versions and hashes are those the installer insists on; licences and who needs whom are what the installed
packages say of themselves.
"""

import hashlib
import json
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

NAME = "fengqiao"


@dataclass(frozen=True)
class Locked:
    name: str
    version: str
    hashes: tuple[str, ...]

    @property
    def purl(self) -> str:
        return f"pkg:pypi/{self.name}@{self.version}"


def locked(lock: str) -> Iterator[Locked]:
    """Every `name==version` of a lock with hashes. A line that is neither is refused with ValueError."""
    for entry in re.split(r"(?<!\\)\n", lock):
        words = [word for word in re.split(r"[\s\\]+", entry.partition(" #")[0]) if word]
        if not words or words[0].startswith("#"):
            continue
        found = re.fullmatch(r"([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;]+)", words[0])
        hashes = tuple(sorted(word.removeprefix("--hash=sha256:") for word in words if word.startswith("--hash=")))
        if found is None or not hashes:
            raise ValueError(f"not pinned by version and hash: {words[0]}")
        yield Locked(canonical(found[1]), found[2], hashes)


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def listed(lock: str, version: str) -> dict[str, Any]:
    parts = sorted(locked(lock), key=lambda one: (one.name, one.version))
    ours = f"pkg:generic/{NAME}@{version}"
    by_name: dict[str, list[str]] = {}
    for one in parts:  # some in two versions, for older and newer Pythons
        by_name.setdefault(one.name, []).append(one.purl)
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid5(NAMESPACE_URL, hashlib.sha256(lock.encode()).hexdigest())}",
        "version": 1,
        "metadata": {"component": {"type": "application", "bom-ref": ours, "name": NAME, "version": version}},
        "components": [_component(one) for one in parts],
        "dependencies": [
            {"ref": ours, "dependsOn": [one.purl for one in parts]},
            *({"ref": one.purl, "dependsOn": _needs(one.name, by_name)} for one in parts),
        ],
    }


def _component(one: Locked) -> dict[str, Any]:
    licence = _licence(one.name)
    return {
        "type": "library",
        "bom-ref": one.purl,
        "name": one.name,
        "version": one.version,
        "purl": one.purl,
        "hashes": [{"alg": "SHA-256", "content": hash_} for hash_ in one.hashes],
        **({"licenses": licence} if licence else {}),
    }


def _licence(name: str) -> list[dict[str, Any]]:
    """As the package words it; nothing for one of another platform, which is in the lock and not here."""
    told = _told(name)
    if told is None:
        return []
    if expression := told.get("License-Expression"):
        return [{"expression": expression}]
    of_trove = [
        line.rpartition(" :: ")[2] for line in told.get_all("Classifier") or () if line.startswith("License ::")
    ]
    given = (told.get("License") or "").strip()
    names = of_trove or ([given] if given and "\n" not in given else [])
    return [{"license": {"name": one}} for one in sorted(set(names))]


def _needs(name: str, by_name: Mapping[str, list[str]]) -> list[str]:
    told = _told(name)
    asked = (told.get_all("Requires-Dist") or ()) if told is not None else ()
    names = {canonical(re.split(r"[\s\[;<>=!~(]", line, maxsplit=1)[0]) for line in asked if "extra ==" not in line}
    return sorted(purl for one in names & by_name.keys() for purl in by_name[one])


def _told(name: str) -> Any:
    try:
        return metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return None


def main(lock: Path, project: Path) -> None:
    version = re.search(r'^version = "([^"]+)"', project.read_text(encoding="utf-8"), re.M)
    made = listed(lock.read_text(encoding="utf-8"), version[1] if version else "0")
    json.dump(made, sys.stdout, ensure_ascii=False, indent=1)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main(Path("requirements.lock"), Path("pyproject.toml"))
