"""parse_mode HTML as Telegram reads it: plain text, entities in UTF-16 units, refusals with byte offsets."""

import re
from dataclasses import dataclass
from typing import Any

from simulator import utf16
from simulator.errors import bad

TAGS = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
    "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "tg-spoiler": "spoiler",
    "span": "spoiler", "code": "code", "pre": "pre", "a": "text_link", "blockquote": "blockquote",
    "tg-emoji": "custom_emoji",
}  # fmt: skip
NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
REFERENCE = re.compile(r"&(?:#x([0-9a-fA-F]{1,7})|#([0-9]{1,8})|(lt|gt|amp|quot)(?![A-Za-z]));?")
NAME_END = re.compile(r"[\s>]")
ATTRIBUTE = re.compile(r"[^\s=>/\"']*")
TOKEN = re.compile(r"[A-Za-z0-9.-]*")
USER_LINK = re.compile(r"tg://user\?id=(\d+)", re.IGNORECASE)


@dataclass
class Open:
    tag: str
    argument: str
    offset: int
    begins: int


class _Reader:
    """One pass over the text, as far as it goes."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.plain: list[str] = []
        self.units = 0
        self.open: list[Open] = []
        self.found: list[dict[str, Any]] = []

    def wrong(self, what: str, at: int | None = None) -> Exception:
        place = "" if at is None else f" at byte offset {len(self.text[:at].encode())}"
        return bad(f"can't parse entities: {what}{place}")

    def add(self, piece: str) -> None:
        self.plain.append(piece)
        self.units += utf16.length(piece)

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def skip_space(self) -> None:
        while self.peek().isspace():
            self.at += 1

    def reference(self) -> str:
        """The character an `&…;` means, or nothing when it is only an ampersand."""
        match = REFERENCE.match(self.text, self.at)
        if not match:
            return ""
        hexed, number, name = match.groups()
        code = int(hexed, 16) if hexed else int(number) if number else ord(NAMED[name])
        if code == 0 or code >= 0x10FFFF:
            return ""
        self.at = match.end()
        return chr(code)

    def read(self) -> None:
        while self.at < len(self.text):
            if self.peek() == "<":
                begin = self.at
                self.at += 1
                self.end_tag(begin) if self.peek() == "/" else self.start_tag(begin)
            elif self.peek() == "&" and (char := self.reference()):
                self.add(char)
            else:
                self.add(self.peek())
                self.at += 1
        if self.open:
            raise self.wrong(f'Can\'t find end tag corresponding to start tag "{self.open[-1].tag}"')

    def start_tag(self, begin: int) -> None:
        end = NAME_END.search(self.text, self.at)
        if not end:
            raise self.wrong("Unclosed start tag", begin)
        tag = self.text[self.at : end.start()].lower()
        self.at = end.start()
        if tag not in TAGS:
            raise self.wrong(f'Unsupported start tag "{tag}"', begin)
        argument = ""
        while self.peek() != ">":
            self.skip_space()
            if self.peek() == ">":
                break
            name, value = self.attribute(tag, begin)
            argument = _argument(tag, name, value) or argument
        self.at += 1
        if tag == "span" and argument != "spoiler":
            raise self.wrong('Tag "span" must have class "tg-spoiler"', begin)
        self.open.append(Open(tag, argument, self.units, len(self.plain)))

    def attribute(self, tag: str, begin: int) -> tuple[str, str]:
        match = ATTRIBUTE.match(self.text, self.at)
        assert match
        name, self.at = match.group(), match.end()
        if not name:
            raise self.wrong(f'Empty attribute name in the tag "{tag}"', begin)
        self.skip_space()
        if self.peek() != "=":
            if not self.peek():
                raise self.wrong(f'Unclosed start tag "{tag}"', begin)
            return name, ""
        self.at += 1
        self.skip_space()
        if not self.peek():
            raise self.wrong(f'Unclosed start tag "{tag}"', begin)
        value = self.quoted() if self.peek() in "\"'" else self.token()
        if not self.peek():
            raise self.wrong("Unclosed start tag", begin)
        return name, value

    def token(self) -> str:
        match = TOKEN.match(self.text, self.at)
        assert match
        begin, self.at = self.at, match.end()
        if self.peek() != ">" and not self.peek().isspace():
            raise self.wrong("Unexpected end of name token", begin)
        return match.group().lower()

    def quoted(self) -> str:
        quote, value = self.peek(), ""
        self.at += 1
        while self.peek() and self.peek() != quote:
            if self.peek() == "&" and (char := self.reference()):
                value += char
            else:
                value += self.peek()
                self.at += 1
        self.at += bool(self.peek())
        return value

    def end_tag(self, begin: int) -> None:
        if not self.open:
            raise self.wrong("Unexpected end tag", begin)
        self.at += 1
        end = NAME_END.search(self.text, self.at)
        stop = end.start() if end else len(self.text)
        name, self.at = self.text[self.at : stop].lower(), stop
        self.skip_space()
        if self.peek() != ">":
            raise self.wrong("Unclosed end tag", begin)
        self.at += 1
        was = self.open[-1]
        if name and name != was.tag:
            place = f"Unmatched end tag at byte offset {len(self.text[:begin].encode())}"
            raise self.wrong(f'{place}, expected "</{was.tag}>", found "</{name}>"')
        self.open.pop()
        if self.units > was.offset:
            self.close(was)

    def close(self, was: Open) -> None:
        entity: dict[str, Any] = {"offset": was.offset, "length": self.units - was.offset, "type": TAGS[was.tag]}
        if was.tag == "a":
            entity |= _link(was.argument or "".join(self.plain[was.begins :]))
        elif was.tag == "tg-emoji":
            if not was.argument.isdigit() or not int(was.argument):
                raise self.wrong("Invalid custom emoji identifier specified")
            entity["custom_emoji_id"] = was.argument
        elif was.tag == "blockquote" and was.argument:
            entity["type"] = "expandable_blockquote"
        elif was.tag == "code" and was.argument:
            entity["language"] = was.argument
        elif was.tag == "pre":
            self.take_language(entity)
        if entity["type"]:
            self.found.append(entity)

    def take_language(self, pre: dict[str, Any]) -> None:
        last = self.found[-1] if self.found else {}
        if (last.get("type"), last.get("offset"), last.get("length")) == ("code", pre["offset"], pre["length"]):
            language = self.found.pop().get("language")
            pre.update({"language": language} if language else {})


def _argument(tag: str, name: str, value: str) -> str:
    if (tag, name) in (("a", "href"), ("tg-emoji", "emoji-id")):
        return value
    if (tag, name) == ("code", "class") and value.startswith("language-"):
        return value.removeprefix("language-")
    if (tag, name) == ("span", "class") and value.startswith("tg-"):
        return value.removeprefix("tg-")
    return "yes" if (tag, name) == ("blockquote", "expandable") else ""


def _link(url: str) -> dict[str, Any]:
    """Where a link goes; one that leads nowhere is only text."""
    if match := USER_LINK.fullmatch(url):
        return {"type": "text_mention", "user": {"id": int(match[1]), "is_bot": False, "first_name": ""}}
    if "://" not in url and not url.lower().startswith("mailto:"):
        url = "http://" + url
    scheme, _, rest = url.partition("://")
    if scheme.lower() not in ("http", "https", "tg", "ton") or not rest or ("." not in rest and scheme[0] in "hH"):
        return {"type": ""}
    return {"type": "text_link", "url": url + ("/" if "/" not in rest and scheme.lower() in ("http", "https") else "")}


def parse_html(text: str) -> tuple[str, list[dict[str, Any]]]:
    reader = _Reader(text)
    reader.read()
    plain = "".join(reader.plain)
    try:
        plain = plain.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        raise reader.wrong(
            "Text contains invalid Unicode characters after decoding HTML entities, check for unmatched surrogate code "
            "units"
        ) from None
    for entity in reader.found:
        if entity["type"] == "code":
            entity.pop("language", None)
    return plain, sorted(reader.found, key=lambda entity: (entity["offset"], -entity["length"]))
