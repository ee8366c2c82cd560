"""Files in a call: an upload, `attach://name`, or a file id of this bot's own."""

from typing import Any

from simulator.bots import Bot
from simulator.calls import Call, Upload
from simulator.errors import Refused, bad
from simulator.files import UPLOAD, Stored
from simulator.texts import body
from simulator.world import World

GROUPED = ("photo", "document")
MIXED = "document can't be mixed with other media types"


def single(world: World, bot: Bot, call: Call, kind: str) -> dict[str, Any]:
    """The content of sendPhoto, sendDocument, sendVoice."""
    source = call.uploads.get(kind) or call.text(kind)
    if not source:
        raise bad(f"there is no {kind} in the request")
    caption = body("caption", call.text("caption"), call.text("parse_mode"), _entities(call))
    return _content(world, bot, call, kind, source, call.values) | caption


def item(world: World, bot: Bot, call: Call, described: Any) -> dict[str, Any]:
    """The content of one InputMedia."""
    if not isinstance(described, dict):
        raise bad("can't parse InputMedia: expected an Object")
    kind = described.get("type")
    if kind not in GROUPED:  # video, audio and animation are not simulated
        raise bad(f"can't parse InputMedia: type \"{kind}\" can't be used in this simulator")
    source = described.get("media")
    if not isinstance(source, str) or not source:
        raise bad("can't parse InputMedia: media not found")
    caption = body(
        "caption", str(described.get("caption") or ""), str(described.get("parse_mode") or ""),
        described.get("caption_entities"),
    )  # fmt: skip
    return _content(world, bot, call, kind, source, described) | caption


def album(world: World, bot: Bot, call: Call) -> list[dict[str, Any]]:
    wanted = call.json("media", "media")
    if wanted is None or wanted == "":
        raise bad('parameter "media" is required')
    if not isinstance(wanted, list):
        raise bad("media must be an Array")
    if not wanted:
        raise bad("there are no messages to send")
    if len(wanted) > 10:
        raise bad("too many messages to send as an album")
    if len({one.get("type") == "document" for one in wanted if isinstance(one, dict)}) > 1:
        raise bad(MIXED)
    return [item(world, bot, call, one) for one in wanted]


def _entities(call: Call) -> Any:
    return call.json("caption_entities", "message entities")


def _content(
    world: World, bot: Bot, call: Call, kind: str, source: str | Upload, values: dict[str, Any]
) -> dict[str, Any]:
    if isinstance(source, str) and source.startswith("attach://"):
        if source.removeprefix("attach://") not in call.uploads:
            raise bad("wrong file identifier/HTTP URL specified")
        source = call.uploads[source.removeprefix("attach://")]
    if isinstance(source, str):
        stored = _known(world, bot, kind, source)
        return {kind: stored.family if kind == "photo" else stored}
    return {kind: keep(world, kind, source, values)}


def keep(world: World, kind: str, upload: Upload, values: dict[str, Any]) -> Stored | list[Stored]:
    """A file newly come in, from a bot or from a person."""
    if not upload.content:
        raise bad("file must be non-empty")
    if len(upload.content) > UPLOAD:
        raise Refused(413, "Request Entity Too Large")
    if kind == "photo":
        return world.files.keep_photo(upload.content)
    if kind == "voice":
        mime = upload.mime if upload.mime.startswith("audio/") else "audio/ogg"
        return world.files.keep(kind, upload.content, duration=int(values.get("duration") or 0), mime_type=mime)
    return world.files.keep(kind, upload.content, file_name=upload.name, mime_type=upload.mime)


def _known(world: World, bot: Bot, kind: str, source: str) -> Stored:
    if source.startswith(("http://", "https://")):
        raise bad("failed to get HTTP URL content")  # the simulator fetches nothing from outside
    stored = world.files.find(bot, source)
    if stored is None:
        raise bad("wrong file identifier/HTTP URL specified")
    if stored.kind != kind:
        raise bad(f"can't use file of type {stored.kind.title()} as {kind.title()}")
    return stored
