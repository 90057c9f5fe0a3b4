"""Structured logs: one JSON object a line, and never a name, title or record in it."""

from __future__ import annotations

import json
import logging
import time

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
        line |= {name: value for name, value in vars(record).items() if name not in _PLAIN}
        if record.exc_info:
            # the class alone: a message may quote what somebody sent
            line["exception"] = getattr(record.exc_info[0], "__name__", "unknown")
        return json.dumps(line, ensure_ascii=False, default=str)
