"""Photos become our own JPEG: nothing but the picture, upright, of bounded size; a bomb hurts only itself."""

import asyncio
import io
import json
import random
import resource
import struct
import sys
import time
import zlib
from pathlib import Path

import pillow_heif
import psutil
import pytest
from PIL import Image, ImageCms
from PIL.ExifTags import GPS, IFD, Base

from bot import media
from bot.media import NotAPhoto, Store, TooBig
from bot.reencode import LIMITS, LONGEST_SIDE, MEMORY
from cases.errors import Refusal
from tests.support.people import photo

SECRET = b"112.3868N taken by Li Min <script>"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "photos")


def kept(store: Store, sha256: str) -> Image.Image:
    return Image.open(io.BytesIO(store.path(sha256).read_bytes()))


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def telling(kind: str, orientation: int = 1) -> bytes:
    """A picture whose upper half is red and whose lower is blue, with everything in it that a camera writes."""
    picture = Image.new("RGB", (400, 300), "blue")
    picture.paste("red", (0, 0, 400, 150))
    exif = Image.Exif()
    exif[Base.Orientation], exif[Base.Artist], exif[Base.Make] = orientation, SECRET.decode(), "Camera"
    exif.get_ifd(IFD.GPSInfo)[GPS.GPSLatitude] = (30.0, 54.0, 7.7)
    more = {"exif": exif, "icc_profile": ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()}
    if kind == "JPEG":
        more |= {"comment": SECRET, "xmp": b"http://ns.adobe.com/xap/1.0/\0" + SECRET}
    if kind == "HEIF":
        more["xmp"] = SECRET
        pillow_heif.register_heif_opener()
    data = io.BytesIO()
    picture.save(data, kind, **more)
    return data.getvalue() + SECRET


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
async def test_nothing_is_told_but_the_picture(store: Store, kind: str) -> None:
    original = telling(kind)
    assert SECRET in original
    file = await store.keep(original)
    data = store.path(file.sha256).read_bytes()
    with kept(store, file.sha256) as picture:
        assert (picture.format, picture.mode, picture.size) == ("JPEG", "RGB", (400, 300))
        assert dict(picture.getexif()) == {} and set(picture.info) <= {
            "jfif",
            "jfif_version",
            "jfif_unit",
            "jfif_density",
        }
    assert b"Exif" not in data and b"script" not in data and b"Camera" not in data
    assert (file.width, file.height, file.bytes) == (400, 300, len(data))


UPRIGHT = {1: "red above", 3: "blue above", 6: "red to the right", 8: "red to the left"}


