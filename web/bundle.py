"""One script out of modules, one style out of files: what a page needs in one go, without a tool to build it.

Each module becomes a function whose result holds its exports, in the order they need each other. Only the few forms
of import and export that our modules use are understood; anything else is an error at the start, not on the page.
"""

import base64
import hashlib
import re
from pathlib import Path

from web.assets import PREFIX, STATIC

OWN = STATIC / "own"
IMPORT = re.compile(r'^import (\{[^}]*\}|\* as \w+) from "([^"]+)";$', re.M)
EXPORT = re.compile(r"^export (?=(?:const|(?:async )?function\*?|class) ([\w$]+))", re.M)
LEFT = re.compile(r"^\s*(?:import|export)\b.*$", re.M)
BLOCK = re.compile(r"^[ \t]*/\*.*?\*/[ \t]*\n", re.M | re.S)
LINE = re.compile(r"^[ \t]*//.*\n", re.M)


class Unbundled(ValueError):
    """A module says something that cannot be put together."""


def script(entry: str, **given: str) -> str:
    """`entry` with all it imports as one classic script; `given` are constants it may name."""
    modules: dict[Path, str] = {}
    _gather(OWN / entry, modules, ())
    constants = "".join(f'const {name}="{value}";\n' for name, value in given.items())
    whole = "".join(modules.values())
    if "</script" in whole or "<!--" in whole:
        raise Unbundled(f"{entry} would end the element it stands in")
    return f'(()=>{{"use strict";\n{constants}{whole}}})();'


def _gather(path: Path, modules: dict[Path, str], way: tuple[Path, ...]) -> None:
    """Depth first: what a module needs stands before it."""
    if path in way:
        raise Unbundled(f"{path.name} needs itself")
    if path in modules:
        return
    source = path.read_text("utf-8")
    for _, wanted in IMPORT.findall(source):
        _gather((path.parent / wanted).resolve(), modules, (*way, path))
    modules[path] = _wrapped(path, source)


def _wrapped(path: Path, source: str) -> str:
    def taken(found: re.Match[str]) -> str:
        what, module = found[1], _name((path.parent / found[2]).resolve())
        return f"const {what[5:]}={module};" if what.startswith("*") else f"const {what.replace(' as ', ':')}={module};"

    names = EXPORT.findall(source)
    body = EXPORT.sub("", IMPORT.sub(taken, source))
    if left := LEFT.search(body):
        raise Unbundled(f"{path.name}: {left[0].strip()}")
    return f"const {_name(path)}=(()=>{{\n{_bare(path, body)}return{{{','.join(names)}}};}})();\n"


def _bare(path: Path, source: str) -> str:
    """Without comments of whole lines and without indentation, which no text of ours needs."""
    if any(line.count("`") % 2 for line in source.splitlines()):
        raise Unbundled(f"{path.name}: a template over several lines")
    kept = LINE.sub("", BLOCK.sub("", source))
    return "".join(f"{line.strip()}\n" for line in kept.splitlines() if line.strip())


def _name(path: Path) -> str:
    return "m_" + re.sub(r"\W", "_", str(path.relative_to(OWN).with_suffix("")))


def style(*names: str) -> str:
    """The files one after another, without comments and spaces, with pictures at addresses that last."""
    whole = "\n".join((OWN / name).read_text("utf-8") for name in names)
    whole = re.sub(r"/\*.*?\*/", "", whole, flags=re.S)
    whole = re.sub(r"\s+", " ", whole)
    whole = re.sub(r" ?([{};,]) ?", r"\1", re.sub(r": ", ":", whole)).replace(";}", "}")
    return re.sub(r'url\("(?=\w)', f'url("{PREFIX}', whole).strip()


def fingerprint(source: str) -> str:
    """How a content security policy names a script or style that stands in the page."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"
