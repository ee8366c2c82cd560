"""What the program says about itself: events with ids, never texts, names, telephone numbers or addresses of people."""

import logging
import sys
from typing import Literal, TextIO

import structlog
from structlog.types import EventDict, Processor, WrappedLogger

Kind = Literal["console", "json"]

# Libraries log rows, arguments and addresses: they speak up only when something is wrong.
QUIET = (
    "sqlalchemy", "psycopg", "psycopg.pool", "procrastinate", "alembic", "httpx", "httpcore", "uvicorn", "PIL",
)  # fmt: skip


def set_up(level: str = "INFO", kind: Kind | None = None, stream: TextIO = sys.stderr) -> None:
    """Lines for people on a terminal, JSON elsewhere. The standard library's records take the same way."""
    chosen = kind or ("console" if stream.isatty() else "json")
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _without_values, *_ending(chosen)],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def _ending(kind: Kind) -> list[Processor]:
    if kind == "console":
        return [structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)]
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]


def _without_values(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """A database error quotes the row it choked on; keep its kind and its place, drop what it quotes."""
    found = event.get("exc_info")
    if found is True:
        found = sys.exc_info()
    error = found[1] if isinstance(found, tuple) else found
    if isinstance(error, BaseException):
        import traceback

        frames = traceback.extract_tb(error.__traceback__)
        event["exc_info"] = None
        event["error"] = type(error).__name__
        event["at"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames[-8:]]
        cause = error.__cause__ or error.__context__
        if cause is not None:
            event["because"] = type(cause).__name__
    return event
