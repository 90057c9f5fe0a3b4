"""A disk that keeps only what was fsynced, and may keep anything of the rest.

What a write, a truncation or a change of a folder leaves behind when the power goes:

    fsynced, and the fsync returned    there
    anything else                      kept, lost, or torn at 512 or 4,096 bytes; in any order

A file's name (created, renamed, removed) is durable only after an fsync of its *folder*, whatever
a kind file system may do besides. Names change in the order in which they were changed, since
that is what any journal gives. Shared memory (``-shm``) holds what nobody promised.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from random import Random

    from faults.power_loss_trace import Call

__all__ = ["VARIANTS", "Disk", "Event", "events_of"]

VARIANTS: Final = ("lost", "kept", "prefix", "subset", "torn 512", "torn 4096", "zeroed")
"""What becomes of what was not fsynced."""

_WRITES = {"write", "pwrite64", "writev", "pwritev"}
_SYNCS = {"fsync", "fdatasync"}


@dataclass(frozen=True)
class Event:
    """A call at the place where it began or, for an fsync, where it had returned."""

    place: int
    call: Call
    is_end: bool


def events_of(calls: Iterable[Call], root: str) -> list[Event]:
    """Return what concerns files below ``root``, in order."""
    found = []
    for call in calls:
        names = [call.path, *(name[:4096].decode("utf-8", "replace") for name in call.strings)]
        if not any(name.startswith(root + "/") or name == root for name in names):
            continue
        found.append(Event(call.begin, call, is_end=False))
        if call.name in _SYNCS:
            found.append(Event(call.end, call, is_end=True))
    return sorted(found, key=lambda event: (event.place, event.is_end))


@dataclass
class _Op:
    """A write (``octets``) or a truncation (None) that no fsync has covered yet."""

    done: int
    """Place where the call returned: only an fsync that begins later covers it."""
    offset: int
    octets: bytes | None


@dataclass
class _File:
    durable: bytearray = field(default_factory=bytearray)
    pending: list[_Op] = field(default_factory=list)

    def settle(self, before: int) -> None:
        """Make durable what had returned before ``before``."""
        for op in self.pending:
            if op.done <= before:
                _apply(self.durable, op.offset, op.octets)
        self.pending = [op for op in self.pending if op.done > before]

    def size(self) -> int:
        size = len(self.durable)
        for op in self.pending:
            size = op.offset if op.octets is None else max(size, op.offset + len(op.octets))
        return size


@dataclass(frozen=True)
class _Naming:
    """One change of a folder; ``new`` None removes the name ``old``."""

    done: int
    old: str | None
    new: str | None
    file: _File


class Disk:
    """The files below a folder, as the kernel shows them and as the disk has them."""

    def __init__(self, root: str, files: Mapping[str, bytes]) -> None:
        """Begin with files that are durable, by their path below ``root``."""
        self._root = root
        self._durable = {name: _File(bytearray(octets)) for name, octets in files.items()}
        self._shown = dict(self._durable)
        self._namings: list[_Naming] = []

    def pending(self) -> int:
        """Count what could be lost now."""
        return len(self._namings) + sum(len(file.pending) for file in self._shown.values())

    # --- what happens ----------------------------------------------------------------------

    def take(self, event: Event) -> None:
        call = event.call
        if event.is_end:
            self._sync(call)
        elif call.name in _WRITES:
            self._write(call)
        elif call.name == "ftruncate":
            self._add(call, _Op(call.end, call.numbers[0], None))
        elif call.name == "openat":
            self._open(call)
        elif call.name.startswith("rename"):
            old, new = map(self._name, call.strings[:2])
            self._rename(call, old, new)
        elif call.name.startswith("unlink"):
            self._remove(call, self._name(call.strings[0]))
        elif call.name.startswith("link"):
            old, new = map(self._name, call.strings[:2])
            if old in self._shown:
                self._shown[new] = self._shown[old]
                self._namings.append(_Naming(call.end, None, new, self._shown[old]))

    def _name(self, octets: bytes | str) -> str:
        text = octets if isinstance(octets, str) else octets.decode("utf-8", "replace")
        return text.removeprefix(self._root + "/")

    def _write(self, call: Call) -> None:
        octets = b"".join(call.strings)[: call.result]
        if call.name in {"pwrite64", "pwritev"}:
            self._add(call, _Op(call.end, call.numbers[-1], octets))
            return
        file = self._shown.get(self._name(call.path))
        if file is not None:  # what is written so begins at the end: nobody seeks
            file.pending.append(_Op(call.end, file.size(), octets))

    def _add(self, call: Call, op: _Op) -> None:
        file = self._shown.get(self._name(call.path))
        if file is not None:
            file.pending.append(op)

    def _open(self, call: Call) -> None:
        name = self._name(call.strings[0])
        if name in self._shown:
            if "O_TRUNC" in call.flags:
                self._shown[name].pending.append(_Op(call.end, 0, None))
        elif "O_CREAT" in call.flags:
            file = self._shown[name] = _File()
            self._namings.append(_Naming(call.end, None, name, file))

    def _rename(self, call: Call, old: str, new: str) -> None:
        file = self._shown.pop(old, None)
        if file is not None:
            self._shown[new] = file
            self._namings.append(_Naming(call.end, old, new, file))

    def _remove(self, call: Call, name: str) -> None:
        file = self._shown.pop(name, None)
        if file is not None:
            self._namings.append(_Naming(call.end, name, None, file))

    def _sync(self, call: Call) -> None:
        name = self._name(call.path)
        if name in self._shown:
            self._shown[name].settle(call.begin)
            return
        folder = PurePosixPath("." if call.path == self._root else name)
        left = []
        for naming in self._namings:
            place = PurePosixPath(naming.new or naming.old or "").parent
            if naming.done <= call.begin and place == folder:
                _rename(self._durable, naming)
            else:
                left.append(naming)
        self._namings = left

    # --- what is left ----------------------------------------------------------------------

    def crash(self, variant: str, rng: Random) -> dict[str, bytes]:
        """Return the files that the disk may have when the power goes now."""
        names = dict(self._durable)
        kept = {"lost": 0, "kept": len(self._namings)}.get(
            variant, rng.randint(0, len(self._namings))
        )
        for naming in self._namings[:kept]:
            _rename(names, naming)
        found: dict[str, bytes] = {}
        for name, file in names.items():
            if name.endswith("-shm"):
                found[name] = rng.randbytes(rng.choice([0, 100, 32768]))
            else:
                found[name] = bytes(_image(file, variant, rng))
        return found


def _rename(names: dict[str, _File], naming: _Naming) -> None:
    if naming.old is not None:
        names.pop(naming.old, None)
    if naming.new is not None:
        names[naming.new] = naming.file


def _apply(image: bytearray, offset: int, octets: bytes | None) -> None:
    """Write, or cut off (``octets`` None); a gap is zeros."""
    if octets is None:
        del image[offset:]
        image += bytes(offset - len(image))
        return
    image += bytes(max(0, offset - len(image)))
    image[offset : offset + len(octets)] = octets


def _image(file: _File, variant: str, rng: Random) -> bytearray:
    if variant == "lost" or not file.pending:
        return file.durable
    image = bytearray(file.durable)
    stop = rng.randint(0, len(file.pending)) if variant == "prefix" else len(file.pending)
    for op in file.pending[:stop]:
        if variant not in {"kept", "prefix"} and rng.random() < 0.5:
            if variant == "zeroed" and op.octets is not None:
                _apply(image, max(op.offset, len(image)), b"")  # the length came, the bytes did not
                image += bytes(max(0, op.offset + len(op.octets) - len(image)))
            continue
        if op.octets is not None and variant.startswith("torn"):
            _tear(image, op, int(variant.removeprefix("torn ")), rng)
        else:
            _apply(image, op.offset, op.octets)
    return image


def _tear(image: bytearray, op: _Op, block: int, rng: Random) -> None:
    """Write each block of a write, or leave what was there."""
    assert op.octets is not None
    at = op.offset
    while at < op.offset + len(op.octets):
        end = min((at // block + 1) * block, op.offset + len(op.octets))
        if rng.random() < 0.5:
            _apply(image, at, op.octets[at - op.offset : end - op.offset])
        at = end
