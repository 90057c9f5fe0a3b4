"""What the signer remembers of the last head it agreed to sign, in a file of its own.

The memory lies outside the ledger's database, so a database put back from an old backup meets
a signer that knows better. It is written and fsynced *before* each signature. There is exactly
one per log. The file is one line of JSON and a line with its SHA-256::

    {"format":"provenance-signer-memory","v":1,"origin":"localhost:8080/log","tree_size":3,
     "root_hash":"<hex>","peaks":["<hex>","<hex>"]}
    <hex of SHA-256 over the first line and its newline>

(The first line is not broken in the file.) ``peaks`` are the roots of the perfect subtrees of
that tree, largest first: with them the signer goes on hashing from where it stopped, so what it
signs next extends by construction what it signed before.

Several processes of one host may share the memory: whoever signs holds ``<file>.lock`` from
reading it until the signature is stored. The lock is a file of its own, since the memory is
replaced each time, and a lock stays with the file that was opened.
"""

from __future__ import annotations

import errno
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from provenance import strict_json
from provenance.digests import from_hex, sha256
from provenance.errors import AlreadyExistsError, FatalError, ProvenanceError, StorageFullError
from provenance.files.atomic import fsync_folder
from provenance.files.lock import TurnLock
from provenance.merkle import RootAccumulator
from provenance.signing_request import Remembered

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

__all__ = ["FileSignerMemory", "Remembered"]

FORMAT: Final = "provenance-signer-memory"
MAX_BYTES: Final = 65_536


class FileSignerMemory:
    """The memory in one file, replaced whole: a crash leaves the old one or the new one."""

    def __init__(self, path: Path, *, origin: str) -> None:
        """Name the file; nothing is read yet."""
        self._path = path
        self._origin = origin
        self._lock = TurnLock(path.with_name(path.name + ".lock"))

    def hold(self) -> AbstractContextManager[None]:
        """Keep every other process and thread of this host from the memory meanwhile.

        Raises:
            UnavailableError: somebody else has held it for too long.
        """
        return self._lock.hold()

    def create(self) -> None:
        """Begin the memory of a log that has no entry yet; keep one that is there.

        Only ``init`` calls this. A service that made a missing memory anew would forget what it
        signed, which is the very thing the memory is there to prevent.
        """
        with self.hold():
            if not self._path.exists():
                self.remember(0, RootAccumulator().root(), ())

    def renew(self, tree_size: int, root_hash: bytes, peaks: Sequence[bytes]) -> None:
        """Begin the memory of a log whose memory was lost (``service.renew_memory``).

        Raises:
            AlreadyExistsError: there is one, and it is kept.
        """
        with self.hold():
            if self._path.exists():
                raise AlreadyExistsError(f"{self._path} is there, and knows better")
            self.remember(tree_size, root_hash, peaks)

    def read(self) -> Remembered:
        """Return what was remembered.

        Raises:
            FatalError: no file, damaged, of another log, or its peaks do not make its root.
        """
        try:
            octets = self._path.read_bytes()
        except OSError as error:
            raise FatalError(f"the signer's memory cannot be read: {error}") from error
        line, newline, rest = octets.partition(b"\n")
        if rest != sha256(line + newline).hex().encode() + b"\n":
            raise FatalError(f"the signer's memory is damaged: {self._path}")
        try:
            remembered = _parse(line, self._origin)
            root = RootAccumulator(remembered.tree_size, remembered.peaks).root()
        except ProvenanceError as error:
            raise FatalError(f"the signer's memory is not usable: {error}") from error
        if root != remembered.root_hash:
            raise FatalError("the signer's memory is damaged: its peaks do not make its root")
        return remembered

    def remember(self, tree_size: int, root_hash: bytes, peaks: Sequence[bytes]) -> None:
        """Replace the memory, which the caller holds; it is on the disk when this returns.

        Raises:
            StorageFullError: no room for it; what was remembered before stands, and asking again
                helps once there is room.
            FatalError: the disk refused. A failed fsync is never tried again: after it nobody
                knows what the disk holds.
        """
        line = strict_json.dump(
            {
                "format": FORMAT,
                "v": 1,
                "origin": self._origin,
                "tree_size": tree_size,
                "root_hash": root_hash.hex(),
                "peaks": [peak.hex() for peak in peaks],
            }
        )
        octets = line + b"\n"
        octets += sha256(octets).hex().encode() + b"\n"
        fresh = self._path.with_name(self._path.name + ".new")
        try:
            with _room_for_it():
                flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
                descriptor = os.open(fresh, flags, 0o600)
            try:
                with _room_for_it():
                    written = os.write(descriptor, octets)
                if written != len(octets):
                    raise StorageFullError("no space left for the signer's memory")
                # a crash here leaves a ``.new`` file, perhaps half of one, which nobody reads
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            # a crash here leaves a whole ``.new`` file, which nobody reads: nothing is signed yet
            fresh.replace(self._path)
            # a crash here leaves either name pointing at a whole file
            fsync_folder(self._path.parent)
        except OSError as error:
            raise FatalError(f"the signer's memory cannot be written: {error}") from error


@contextmanager
def _room_for_it() -> Iterator[None]:
    """Tell a full disk from a broken one, while the old memory is still the one that is read."""
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise StorageFullError("no space left for the signer's memory") from error
        raise


def _parse(line: bytes, origin: str) -> Remembered:
    members = strict_json.Members(strict_json.parse(line, max_bytes=MAX_BYTES))
    if (members.text("format"), members.integer("v")) != (FORMAT, 1):
        raise FatalError("the signer's memory has a format this release does not know")
    if (found := members.text("origin")) != origin:
        raise FatalError(f"the signer's memory is that of {found!r}, not of {origin!r}")
    peaks = members.texts("peaks", max_length=64, max_items=63)
    remembered = Remembered(
        tree_size=members.integer("tree_size"),
        root_hash=members.hex32("root_hash"),
        peaks=tuple(from_hex(peak, field="peaks") for peak in peaks),
    )
    members.done()
    return remembered
