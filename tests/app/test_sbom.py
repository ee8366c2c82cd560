"""The list of what we run on is whole, by the lock, and shaped as CycloneDX 1.6 wants it."""

import re
from importlib import metadata

import pytest

from app.sbom import canonical, listed, locked
from tests.support.databases import ROOT

LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")


def test_it_is_a_cyclonedx_list() -> None:
    """The parts of the schema that a reader leans on: fixed words, patterns, references that lead somewhere."""
    made = listed(LOCK, "0.1.0")
    assert (made["bomFormat"], made["specVersion"], made["version"]) == ("CycloneDX", "1.6", 1)
    assert re.fullmatch(r"urn:uuid:[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", made["serialNumber"])
    refs = [one["bom-ref"] for one in made["components"]] + [made["metadata"]["component"]["bom-ref"]]
    assert len(set(refs)) == len(refs)
    for one in made["components"]:
        assert (one["type"], bool(one["name"]), bool(one["version"])) == ("library", True, True)
        assert one["purl"] == f"pkg:pypi/{one['name']}@{one['version']}"
        assert one["hashes"] and all(re.fullmatch(r"[0-9a-f]{64}", hash_["content"]) for hash_ in one["hashes"])
        licences = one.get("licenses", [])
        assert all(set(told) in ({"expression"}, {"license"}) for told in licences)
        assert len(licences) <= 1 or not [told for told in licences if "expression" in told]
    for edge in made["dependencies"]:
        assert edge["ref"] in refs and set(edge["dependsOn"]) <= set(refs)
    assert {edge["ref"] for edge in made["dependencies"]} == set(refs)


def test_it_names_what_is_installed_at_the_version_that_is() -> None:
    both = [(one.name, one.version) for one in locked(LOCK)]
    pinned = {name: {version for other, version in both if other == name} for name, _ in both}
    here = {canonical(one.name): one.version for one in metadata.distributions() if one.name}
    assert {name: here[name] for name in pinned if name in here and here[name] not in pinned[name]} == {}
    assert len(pinned.keys() & here.keys()) > 60 and {"fastapi", "sqlmodel", "cryptography"} <= pinned.keys()
    assert len(both) == len(re.findall(r"^[A-Za-z0-9]", LOCK, re.M))


def test_the_same_lock_gives_the_same_list() -> None:
    assert listed(LOCK, "0.1.0") == listed(LOCK, "0.1.0")
    assert listed(LOCK, "0.1.0")["serialNumber"] != listed(LOCK + "\n# more", "0.1.0")["serialNumber"]


@pytest.mark.parametrize("line", ["fastapi>=0.1", "fastapi==0.1", "git+https://example.org/x"])
def test_what_is_not_pinned_by_a_hash_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="not pinned"):
        listed(line + "\n", "0.1.0")
