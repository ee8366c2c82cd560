"""The words of a PDF, as far as a test needs them: every string of every page, read by every font's table in turn."""

import re
import zlib
from collections.abc import Iterator

_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
_CHAR = re.compile(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>")
_RANGE = re.compile(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>")
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|.)", re.DOTALL)
_CONTROL = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f", b"\n": b""}
_SHOWN = re.compile(rb"<([0-9A-Fa-f]+)>|\(((?:\\.|[^\\()])*)\)", re.DOTALL)


def words(pdf: bytes) -> str:
    """One reading a font, a line each; and whatever stands in the file as plain bytes."""
    streams = list(_streams(pdf))
    tables = [table for stream in streams if b"begincmap" in stream and (table := _table(stream))]
    shown = [list(_strings(stream)) for stream in streams if b"BT" in stream and b"ET" in stream]
    read = [
        "".join(table.get(one[n : n + 2], "") for one in text for n in range(0, len(one), 2))
        for text in shown
        for table in tables
    ]
    return "\n".join([*read, *(stream.decode("utf-8", "ignore") for stream in streams), pdf.decode("latin-1")])


def _streams(pdf: bytes) -> Iterator[bytes]:
    for found in _STREAM.finditer(pdf):
        try:
            yield zlib.decompressobj().decompress(found[1])
        except zlib.error:
            yield found[1]


def _table(stream: bytes) -> dict[bytes, str]:
    found: dict[bytes, str] = {}
    for part in re.findall(rb"beginbfchar(.*?)endbfchar", stream, re.DOTALL):
        found |= {bytes.fromhex(a.decode()): _letters(b) for a, b in _CHAR.findall(part)}
    for part in re.findall(rb"beginbfrange(.*?)endbfrange", stream, re.DOTALL):
        for first, last, to in _RANGE.findall(part):
            for n in range(int(first, 16), int(last, 16) + 1):
                found[n.to_bytes(2, "big")] = chr(ord(_letters(to)[-1]) + n - int(first, 16))
    return found


def _letters(written: bytes) -> str:
    return bytes.fromhex(written.decode()).decode("utf-16-be", "replace")


def _escaped(found: re.Match[bytes]) -> bytes:
    what = found[1]
    return bytes([int(what, 8) & 255]) if what.isdigit() else _CONTROL.get(what, what)


def _strings(stream: bytes) -> Iterator[bytes]:
    for in_hex, plain in _SHOWN.findall(stream):
        yield bytes.fromhex(in_hex.decode()) if in_hex else _ESCAPE.sub(_escaped, plain)
