"""What the log says of requests that a service in trouble refuses: once, and then how many.

While it is overloaded, read-only or without its database every request fails for the same
reason, hundreds of times a second. A line for each would hide what else happens, and fill a disk.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from provenance.errors import OverloadedError

if TYPE_CHECKING:
    from provenance.errors import UnavailableError

__all__ = ["EVERY_SECONDS", "Refusals"]

EVERY_SECONDS = 10.0
"""Between two lines about one reason."""

_log = logging.getLogger("provenance.api")


class Refusals:
    """Counts refused requests by their code; belongs to the event loop."""

    def __init__(self, seconds: float = EVERY_SECONDS) -> None:
        """Say anew at most every so many seconds."""
        self._seconds = seconds
        self._counts: dict[str, int] = {}
        """Of the reasons that the log knows of: requests since it was told last."""

    def note(self, error: UnavailableError, route: str) -> None:
        """Take note of a request that was refused; the first of a kind is said at once."""
        if error.code in self._counts:
            self._counts[error.code] += 1
            return
        self._counts[error.code] = 0
        # no detail, which may hold personal data: that of a service that is full has numbers only
        said = f": {error}" if isinstance(error, OverloadedError) else ""
        _log.error("request failed%s", said, extra={"route": route, "code": error.code})
        self._look_again(error.code)

    def _look_again(self, code: str) -> None:
        asyncio.get_running_loop().call_later(self._seconds, self._tell, code)

    def _tell(self, code: str) -> None:
        count, self._counts[code] = self._counts[code], 0
        if count:
            words = "%d more requests failed in %.0f s: %s"
            _log.warning(words, count, self._seconds, code, extra={"code": code})
            self._look_again(code)
        else:
            del self._counts[code]
            _log.info("no request fails any more: %s is over", code, extra={"code": code})
