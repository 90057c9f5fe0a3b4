"""Log lines about a chain: every one names it, in words and as a member of its own."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import MutableMapping

__all__ = ["ChainLog"]


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
