"""aiogram imported our way is the same library, only sooner there."""

import subprocess
import sys

OUR_WAY = """
from bot.channels.light_aiogram import methods, types
built = lambda kind: bool(kind.__pydantic_complete__)
kinds = [getattr(types, name) for name in types.__all__ if hasattr(getattr(types, name), "model_rebuild")]
assert sum(map(built, kinds)) < 100, sum(map(built, kinds))
update = {"update_id": 1, "message": {"message_id": 1, "date": 1, "chat": {"id": 1, "type": "private"}, "text": "x"}}
assert types.Update.model_validate(update).message.chat.id == 1
answer = methods.Response[methods.SendMessage.__returning__].model_validate({"ok": True, "result": update["message"]})
assert answer.result.text == "x"
for kind in kinds:
    assert kind.model_rebuild() in (True, None) and built(kind), kind
from fastapi import FastAPI
from pydantic import BaseModel
class Later(BaseModel):
    what: "What"
class What(BaseModel):
    number: int
assert Later.model_validate({"what": {"number": 1}}).what.number == 1
print("same")
"""


def test_types_are_built_when_they_are_used_and_all_of_them_can_be() -> None:
    """In a process of its own: here somebody may have imported aiogram before."""
    done = subprocess.run([sys.executable, "-c", OUR_WAY], capture_output=True, text=True, timeout=120, check=False)
    assert (done.stdout, done.stderr) == ("same\n", "")
