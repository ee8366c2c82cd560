"""/sim, third part: make trouble, or let time go by."""

from typing import Any

from fastapi import APIRouter, Request

from simulator.asked import Asked, Door

router = APIRouter(route_class=Door)


@router.post("/faults")
async def plan_fault(request: Request) -> list[dict[str, Any]]:
    asked = await Asked.read(request)
    asked.world.faults.plan(**asked.values)
    return asked.world.faults.as_json()


@router.get("/faults")
async def read_faults(request: Request) -> list[dict[str, Any]]:
    faults: list[dict[str, Any]] = request.app.state.world.faults.as_json()
    return faults


@router.delete("/faults")
async def clear_faults(request: Request) -> list[dict[str, Any]]:
    request.app.state.world.faults.planned.clear()
    return []


@router.post("/limits")
async def set_limits(request: Request) -> dict[str, bool]:
    asked = await Asked.read(request)
    asked.world.limits.on = bool(asked["on"])
    asked.world.limits.buckets.clear()
    return {"on": asked.world.limits.on}


@router.post("/clock")
async def set_clock(request: Request) -> dict[str, float]:
    """Let time go by without waiting: links die, queries grow old, updates expire."""
    asked = await Asked.read(request)
    asked.world.skew += float(asked["advance"])
    return {"now": asked.world.now()}


@router.post("/updates")
async def put_update(request: Request) -> dict[str, int]:
    """Any update at all, as often as wanted: with an `update_id` it comes again under the same one."""
    asked = await Asked.read(request)
    return {"update_id": asked.bot.updates.put_raw(dict(asked["update"]), asked.get("lane", "raw"))}
