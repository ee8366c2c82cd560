"""Where messengers bring updates. Only their secret opens this door; 200 is said after the commit.

Nobody reads these answers: they are numbers. 503 asks a messenger to bring it again, 400 tells whoever sent it that
it is no update. See web/guard.py for the size of a body.
"""

import asyncio
import json
import secrets
from typing import Annotated

from fastapi import APIRouter, Depends, Header, HTTPException, Request, Response
from starlette.requests import ClientDisconnect

from bot.reception import Again, NoUpdate, Reception
from web.parts import PartsHere

HEADER = "X-Telegram-Bot-Api-Secret-Token"
BODY_SECONDS = 10.0
AGAIN_SECONDS = 3
router = APIRouter(include_in_schema=False)


async def messenger(channel: str, parts: PartsHere, secret: Annotated[str, Header(alias=HEADER)] = "") -> Reception:
    """Without a secret there is no door: nobody could tell a messenger from anybody else."""
    if channel not in parts.receptions or not parts.hook_secret:
        raise HTTPException(404)
    if not secrets.compare_digest(secret.encode("latin-1"), parts.hook_secret.encode()):
        raise HTTPException(403)
    return parts.receptions[channel]


@router.post("/hooks/{channel}")
async def hook(request: Request, reception: Annotated[Reception, Depends(messenger)]) -> Response:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise HTTPException(415)
    raw = _parsed(await _body(request))
    try:
        await reception.take(raw)
    except NoUpdate:
        raise HTTPException(400) from None
    except Again:
        return Response(status_code=503, headers={"retry-after": str(AGAIN_SECONDS)})
    return Response()


async def _body(request: Request) -> bytes:
    """Whole within ten seconds: who drips holds a connection, and is let go of."""
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await request.body()
    except TimeoutError:
        raise HTTPException(408, headers={"connection": "close"}) from None
    except ClientDisconnect:
        raise HTTPException(400) from None


def _parsed(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):  # no JSON, no UTF-8, a number without end, brackets without end
        raise HTTPException(400) from None
