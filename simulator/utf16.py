"""Telegram counts in UTF-16 code units."""


def length(text: str) -> int:
    return len(text) + sum(char > "\uffff" for char in text)


def cut(text: str, offset: int, size: int) -> str:
    """The part an entity means."""
    units = text.encode("utf-16-le", "surrogatepass")
    return units[offset * 2 : (offset + size) * 2].decode("utf-16-le", "replace")
