"""What the program says about itself holds no personal data, whoever says it."""

import io
import json
import logging

import pytest
import structlog

from app import logs


@pytest.fixture
def said():
    stream = io.StringIO()
    root = logging.getLogger()
    before = (root.handlers, root.level)
    logs.set_up("INFO", "json", stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers, level = before
    root.setLevel(level)
    structlog.reset_defaults()


def test_an_event_with_its_ids(said) -> None:
    structlog.get_logger().info("case.filed", case="261121-0042")
    (line,) = said()
    assert (line["event"], line["case"], line["level"]) == ("case.filed", "261121-0042", "info")


@pytest.mark.parametrize("logger", [logging.getLogger("anything"), structlog.get_logger()])
def test_an_error_is_named_and_placed_but_not_quoted(said, logger) -> None:
    try:
        raise ValueError("Key (address)=(张三 13800001111) already exists")
    except ValueError:
        logger.exception("went wrong")
    (line,) = said()
    assert line["error"] == "ValueError"
    assert "test_logs.py" in line["at"][-1]
    assert "13800001111" not in json.dumps(line, ensure_ascii=False)


def test_libraries_speak_up_only_when_something_is_wrong(said) -> None:
    for name in ("sqlalchemy.engine", "procrastinate.worker", "uvicorn.access", "httpx"):
        logging.getLogger(name).info("GET /api/chat/messages?text=张三")
    assert said() == []
