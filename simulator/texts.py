"""What Telegram does to every text: cleans it, trims it, finds commands and links in it, measures it."""

import re
from typing import Any

from simulator import utf16
from simulator.entities import parse_html
from simulator.errors import bad

TEXT, CAPTION = 4096, 1024
DROPPED = re.compile("[\r\u2028-\u202e]")
CONTROL = re.compile("[\x00-\x09\x0b-\x1f]")
FOUND = [
    ("url", re.compile(r"(?:https?://|www\.)[^\s<>\"'，。；：！？、（）【】《》]+", re.IGNORECASE)),
    ("email", re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+\.[A-Za-z.]{2,}")),
    ("bot_command", re.compile(r"(?<![\w/])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![\w/])")),
    ("mention", re.compile(r"(?<!\w)@[A-Za-z][A-Za-z0-9_]{3,31}\b")),
    ("hashtag", re.compile(r"(?<!\w)#(?=\w*[^\W\d])\w{1,256}")),
]  # fmt: skip


def clean(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise bad("strings must be encoded in UTF-8") from None
    return CONTROL.sub(" ", DROPPED.sub("", text))


def find(text: str, taken: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Entities Telegram sees by itself, where none stands already."""
    entities = list(taken)
    for kind, pattern in FOUND:
        for match in pattern.finditer(text):
            start, size = utf16.length(text[: match.start()]), utf16.length(match.group())
            if not any(start < e["offset"] + e["length"] and e["offset"] < start + size for e in entities):
                entities.append({"offset": start, "length": size, "type": kind})
    return sorted(entities, key=lambda entity: (entity["offset"], -entity["length"]))


def _trim(text: str, entities: list[dict[str, Any]]) -> tuple[str, list[dict[str, Any]]]:
    shift = len(text) - len(text.lstrip())  # white space is never outside the first plane
    text = text.strip()
    end, kept = utf16.length(text), []
    for entity in entities:
        start = max(0, entity["offset"] - shift)
        stop = min(end, entity["offset"] + entity["length"] - shift)
        if stop > start:
            kept.append(entity | {"offset": start, "length": stop - start})
    return text, kept


def read(text: str, parse_mode: str = "", entities: Any = None) -> tuple[str, list[dict[str, Any]]]:
    text = clean(text)
    mode = parse_mode.lower()
    if mode not in ("", "none", "html"):
        raise bad("unsupported parse_mode")  # Markdown as well: this project sends HTML only
    given: list[dict[str, Any]] = entities if isinstance(entities, list) and not parse_mode else []
    if mode == "html":
        text, given = parse_html(text)
    return (lambda pair: (pair[0], find(*pair)))(_trim(text, given))


def body(name: str, text: str, parse_mode: str = "", entities: Any = None) -> dict[str, Any]:
    """`text` or `caption` with its entities, measured."""
    plain, found = read(text, parse_mode, entities)
    caption = name == "caption"
    if not plain and not caption:
        raise bad("message text is empty")
    if utf16.length(plain) > (CAPTION if caption else TEXT):
        raise bad("message caption is too long" if caption else "message is too long")
    said: dict[str, Any] = {name: plain} if plain else {}
    return said | ({"caption_entities" if caption else "entities": found} if found else {})
