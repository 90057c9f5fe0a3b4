"""Structured logs: one JSON object a line, and never a name, title or record in it.

A line about one of our errors has its ``code``, under which ``docs/operating.md`` says what it
means and what to do.
"""

from __future__ import annotations

import json
import logging
import time

from provenance.errors import ProvenanceError

__all__ = ["JSONLines"]

_PLAIN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JSONLines(logging.Formatter):
    """Formats a log record; what was passed as ``extra`` becomes members of its own."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one line of JSON without its line end."""
        line: dict[str, object] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created)),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        code = _code_of(record)
        if code is not None:
            line["code"] = code
        line |= {name: value for name, value in vars(record).items() if name not in _PLAIN}
        if record.exc_info:
            # the class alone: a message may quote what somebody sent
            line["exception"] = getattr(record.exc_info[0], "__name__", "unknown")
        return json.dumps(line, ensure_ascii=False, default=str)


def _code_of(record: logging.LogRecord) -> str | None:
    """Return the code of the error that a line is about, None for a line about something else."""
    told = record.args if isinstance(record.args, tuple) else ()
    raised = record.exc_info[1] if record.exc_info else None
    return next((one.code for one in (*told, raised) if isinstance(one, ProvenanceError)), None)
