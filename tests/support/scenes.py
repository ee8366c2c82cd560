"""Two drawn photos for stories and pictures: a barbecue stall under the windows, with its smoke and without."""

import io

from PIL import Image, ImageDraw, ImageFilter

SIZE = (1200, 900)


def stall(*, smoke: bool) -> bytes:
    """A JPEG of a house at night with lit windows and a stall before it."""
    picture = Image.new("RGB", SIZE, (34, 40, 58))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((180, 60, 1020, 760), fill=(92, 84, 80))
    for row in range(4):
        for column in range(5):
            lit = (row * 5 + column) % 3 != 0
            x, y = 240 + column * 150, 110 + row * 150
            draw.rectangle((x, y, x + 90, y + 95), fill=(238, 205, 132) if lit else (58, 62, 76))
    draw.rectangle((0, 760, *SIZE), fill=(64, 62, 62))
    draw.polygon([(380, 640), (820, 640), (860, 560), (340, 560)], fill=(168, 58, 44))
    draw.rectangle((400, 700, 800, 790), fill=(120, 112, 106))
    draw.rectangle((420, 690, 780, 704), fill=(226, 118, 52))
    if smoke:
        cloud = Image.new("L", SIZE, 0)
        puffs = ImageDraw.Draw(cloud)
        for n in range(26):
            x, y, r = 560 + (n * 83) % 330 - 165, 660 - n * 24, 46 + n * 5
            puffs.ellipse((x - r, y - r, x + r, y + r), fill=150)
        picture.paste((206, 204, 200), mask=cloud.filter(ImageFilter.GaussianBlur(26)))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=88)
    return out.getvalue()
