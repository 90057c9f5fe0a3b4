"""Log lines about a chain: each names it, in words and as a member, and says a cause once."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import MutableMapping

__all__ = ["ChainLog", "cause_of"]

_VARIES = re.compile(r"\beth_\w+|(?:0x)?[0-9a-f]*[0-9][0-9a-f]*")


def cause_of(message: str) -> str:
    """Return what of a failure's message stays while its cause does: no numbers, no methods."""
    return _VARIES.sub("#", message)


class ChainLog(logging.LoggerAdapter[logging.Logger]):
    """A logger whose lines begin with the chain's id and have it as ``chain_id``."""

    def __init__(self, logger: logging.Logger, chain_id: int) -> None:
        """Log through ``logger``."""
        super().__init__(logger, {})
        self._chain_id = chain_id

    def process(
        self, msg: object, kwargs: MutableMapping[str, Any]
    ) -> tuple[str, MutableMapping[str, Any]]:
        """Add the chain; what the caller passes as ``extra`` stays."""
        kwargs["extra"] = {"chain_id": self._chain_id, **(kwargs.get("extra") or {})}
        return f"chain {self._chain_id}: {msg}", kwargs
