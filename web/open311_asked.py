"""What a partner sends by Open311, field by field, and the complaint it makes."""

from collections.abc import Sequence
from uuid import uuid4

from fastapi import UploadFile
from pydantic import BaseModel, ConfigDict, Field

from bot.brought import Told
from bot.flows import words
from bot.messages import Pin
from bot.scrub import scrub
from cases import ports
from cases.errors import Missing
from models import Photo
from web.open311_shown import Shown
from web.parts import Parts


class Asked(BaseModel):
    """A service request, field by field as the standard names them. Names and addresses of people are not kept."""

    model_config = ConfigDict(extra="allow")
    jurisdiction_id: str = ""
    service_code: str = Field(default="", max_length=200)
    lat: float | None = Field(default=None, ge=-90, le=90, allow_inf_nan=False)
    long: float | None = Field(default=None, ge=-180, le=180, allow_inf_nan=False)
    address_string: str = Field(default="", max_length=500)
    address_id: str = Field(default="", max_length=64)
    account_id: str = Field(default="", max_length=200)
    device_id: str = Field(default="", max_length=200)
    phone: str = Field(default="", max_length=40)
    description: str = Field(default="", max_length=20_000)
    media_url: str = Field(default="", max_length=2_000)
    media: UploadFile | None = None

    def attribute(self, *names: str) -> str:
        """`attribute[name]`, which form fields of any name are."""
        more = self.model_extra or {}
        found = (more.get(f"attribute[{name}]") or more.get(name) for name in names)
        return next((str(one)[:200] for one in found if isinstance(one, str) and one), "")


class Update(BaseModel):
    """What the resident said at the partner's later."""

    model_config = ConfigDict(extra="allow")
    service_request_id: str = Field(max_length=32)
    update_id: str = Field(default="", max_length=200)
    description: str = Field(default="", max_length=20_000)
    media: UploadFile | None = None


async def told_by(parts: Parts, shown: Shown, asked: Asked, locale: str) -> Told:
    text = scrub(asked.description).strip()
    if not text:
        raise Missing("step.needs_text")
    if asked.lat is None and not asked.address_string.strip() and not asked.address_id:
        raise Missing("partner.no_place")
    category, item = shown.labels(asked.service_code)
    place, phone = scrub(asked.address_string).strip(), words.phone(asked.phone) if asked.phone else None
    known = shown.book.places.get(asked.address_id)
    photos = await photos_of(parts, asked.media)
    link = scrub(asked.media_url).strip()
    external = asked.attribute("external_id", "fixmystreet_id", "service_request_id_ext") or ports.body_hash(
        asked.service_code, text, place, asked.lat, asked.long, asked.account_id, asked.device_id, phone
    )
    return Told(
        external=external,
        text=f"{text}\n{link}" if link else text,
        category=category,
        item=item,
        place=known.name if known else place,
        pin=Pin(asked.long, asked.lat) if asked.lat is not None and asked.long is not None else None,
        phone=phone,
        anonymous=asked.attribute("anonymous").lower() in ("1", "true", "yes"),
        locale=locale,
        who=asked.account_id or phone or asked.device_id,
        photos=photos,
    )


async def photos_of(parts: Parts, sent: UploadFile | None) -> Sequence[Photo]:
    """Safely on disk before the transaction that names it begins."""
    if sent is None:
        return ()
    kept = await parts.store.keep(await sent.read())
    return [kept.row(uuid4(), parts.now())]
