"""The figures in the document are those that `make bench` wrote, and each has its limit and its command."""

import json

from benchmarks.bench import BEGIN, DOCUMENT, END, FIGURES, RESULTS, figure_of, table

KEYS = {"value", "limit", "ok", "command", "at", "busy", "cores"}


def test_the_document_shows_what_was_measured() -> None:
    results = json.loads(RESULTS.read_text("utf-8"))
    assert DOCUMENT.read_text("utf-8").partition(BEGIN)[2].partition(END)[0] == table(results)
    assert results.keys() <= FIGURES.keys()
    assert {key for key, one in results.items() if one.keys() != KEYS} == set()


def test_a_figure_is_held_against_its_limit() -> None:
    """As it was written, and whichever side the limit is on."""
    results = json.loads(RESULTS.read_text("utf-8"))
    assert {key for key, one in results.items() if one["ok"] != FIGURES[key].ok(one["value"])} == set()
    lives, wait = FIGURES["lifecycles_per_s_empty"], FIGURES["messages_p99_ms_at_50"]
    assert [figure_of(lives, value, "", 0)["ok"] for value in (39.9, 40.0)] == [False, True]
    assert [figure_of(wait, value, "", 0)["ok"] for value in (150.0, 150.1)] == [True, False]
