"""The chat page: its files are in page/, and it may load nothing from elsewhere."""

from pathlib import Path

from fastapi import APIRouter, HTTPException
from fastapi.responses import FileResponse

FOLDER = Path(__file__).with_name("page")
KINDS = {".html": "text/html; charset=utf-8", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "media-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}
router = APIRouter()


@router.get("/")
async def page() -> FileResponse:
    return FileResponse(FOLDER / "index.html", headers=HEADERS, media_type=KINDS[".html"])


@router.get("/page/{name}")
async def part(name: str) -> FileResponse:
    file = FOLDER / name
    if file.parent != FOLDER or file.suffix not in KINDS or not file.is_file():
        raise HTTPException(404)
    return FileResponse(file, headers=HEADERS, media_type=KINDS[file.suffix])
