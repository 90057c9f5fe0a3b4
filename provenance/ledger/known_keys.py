"""The keys that the log knows, remembered: the same few sign again and again."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provenance.ledger.ports import LogReader, StoredKey

__all__ = ["KnownKeys"]

CAPACITY: Final = 16_384


class KnownKeys:
    """Finds keys by thumbprint. What is known never changes; what is unknown is asked again."""

    def __init__(self, log: LogReader) -> None:
        """Ask ``log`` for what is not remembered."""
        self._log = log
        self._held: OrderedDict[str, StoredKey] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, kids: Sequence[str]) -> dict[str, StoredKey]:
        """Return those of ``kids`` that are entries, signed or about to be."""
        with self._lock:
            found = {kid: self._held[kid] for kid in kids if kid in self._held}
        missing = [kid for kid in kids if kid not in found]
        if missing:
            stored = self._log.stored_keys(missing)
            found.update(stored)
            with self._lock:
                self._held.update(stored)
                while len(self._held) > CAPACITY:
                    self._held.popitem(last=False)
        return found
