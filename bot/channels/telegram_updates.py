"""What an update of Telegram tells, read from either library's own types: both name things as the Bot API does."""

import re
from datetime import timedelta
from typing import Any

from bot.messages import Arrival, Pin

# What nobody here can look into. Whatever is neither this nor understood (a pinned message, a new title) is no message.
UNREADABLE = (
    "animation", "audio", "document", "video", "video_note", "sticker", "contact", "dice", "game", "poll", "story",
    "paid_media", "checklist", "invoice", "giveaway",
)  # fmt: skip
COMMAND = re.compile(r"(/[A-Za-z0-9_]+)(?:@([A-Za-z0-9_]+))?(?=\s|$)")
THERE = ("member", "administrator", "creator")
GONE = ("left", "kicked")


def arrival(update: Any, username: str) -> Arrival | None:
    """None for what concerns nobody here: channel posts, other bots' commands, a phone that goes on moving."""
    key = str(update.update_id)
    if update.callback_query is not None:
        return _press(key, update.callback_query)
    if update.my_chat_member is not None:
        return _membership(key, update.my_chat_member)
    if update.edited_message is not None:
        return _edit(key, update.edited_message)
    return _message(key, update.message, username) if update.message is not None else None


def _who(key: str, message: Any) -> dict[str, Any]:
    """Where it was said, and by whom."""
    sender = message.from_user
    return {
        "key": key, "chat": str(message.chat.id), "sender": str(sender.id) if sender else "",
        "private": message.chat.type == "private", "locale": (sender.language_code or "") if sender else "",
    }  # fmt: skip


def _message(key: str, message: Any, username: str) -> Arrival | None:
    if message.migrate_to_chat_id:
        return Arrival(**_who(key, message), moved_to=str(message.migrate_to_chat_id))
    if message.from_user is not None and message.from_user.is_bot:
        return None
    told = _told(message, username)
    if told is None:
        return None
    answered = message.reply_to_message
    return Arrival(
        **_who(key, message),
        number=str(message.message_id),
        album=message.media_group_id or "",
        replies_to=str(answered.message_id) if answered else "",
        **told,
    )


def _told(message: Any, username: str) -> dict[str, Any] | None:
    if message.text:
        return _words(message.text, username)
    caption = {"text": message.caption or ""}
    if message.location:
        at = message.location
        return {"pin": Pin(at.longitude, at.latitude, at.horizontal_accuracy or 0.0)}
    if message.photo:
        largest = max(message.photo, key=lambda size: size.width * size.height)
        return caption | {"photo": largest.file_id, "size": largest.file_size or 0}
    if message.voice:
        voice = message.voice
        return caption | {"voice": voice.file_id, "seconds": _seconds(voice.duration), "size": voice.file_size or 0}
    if _is_picture(message):
        return caption | {"photo": message.document.file_id, "size": message.document.file_size or 0}
    kind = next((kind for kind in UNREADABLE if getattr(message, kind, None)), "")
    return caption | {"unreadable": kind} if kind else None


def _words(text: str, username: str) -> dict[str, Any] | None:
    """/start's payload may be a secret: it is told apart, and is no text anybody keeps."""
    match = COMMAND.match(text)
    if match is None:
        return {"text": text}
    command, to = match.groups()
    if to and username and to.lower() != username.lower():
        return None
    said = text[match.end() :].strip()
    if command == "/start":
        return {"start": said}
    return {"text": f"{command} {said}".strip()}


def _is_picture(message: Any) -> bool:
    """A picture sent as a file; a moving one comes as a document as well and is none."""
    return bool(message.document and not message.animation and (message.document.mime_type or "").startswith("image/"))


def _seconds(duration: int | timedelta) -> int:
    return int(duration.total_seconds()) if isinstance(duration, timedelta) else duration


def _edit(key: str, message: Any) -> Arrival | None:
    """Only words: a live location goes on as edits too, and where a phone moves to is not where the trouble is."""
    text = message.text or message.caption
    if not text or (message.from_user is not None and message.from_user.is_bot):
        return None
    number = str(message.message_id)
    return Arrival(**_who(key, message), number=number, text=text, edits=number, album=message.media_group_id or "")


def _press(key: str, query: Any) -> Arrival | None:
    """The message may be too old to be told; then it was in their private chat, where we have all our buttons."""
    if not query.data:
        return None
    sender, shown = query.from_user, query.message
    return Arrival(
        key=key,
        chat=str(shown.chat.id if shown else sender.id),
        sender=str(sender.id),
        private=shown is None or shown.chat.type == "private",
        locale=sender.language_code or "",
        number=str(shown.message_id) if shown else "",
        choice=query.data,
        query=str(query.id),
    )


def _membership(key: str, change: Any) -> Arrival | None:
    """Blocked and back in a private chat, removed and added in a group."""
    status = str(getattr(change.new_chat_member.status, "value", change.new_chat_member.status))
    if status not in (*THERE, *GONE):
        return None
    return Arrival(**_who(key, change), reachable=status in THERE)