@pytest.mark.parametrize("orientation", UPRIGHT)
async def test_it_stands_upright(store: Store, orientation: int) -> None:
    file = await store.keep(telling("JPEG", orientation))
    with kept(store, file.sha256) as picture:
        width, height = picture.size
        edges = {
            "above": (width // 2, 5), "below": (width // 2, height - 5),
            "to the left": (5, height // 2), "to the right": (width - 5, height // 2),
        }  # fmt: skip
        colours = {where: "red" if picture.getpixel(at)[0] > 128 else "blue" for where, at in edges.items()}
    colour, _, where = UPRIGHT[orientation].partition(" ")
    assert colours[where] == colour and (width > height) == (orientation in (1, 3))


@pytest.mark.parametrize(
    ("size", "bounded"),
    [((4000, 3000), (2560, 1920)), ((1000, 5000), (512, 2560)), ((2560, 2560), (2560, 2560)), ((1, 1), (1, 1))],
)
@pytest.mark.promise("I4")
async def test_its_size_is_bounded(store: Store, size: tuple[int, int], bounded: tuple[int, int]) -> None:
    file = await store.keep(photo(size=size))
    assert (file.width, file.height) == bounded and max(bounded) <= LONGEST_SIDE


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16", "CMYK"])
async def test_whatever_its_colours(store: Store, mode: str) -> None:
    data = io.BytesIO()
    Image.new(mode, (20, 10)).save(data, "JPEG" if mode == "CMYK" else "PNG")
    file = await store.keep(data.getvalue())
    assert (file.width, file.height) == (20, 10)


async def test_the_same_photo_is_one_file_even_many_times_at_once(store: Store, tmp_path: Path) -> None:
    files = await asyncio.gather(*(store.keep(photo("navy")) for _ in range(6)))
    assert len(set(files)) == 1
    assert files_in(tmp_path) == [store.path(files[0].sha256)]
    assert await store.keep(photo("teal")) != files[0]


def png(width: int, height: int) -> bytes:
    """All of one colour, one bit a pixel."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head, rows = (
        struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0),
        zlib.compress(bytes((width // 8 + 1) * height), 9),
    )
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def lying(data: bytes, width: int, height: int) -> bytes:
    """A JPEG that says it is larger than what follows."""
    at = data.index(b"\xff\xc0") + 5
    return data[:at] + struct.pack(">HH", height, width) + data[at + 4 :]


def heic(size: tuple[int, int] = (320, 240)) -> bytes:
    """As a telephone writes it."""
    pillow_heif.register_heif_opener()
    data = io.BytesIO()
    Image.new("RGB", size, "seagreen").save(data, "HEIF")
    return data.getvalue()


def claiming(data: bytes, width: int, height: int) -> bytes:
    """A HEIC that says it is larger than what is in it."""
    at = data.index(b"ispe") + 8
    return data[:at] + struct.pack(">II", width, height) + data[at + 8 :]


NO_PHOTOS = {
    "half a HEIC": heic()[:300],
    "a HEIC that says 65,000 × 65,000": claiming(heic(), 65_000, 65_000),
    "a family nobody knows": b"\0\0\0\x18ftypzzzz" + bytes(400),
    "nothing": b"",
    "text": "不是照片".encode(),
    "half a JPEG": photo()[:700],
    "a head alone": b"\x89PNG\r\n\x1a\n",
    "400 megapixels": png(20_000, 20_000),
    "one line of 2^31": png(8, 8).replace(struct.pack(">II", 8, 8), struct.pack(">II", 2**31 - 1, 1)),
    "a JPEG that says 65,000 × 65,000": lying(photo(), 65_000, 65_000),
    "a JPEG that says 7,000 × 7,000": lying(photo(), 7000, 7000)[:900],
    "100 megapixels in 12 KB": png(10_000, 10_000),
    "one line more than 25 megapixels": png(5000, 5001),
    "HTML": b"<!doctype html><script>alert(1)</script>",
    "HTML that begins as a GIF": b"GIF89a/*" + b"\x00" * 16 + b"*/=1;alert(1)//<script src=x></script>",
    "a ZIP": b"PK\x03\x04" + bytes(60),
    "SVG": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>',
    "PDF": b"%PDF-1.7\n1 0 obj<<>>endobj",
    "PostScript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
}


@pytest.mark.parametrize("what", NO_PHOTOS)
@pytest.mark.promise("I4")
async def test_what_is_no_photo_is_refused_and_nothing_kept(store: Store, tmp_path: Path, what: str) -> None:
    before, began = psutil.Process().memory_info().rss, time.monotonic()
    with pytest.raises(NotAPhoto) as refused:
        await store.keep(NO_PHOTOS[what])
    assert (refused.value.key, refused.value.http_status) == ("photo.not_a_photo", 415)
    assert files_in(tmp_path) == []
    assert psutil.Process().memory_info().rss - before < 64 * 1024**2 and time.monotonic() - began < media.SECONDS


async def test_a_heic_with_any_byte_changed_is_a_photo_or_refused(store: Store) -> None:
    whole, dice = heic(), random.Random(4)
    for _ in range(12):
        at = dice.randrange(len(whole))
        broken = whole[:at] + bytes([dice.randrange(256)]) + whole[at + 1 :]
        try:
            file = await store.keep(broken)
        except NotAPhoto:
            continue
        assert kept(store, file.sha256).format == "JPEG"


async def test_a_voice_message_is_kept_as_it_is(store: Store) -> None:
    data = b"OggS" + bytes(100)
    kept = await store.keep_voice(data)
    assert (kept.kind, kept.bytes, store.path(kept.sha256, "voice").read_bytes()) == ("voice", 104, data)
    assert store.path(kept.sha256, "voice").suffix == ".ogg"


@pytest.mark.parametrize(
    ("data", "key"),
    [
        (b"", "voice.not_a_voice"),
        (b"<html>", "voice.not_a_voice"),
        (bytes(media.LARGEST + 1), "voice.too_big"),
    ],
)
async def test_what_is_no_voice_message_is_refused_and_nothing_kept(
    store: Store, tmp_path: Path, data: bytes, key: str
) -> None:
    with pytest.raises(Refusal) as refused:
        await store.keep_voice(data)
    assert refused.value.key == key and files_in(tmp_path) == []


async def test_one_byte_too_many_is_refused_unseen(store: Store) -> None:
    with pytest.raises(TooBig) as refused:
        await store.keep(bytes(media.LARGEST + 1))
    assert (refused.value.http_status, refused.value.values) == (413, {"size": 21, "most": 20})


@pytest.mark.promise("I4")
async def test_the_child_cannot_take_more_memory_than_it_is_given() -> None:
    """25 megapixels are let in, and their decoding stays within the limit or ends the child, nothing else."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot.reencode", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    watched, peak = psutil.Process(child.pid), 0
    done = asyncio.create_task(child.communicate(png(5000, 5000)))
    while not done.done():
        try:
            peak = max(peak, watched.memory_info().rss)
        except psutil.Error:
            break
        await asyncio.sleep(0.02)
    out, _ = await done
    assert child.returncode == 0 and json.loads(out.partition(b"\n")[0]) == {"width": 2560, "height": 2560}
    assert 0 < peak < MEMORY


async def test_a_photo_that_is_something_else_as_well_is_only_a_photo_afterwards(store: Store) -> None:
    """A JPEG with a page behind it, a PNG that is also a ZIP: what browsers and unpackers would find is gone."""
    for tail in (b"<script>alert(1)</script>", b"PK\x03\x04" + bytes(26) + b"evil.html" + b"PK\x05\x06" + bytes(18)):
        for whole in (
            photo() + tail,
            photo(kind="PNG") + tail,
            photo()[:2] + b"\xff\xfe\x00\x1c" + tail[:26] + photo()[2:],
        ):
            data = store.path((await store.keep(whole)).sha256).read_bytes()
            assert data[:3] == b"\xff\xd8\xff" and data.endswith(b"\xff\xd9")
            assert b"script" not in data and b"PK\x03\x04" not in data


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the limits of another process")
async def test_the_child_has_limits_and_none_of_our_secrets(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "not for a decoder of pictures, 0123456789")
    keeping = asyncio.create_task(store.keep(photo(size=(4000, 3000), kind="PNG")))
    child = await _child()
    while child.rlimit(resource.RLIMIT_FSIZE) != (0, 0):
        assert not keeping.done(), "it ended without limits"
        await asyncio.sleep(0.002)
    assert {what: child.rlimit(what) for what in LIMITS} == {what: (most, most) for what, most in LIMITS.items()}
    assert "SECRET_KEY" not in child.environ() and "PATH" in child.environ()
    await keeping


async def _child() -> psutil.Process:
    for _ in range(500):
        if found := [one for one in psutil.Process().children() if "bot.reencode" in one.cmdline()]:
            return found[0]
        await asyncio.sleep(0.005)
    raise AssertionError("no child was started")


async def test_a_child_that_takes_too_long_is_ended(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media, "SECONDS", 0.01)
    with pytest.raises(NotAPhoto):
        await store.keep(photo(size=(4000, 3000)))
    assert [p for p in psutil.Process().children() if "bot.reencode" in p.cmdline()] == []
