"""Check that an entry says itself what a look-up found it by, before the look-up is answered.

Look-ups are rows beside the log, whose damage the scrub finds later. A row that names another
entry is found here. A row that is gone is not: a hit that is not there leaves nothing to look at.

What is true of an entry stays so, and is remembered: a hit is read once.
"""

from __future__ import annotations

import io
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from provenance.errors import DamagedReceiptError, MalformedError, NotFoundError, VerificationError
from provenance.fingerprint import parse_manifest
from provenance.ledger.load_record import record_id_of
from provenance.ledger.projections import project
from provenance.record import parse_entry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from provenance.ledger.ports import LogReader
    from provenance.record import Record

__all__ = ["HitChecker"]

_REMEMBERED: Final = 16_384
"""Hits of each kind, some hundred bytes each."""


class HitChecker:
    """Compares hits with their entries; for any thread."""

    def __init__(self, log: LogReader, entry: Callable[[int], bytes]) -> None:
        """Read manifests from ``log``, and through ``entry`` what was compared with its tile."""
        self._log = log
        self._entry = entry
        # each raises rather than say no, so that only what is true is remembered
        self.check_id = lru_cache(maxsize=_REMEMBERED)(self._check_id)
        self.check_key = lru_cache(maxsize=_REMEMBERED)(self._check_key)
        self._check_digest = lru_cache(maxsize=_REMEMBERED)(self._check_digest_once)

    def is_hit(self, digest: bytes, leaf_index: int, is_dataset: bool) -> bool:  # noqa: FBT001 -- as found
        """Tell whether an entry is still found by a digest: its manifest may be gone meanwhile.

        Args:
            is_dataset: the entry itself names the digest, not its published manifest.

        Raises:
            DamagedReceiptError: it never was.
        """
        try:
            self._check_digest(digest, leaf_index, is_dataset)
        except NotFoundError:
            return False
        return True

    def _check_id(self, record_id: bytes, leaf_index: int) -> None:
        if record_id_of(self._entry(leaf_index)) != record_id:
            raise DamagedReceiptError(f"entry {leaf_index} is not record {record_id.hex()}")

    def _check_key(self, kid: str, leaf_index: int) -> None:
        if self._record(leaf_index).kid != kid:
            raise DamagedReceiptError(f"entry {leaf_index} is not signed by key {kid}")

    def _check_digest_once(self, digest: bytes, leaf_index: int, is_dataset: bool) -> None:  # noqa: FBT001 -- as is_hit
        if is_dataset:
            record = self._record(leaf_index)
            if digest not in project(record, leaf_index, None).targets:
                raise DamagedReceiptError(f"entry {leaf_index} is not about {digest.hex()}")
        elif not self._lists(digest, leaf_index):
            raise DamagedReceiptError(f"the manifest of entry {leaf_index} has no {digest.hex()}")

    def _record(self, leaf_index: int) -> Record:
        try:
            return parse_entry(self._entry(leaf_index))
        except (MalformedError, VerificationError) as error:
            raise DamagedReceiptError(f"entry {leaf_index} does not parse: {error}") from error

    def _lists(self, digest: bytes, leaf_index: int) -> bool:
        """Tell whether the manifest lists a file; its digits are looked for before it is parsed.

        Raises:
            NotFoundError: manifest and look-up were erased since.
        """
        chunks = self._log.manifest_chunks(leaf_index)
        if chunks is None:
            if leaf_index not in self._log.deposits_of_file(digest, leaf_index - 1, 1):
                raise NotFoundError(f"the manifest of entry {leaf_index} was erased")
            return False
        if _has(digest.hex().encode(), chunks):
            return True
        # JSON can spell the digits otherwise
        manifest = io.BytesIO(self._log.manifest(leaf_index) or b"")
        try:
            return any(one.sha256 == digest for one in parse_manifest(manifest))
        except (MalformedError, VerificationError) as error:
            raise DamagedReceiptError(f"the manifest of entry {leaf_index}: {error}") from error


def _has(digits: bytes, chunks: Iterable[bytes]) -> bool:
    """Tell whether digits stand in chunks, or across two of them."""
    rest = b""
    for chunk in chunks:
        if digits in (read := rest + chunk):
            return True
        rest = read[1 - len(digits) :]
    return False
