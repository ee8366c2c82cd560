"""The child process of `media`: bytes in, our own JPEG out, with limits of its own.

Run as `python -m bot.reencode`. A first line of JSON tells width and height. Anything that is no plain photo ends with
exit code 1. Metadata (place, camera) does not survive.
"""

import io
import json
import resource
import sys
import warnings

from PIL import Image, ImageOps

MEMORY = 1024 * 1024 * 1024
PIXELS = 25_000_000  # what telephones take, and a tenth of the memory
LIMITS = {
    resource.RLIMIT_AS: MEMORY,
    resource.RLIMIT_CPU: 15,  # seconds; `media` waits a little longer, for somebody else may be computing
    resource.RLIMIT_FSIZE: 0,  # writes no file
    resource.RLIMIT_CORE: 0,
    resource.RLIMIT_NOFILE: 64,
}
LONGEST_SIDE = 2560
FORMATS = ("JPEG", "PNG", "WEBP", "HEIF")


def main() -> int:
    for what, most in LIMITS.items():
        resource.setrlimit(what, (most, most))
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    Image.MAX_IMAGE_PIXELS = PIXELS
    data = sys.stdin.buffer.read()
    if data[4:8] == b"ftyp":  # the family iPhones photograph in; only then its library is loaded
        import pillow_heif

        pillow_heif.register_heif_opener(thumbnails=False, decode_threads=1)
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
            opened.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
            picture = ImageOps.exif_transpose(opened).convert("RGB")
            picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    except (OSError, ValueError, SyntaxError, MemoryError, Warning, Image.DecompressionBombError):
        return 1
    picture.info.clear()  # a comment would be written again
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=85, optimize=True)
    head = json.dumps({"width": picture.width, "height": picture.height})
    sys.stdout.buffer.write(head.encode() + b"\n" + out.getvalue())
    return 0


if __name__ == "__main__":
    sys.exit(main())
