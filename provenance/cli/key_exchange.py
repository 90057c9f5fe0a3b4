"""The two files that a person and an institution exchange to bind a key; neither is a secret.

    request   {"format":"provenance-key-request","v":1,"sd_jwt":"<key record, without binder>"}
    binding   {"format":"provenance-key-binding","v":1,"request":"<the same>",
               "binder":"<key-binding+jwt>","binder_key":"<the institution's key record>"}

The request is the person's own signed ``key`` record with all its disclosures, so that the
institution sees the claims and the proof of possession. Its name and ORCID iD are in it: send it
as you would send those.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from provenance import strict_json
from provenance.cli.files import read_file
from provenance.errors import MalformedError, UnsupportedVersionError
from provenance.key_binder import Binder, parse_binder
from provenance.record import parse_record, verify_signature

if TYPE_CHECKING:
    from pathlib import Path

    from provenance.record import Record

__all__ = ["Binding", "read_binding", "read_request", "request_bytes"]

REQUEST: Final = "provenance-key-request"
BINDING: Final = "provenance-key-binding"
VERSION: Final = 1
_MAX_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Binding:
    """What an institution gives back: its word, and the record that makes its own key known."""

    request: Record
    binder: Binder
    binder_key: Record

    def to_bytes(self) -> bytes:
        """Return the file."""
        members: dict[str, object] = {"format": BINDING, "v": VERSION}
        members["request"] = self.request.compact.decode("ascii")
        members["binder"] = self.binder.text
        members["binder_key"] = self.binder_key.compact.decode("ascii")
        return strict_json.dump(members) + b"\n"


def request_bytes(record: Record) -> bytes:
    """Return the file in which a person asks to be bound."""
    sd_jwt = record.compact.decode("ascii")
    return strict_json.dump({"format": REQUEST, "v": VERSION, "sd_jwt": sd_jwt}) + b"\n"


def read_request(path: Path) -> Record:
    """Read a request; its signature is that of the key it carries.

    Raises:
        FileAccessError: it cannot be read.
        MalformedError: not a request.
        BadSignatureError: whoever made it does not hold the key.
    """
    members = _members(path, REQUEST)
    record = _key_record(members, "sd_jwt")
    members.done()
    return record


def read_binding(path: Path) -> Binding:
    """Read a binding, and check that all of it fits together.

    Raises:
        FileAccessError: it cannot be read.
        MalformedError: not a binding.
        BadSignatureError: a signature in it is not that of its key.
    """
    members = _members(path, BINDING)
    binding = Binding(
        request=_key_record(members, "request"),
        binder=parse_binder(members.text("binder", max_length=4_096)),
        binder_key=_key_record(members, "binder_key"),
    )
    members.done()
    if binding.binder_key.key is not None:  # always: it is a key record
        binding.binder.verify(binding.binder_key.key)
    return binding


def _members(path: Path, expected: str) -> strict_json.Members:
    members = strict_json.Members(
        strict_json.parse(read_file(path), max_bytes=_MAX_BYTES, max_depth=2)
    )
    found, version = members.text("format", max_length=64), members.integer("v")
    if (found, version) != (expected, VERSION):
        raise UnsupportedVersionError(
            f"{path}: expected {expected} {VERSION}, got {found} {version}", field="format"
        )
    return members


def _key_record(members: strict_json.Members, name: str) -> Record:
    text = members.text(name, max_length=_MAX_BYTES)
    record = parse_record(text.encode("ascii", "replace"), complete=True)
    if record.key is None:
        raise MalformedError(f"expected a key record, got {record.type}", field=name)
    verify_signature(record, record.key)
    return record
