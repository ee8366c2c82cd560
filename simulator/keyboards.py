"""reply_markup: what is allowed on a button."""

import re
from typing import Any

from simulator.errors import bad

ACTIONS = ("url", "callback_data", "web_app", "login_url", "switch_inline_query", "copy_text", "pay")
URL = re.compile(r"(?:https?://[^\s/]+\.[^\s]+|https?://localhost\S*|tg://\S+)", re.IGNORECASE)
KINDS = ("inline_keyboard", "keyboard", "remove_keyboard", "force_reply")


def check(markup: Any) -> dict[str, Any] | None:
    if markup is None or markup == "":
        return None
    if not isinstance(markup, dict):
        raise bad("object expected as reply markup")
    kind = next((name for name in KINDS if name in markup), None)
    if kind is None:
        return None
    if kind not in ("inline_keyboard", "keyboard"):
        return markup
    rows = markup[kind]
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad(f'field "{kind}" must be of type Array')
    read = _inline if kind == "inline_keyboard" else _key
    kept = [[read(button) for button in row] for row in rows if row]
    return markup | {kind: kept} if kept else None


def _text(button: Any, what: str) -> str:
    if not isinstance(button, dict) or not isinstance(button.get("text"), str):
        raise bad(f"can't parse {what}: Can't find field \"text\"")
    return str(button["text"]).strip()


def _inline(button: Any) -> dict[str, Any]:
    what = "inline keyboard button"
    if not _text(button, what):
        raise bad("inline keyboard button text is empty") if "callback_data" in button else bad("BUTTON_TEXT_INVALID")
    if not any(button.get(action) not in (None, "") for action in ACTIONS):
        raise bad(f"can't parse {what}: Text buttons are unallowed in the inline keyboard")
    if len(str(button.get("callback_data") or "").encode()) > 64:
        raise bad("BUTTON_DATA_INVALID")
    if "url" in button and not URL.fullmatch(str(button["url"])):
        raise bad(f"{what} URL '{button['url']}' is invalid: Wrong HTTP URL")
    return dict(button)


def _key(button: Any) -> dict[str, Any]:
    button = {"text": button} if isinstance(button, str) else button
    if not _text(button, "keyboard button"):
        raise bad("keyboard button text must be non-empty")
    return dict(button)


def inline_only(markup: Any) -> dict[str, Any] | None:
    """What an edit may carry."""
    checked = check(markup)
    if checked and "inline_keyboard" not in checked:
        raise bad("inline keyboard expected")
    return checked
