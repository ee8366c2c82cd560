"""Photos for scripted people: drawn, so that nobody's are shown."""

import io
import random

from PIL import Image, ImageDraw, ImageFilter

SIZE = (960, 720)


def draw(scene: str, number: int = 0) -> bytes:
    """A JPEG of a house front in the evening: `smoke` over a stall, `boxes` before the door, or `clear`."""
    dice = random.Random(f"{scene}{number}")
    picture = Image.new("RGB", SIZE, (52, 60, 84))
    pen = ImageDraw.Draw(picture)
    _house(pen, dice)
    if scene == "smoke":
        _stall(pen)
        _smoke(picture, dice)
    if scene == "boxes":
        _boxes(pen, dice)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=85)
    return out.getvalue()


def _house(pen: ImageDraw.ImageDraw, dice: random.Random) -> None:
    left = dice.randrange(60, 180)
    pen.rectangle((left, 40, left + 720, 600), fill=(122, 110, 100))
    for row in range(3):
        for column in range(5):
            x, y = left + 50 + column * 134, 80 + row * 150
            lit = dice.random() < 0.7
            pen.rectangle((x, y, x + 84, y + 96), fill=(240, 208, 136) if lit else (70, 74, 90))
    pen.rectangle((left + 318, 490, left + 402, 600), fill=(84, 58, 46))
    pen.rectangle((0, 600, *SIZE), fill=(82, 80, 80))


def _stall(pen: ImageDraw.ImageDraw) -> None:
    pen.polygon([(300, 520), (660, 520), (700, 450), (260, 450)], fill=(179, 64, 42))
    pen.rectangle((320, 570, 640, 650), fill=(128, 120, 112))
    pen.rectangle((336, 562, 624, 574), fill=(230, 124, 56))


def _smoke(picture: Image.Image, dice: random.Random) -> None:
    cloud = Image.new("L", SIZE, 0)
    puffs = ImageDraw.Draw(cloud)
    for n in range(22):
        x, y, r = 470 + dice.randrange(-130, 130), 540 - n * 22, 36 + n * 4
        puffs.ellipse((x - r, y - r, x + r, y + r), fill=150)
    picture.paste((208, 206, 202), mask=cloud.filter(ImageFilter.GaussianBlur(20)))


def _boxes(pen: ImageDraw.ImageDraw, dice: random.Random) -> None:
    for _ in range(14):
        x, w, h = dice.randrange(240, 760), dice.randrange(60, 130), dice.randrange(50, 100)
        y = dice.randrange(620, 690) - h
        brown = dice.randrange(120, 180)
        pen.rectangle((x, y, x + w, y + h), fill=(brown, brown - 34, brown - 76), outline=(70, 54, 40), width=3)
        pen.line((x, y + h // 3, x + w, y + h // 3), fill=(206, 186, 140), width=6)
