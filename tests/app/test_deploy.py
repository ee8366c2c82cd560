"""What deploy/ shows is held to: units that systemd accepts, an image without root, a proxy that does not hold streams.

No engine is needed. What is checked are the directives a mistake would cost most.
"""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.settings import Settings, secret_names
from bot.media import LARGEST
from tests.support.databases import ROOT
from web.roles import RULES_OF

DEPLOY = ROOT / "deploy"
UNITS = sorted(DEPLOY.glob("*.service"))
NEEDED = {
    "NoNewPrivileges": "yes", "CapabilityBoundingSet": "", "ProtectSystem": "strict", "ProtectHome": "yes",
    "PrivateTmp": "yes", "PrivateDevices": "yes", "ProtectKernelTunables": "yes", "ProtectKernelModules": "yes",
    "ProtectControlGroups": "yes", "RestrictNamespaces": "yes", "RestrictSUIDSGID": "yes", "LockPersonality": "yes",
    "SystemCallArchitectures": "native", "User": "fengqiao", "UMask": "0077",
}  # fmt: skip
KNOWN = {name.upper() for name in Settings.model_fields} | {f"{name.upper()}_FILE" for name in secret_names()}
OF_PYTHON = {"PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED"}
EXPOSED_MOST = 2.0


def directives(unit: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in unit.read_text(encoding="utf-8").splitlines():
        name, given, value = line.partition("=")
        if given and not line.startswith("#"):
            found.setdefault(name, []).append(value)
    return found


def variables(unit: Path) -> set[str]:
    words = " ".join(directives(unit).get("Environment", []))
    return {word.partition("=")[0] for word in words.split()}


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_gives_the_program_little(unit: Path) -> None:
    given = directives(unit)
    assert {name: given.get(name, ["missing"])[-1] for name in NEEDED} == NEEDED
    assert variables(unit) <= KNOWN | OF_PYTHON
    secrets = {name.upper() for name in secret_names()}
    assert not variables(unit) & secrets, "a secret in a unit is readable by everybody"
    filters = " ".join(given["SystemCallFilter"])
    assert "@system-service" in filters and "@resources" not in filters, "the child of uploads sets its own limits"
    command = given["ExecStart"][0].partition(" -m app ")[2]
    assert command in ("up", "serve", "work")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_accepts_it(unit: Path, tmp_path: Path) -> None:
    copy = tmp_path / unit.name.replace("@.", "@8000.")
    text = unit.read_text(encoding="utf-8")
    copy.write_text(text.replace("/opt/fengqiao/.venv/bin/python", "/bin/true"), encoding="utf-8")
    verified = subprocess.run(["systemd-analyze", "verify", copy], capture_output=True, text=True, check=False)
    about = [line for line in verified.stderr.splitlines() if copy.name in line]
    assert (verified.returncode, about) == (0, [])
    weighed = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", f"--threshold={int(EXPOSED_MOST * 10)}", copy],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert weighed.returncode == 0, weighed.stdout[-300:] + weighed.stderr[-300:]


def steps(file: Path) -> list[tuple[str, str]]:
    joined = re.sub(r"\\\n", " ", file.read_text(encoding="utf-8"))
    lines = [line for line in joined.splitlines() if line and not line.startswith("#")]
    return [(line.split(None, 1)[0], line.split(None, 1)[1].strip()) for line in lines]


def test_the_image_runs_as_nobody_and_says_how_it_is() -> None:
    found = steps(DEPLOY / "Containerfile")
    last = [n for n, (what, _) in enumerate(found) if what == "FROM"][-1]
    final = found[last:]
    assert [given for what, given in final if what == "USER"] == ["10001:10001"]
    ran_after = [what for what, _ in final[[what for what, _ in final].index("USER") :]]
    assert "RUN" not in ran_after and "COPY" not in ran_after, "what is his he could change"
    assert any(what == "HEALTHCHECK" and "/healthz" in given for what, given in final)
    assert any("--require-hashes" in given for what, given in found if what == "RUN")
    assert not [given for what, given in found if what == "ADD"]
    told = " ".join(given for what, given in found if what in ("ENV", "ARG"))
    assert {word.partition("=")[0] for word in told.split()} <= KNOWN | OF_PYTHON | {"PYTHON"}
    assert "GET /healthz" in RULES_OF


def test_the_image_holds_every_package_of_ours() -> None:
    copied = {given.split()[0] for what, given in steps(DEPLOY / "Containerfile") if what == "COPY"}
    ours = {path.name for path in ROOT.iterdir() if path.is_dir() and any(path.rglob("*.py"))}
    inside = ours - {"tests", "benchmarks", "var", ".venv", "docs"}
    assert {name for name in inside if not name.startswith(".")} | {"data", "requirements.lock"} <= copied | {
        "--from=made"
    }


def test_every_container_is_read_only_and_has_no_power() -> None:
    services: dict[str, dict[str, Any]] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))[
        "services"
    ]
    assert set(services) == {"site", "work", "db", "proxy"}
    for name, given in services.items():
        assert given["read_only"] is True and given["cap_drop"] == ["ALL"], name
        assert "no-new-privileges:true" in given["security_opt"], name
        assert not given.get("privileged") and "NET_ADMIN" not in given.get("cap_add", []), name
    for name in ("site", "work"):
        given = services[name]
        assert given["user"] == "10001:10001" and "inside" in given["networks"]
        assert set(given["environment"]) <= KNOWN
        assert not {one.upper() for one in secret_names()} & set(given["environment"])
        assert given["environment"]["STAFF_TOTP"] == "required"
    assert "ports" not in services["db"] and "ports" not in services["site"], "only the proxy is reached from outside"


STREAMS = [*sorted(door.split(" ")[1] for door in RULES_OF if door.endswith("/stream")), "/console/rules/replay"]


@pytest.mark.parametrize("path", STREAMS)
def test_nginx_holds_no_stream(path: str) -> None:
    text = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    blocks = re.findall(r"location ~ (\S+) \{(.*?)\}", text, re.S)
    found = [body for pattern, body in blocks if re.search(pattern, path)]
    assert len(found) == 1 and "proxy_buffering off;" in found[0] and "proxy_set_header Host $host;" in found[0]


def test_nginx_speaks_tls_and_lets_a_photo_through() -> None:
    text = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    assert text.count("{") == text.count("}")
    assert re.search(r"ssl_protocols ([^;]+);", text)[1].split() == ["TLSv1.2", "TLSv1.3"]  # type: ignore[index]
    assert "return 308 https://$host$request_uri;" in text
    most = int(re.search(r"client_max_body_size (\d+)m;", text)[1])  # type: ignore[index]
    assert LARGEST < most * 1024**2 < 2 * LARGEST
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.strip().startswith("#")]
    assert [line for line in lines if not line.endswith((";", "{", "}"))] == []


def test_caddy_streams_and_lets_a_photo_through() -> None:
    text = (DEPLOY / "Caddyfile").read_text(encoding="utf-8")
    assert "flush_interval -1" in text and text.count("{") == text.count("}")
    assert int(re.search(r"max_size (\d+)MB", text)[1]) * 1000**2 > LARGEST  # type: ignore[index]
