"""A template and data become a PDF, by typst and one font that comes with us: the same page on every machine.

Data reaches a template as one JSON string and is never markup, whatever people wrote in it. Typst and the font are
loaded with the first paper; setting a page takes milliseconds, in a thread that leaves the loop free.
"""

import asyncio
import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typst import Fonts

TEMPLATES = Path(__file__).parent / "templates"
FONT_PACKAGE = "noto_cjk_sans_otc"
MEDIA_TYPE = "application/pdf"
LANGUAGES: Mapping[str, tuple[str, str, str]] = {  # language, region, font
    "zh-Hans": ("zh", "cn", "Noto Sans CJK SC"),
    "zh-Hant": ("zh", "tw", "Noto Sans CJK TC"),
    "en": ("en", "gb", "Noto Sans CJK SC"),
}
_ENDLESS = re.compile(r"[!-~]{30}(?=[!-~])")  # a word longer than a line has to break somewhere
_PICTOGRAMS = re.compile("[\U0001f000-\U0001faff\u200d\ufe0f\U000e0020-\U000e007f]+")  # of no font that prints
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")


async def typeset(paper: str, data: Mapping[str, Any], locale: str, at: datetime, mark: Sequence[str] = ()) -> bytes:
    """The PDF of `templates/<paper>.typ`; the same data and moment give the same bytes. `mark`: faint, on each page."""
    return await asyncio.to_thread(press, paper, {**data, "mark": list(mark)}, locale, at)


def press(paper: str, data: Mapping[str, Any], locale: str, at: datetime) -> bytes:
    """As `typeset`, here and now."""
    import typst

    made = typst.compile(
        TEMPLATES / f"{paper}.typ", timestamp=at.astimezone(UTC).replace(microsecond=0), **_given(data, locale)
    )
    assert isinstance(made, bytes), "one file, not a page each"
    return made


def pictures(paper: str, data: Mapping[str, Any], locale: str, dots: float) -> list[bytes]:
    """Each page as a PNG, `dots` to the inch."""
    import typst

    made = typst.compile(TEMPLATES / f"{paper}.typ", format="png", ppi=dots, **_given(data, locale))
    return [made] if isinstance(made, bytes) else [page for page in made or () if page]


def paragraphs(text: str) -> list[str]:
    """What somebody wrote, so that it fits on a page: by lines, a box for each emoji, endless words cut."""
    lines = (_PICTOGRAMS.sub("□", _CONTROLS.sub("", line)).strip() for line in text.splitlines())
    return [_ENDLESS.sub("\\g<0>\u200b", line) for line in lines if line]


def _given(data: Mapping[str, Any], locale: str) -> dict[str, Any]:
    language, region, font = LANGUAGES[locale if locale in LANGUAGES else "zh-Hans"]
    whole = {"lang": language, "region": region, "font": font, "mark": [], **data}
    return {
        "root": TEMPLATES,
        "font_paths": _fonts(),
        "ignore_system_fonts": True,
        "sys_inputs": {"data": json.dumps(whole, ensure_ascii=False)},
    }


@cache
def _fonts() -> "Fonts":
    from typst import Fonts

    found = find_spec(FONT_PACKAGE)
    assert found is not None and found.origin is not None, FONT_PACKAGE
    here = str(Path(found.origin).parent)
    return Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[here])
