"""A line of the service's log names the code that the operator's manual explains."""

from __future__ import annotations

import json
import logging
import sys

from provenance.cli.log_format import JSONLines
from provenance.errors import ClockSkewError, ProvenanceError


def line(message: str, *told: object, **others: object) -> dict[str, object]:
    record = logging.LogRecord("provenance.x", logging.WARNING, "x.py", 1, message, told, None)
    for name, value in others.items():
        setattr(record, name, value)
    found = json.loads(JSONLines().format(record))
    assert isinstance(found, dict)
    return found


def test_a_line_about_an_error_has_its_code() -> None:
    said = line("%s: %s", "anchoring", ClockSkewError("901 s ahead"))

    assert (said["code"], said["message"]) == ("clock-skew", "anchoring: 901 s ahead")
    assert "code" not in line("started at %s", "127.0.0.1")
    assert line("stops: %s", "why", code="halted")["code"] == "halted"


def test_an_error_that_was_raised_gives_its_code_and_not_its_words() -> None:
    record = logging.LogRecord("provenance.x", logging.ERROR, "x.py", 1, "failed", (), None)
    try:
        raise ClockSkewError("by Josiah Carberry")
    except ProvenanceError:
        record.exc_info = sys.exc_info()
    text = JSONLines().format(record)

    assert json.loads(text)["code"] == "clock-skew"
    assert "Carberry" not in text
