"""Signed notes: a text and the signatures over it (c2sp.org/signed-note v1.0.0).

    example.com/log/testdata                          the text, which ends with a line feed
    3
    Wqx3HImawpLnS/Gv4ubjAvi1WIOy0b8Ze0amvqbavKk=
                                                      a blank line, the last of the note
    — example.com/log/testdata M9e0lvAQRtH8...        U+2014, name, base64(key id ‖ signature)

    vkey  example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx
          name + key id, hex + base64(type ‖ public key)

Two types of signature are known: 01 signs the text itself, 04 is a witness's cosignature with a
time (c2sp.org/tlog-cosignature). Lines of other keys and types are carried along unread.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from provenance.digests import from_b64, from_hex, sha256, to_b64
from provenance.errors import BadSignatureError, MalformedError, TooLargeError
from provenance.keys import SIGNATURE_LENGTH, PrivateKey, PublicKey

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = [
    "COSIGNATURE_V1",
    "ED25519",
    "MAX_NOTE_BYTES",
    "MAX_SIGNATURES",
    "MAX_TIMESTAMP",
    "Note",
    "NoteSigner",
    "NoteVerifier",
    "Signature",
    "sign",
    "verify_cosignature",
]

ED25519 = 0x01
"""Type byte: Ed25519 over the text."""
COSIGNATURE_V1 = 0x04
"""Type byte: Ed25519 over a time and the text, by a witness."""

MAX_NOTE_BYTES = 1_000_000
"""Length of a whole note, the limit of the Go implementation that the public logs run."""
MAX_SIGNATURES = 100
"""Signature lines of a note, the same implementation's limit; the specification asks for 16."""
MAX_TIMESTAMP = 2**63 - 1
"""Latest time of a cosignature, POSIX seconds (c2sp.org/tlog-cosignature)."""

_DASH = "\N{EM DASH} "
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f]")
_LINE = re.compile(f"{_DASH}([^ ]+) ([^ ]+)")


@dataclass(frozen=True)
class Signature:
    """One signature line."""

    name: str
    key_id: bytes
    """4 bytes, big-endian in the vkey's hex; the first of the base64 value."""
    octets: bytes
    """What the type makes of it: 64 bytes of type 01, 8 bytes of time and 64 of type 04."""

    def to_line(self) -> str:
        """Write the line with its line feed."""
        return f"{_DASH}{self.name} {to_b64(self.key_id + self.octets)}\n"


@dataclass(frozen=True)
class NoteVerifier:
    """A public key under a name, which is what a vkey says."""

    name: str
    key: PublicKey
    type: int = ED25519
    key_id: bytes = field(init=False, repr=False, compare=False)
    """The first 4 bytes of SHA-256(name ‖ line feed ‖ type ‖ public key)."""

    def __post_init__(self) -> None:
        """Check the parts, and compute the key id once: every receipt that is made asks for it.

        Raises:
            MalformedError: a name that no line can carry, another algorithm, an unknown type.
        """
        _check_name(self.name)
        if self.type not in {ED25519, COSIGNATURE_V1}:
            raise MalformedError(f"expected signature type 1 or 4, got {self.type}", field="vkey")
        if self.key.alg != "Ed25519":
            raise MalformedError(f"expected an Ed25519 key, got {self.key.alg}", field="vkey")
        text = self.name.encode() + b"\n" + bytes([self.type]) + self.key.raw
        object.__setattr__(self, "key_id", sha256(text)[:4])

    @classmethod
    def from_vkey(cls, text: str) -> NoteVerifier:
        """Read a vkey.

        Raises:
            MalformedError: not of this form, a type that is not known here, a key that is not a
                good one, or a key id that is not the key's.
        """
        name, *rest = text.split("+", 2)  # base64 has plus signs of its own
        if len(rest) != 2:
            raise MalformedError(f"expected name+id+key, got {text[:80]!a}", field="vkey")
        key_id = from_hex(rest[0], length=4, field="vkey")
        octets = from_b64(rest[1], field="vkey")
        if len(octets) != 33:
            raise MalformedError(
                f"expected 33 bytes of type and key, got {len(octets)}", field="vkey"
            )
        verifier = cls(name, PublicKey("Ed25519", octets[1:]), octets[0])
        if verifier.key_id != key_id:
            raise MalformedError(
                f"expected key id {verifier.key_id.hex()}, got {key_id.hex()}", field="vkey"
            )
        return verifier

    def to_vkey(self) -> str:
        """Write the vkey."""
        return f"{self.name}+{self.key_id.hex()}+{to_b64(bytes([self.type]) + self.key.raw)}"

    def made(self, signature: Signature) -> bool:
        """Tell whether a line claims to be this key's: same name, same key id."""
        return signature.name == self.name and signature.key_id == self.key_id

    def verify(self, text: str, signature: Signature) -> int | None:
        """Check one line over ``text``; return a cosignature's time (POSIX seconds), else None.

        Raises:
            BadSignatureError: not a signature of this key and type over this text.
        """
        octets = signature.octets
        if self.type == ED25519:
            self.key.verify(octets, text.encode())
            return None
        if len(octets) != 8 + SIGNATURE_LENGTH:
            raise BadSignatureError(f"expected 72 bytes of cosignature, got {len(octets)}")
        timestamp = int.from_bytes(octets[:8], "big")
        if timestamp > MAX_TIMESTAMP:
            raise BadSignatureError("the time of the cosignature is out of range")
        self.key.verify(octets[8:], f"cosignature/v1\ntime {timestamp}\n{text}".encode())
        return timestamp


@dataclass(frozen=True)
class NoteSigner:
    """A private Ed25519 key under a name, for signatures of type 01."""

    name: str
    key: PrivateKey

    def __post_init__(self) -> None:
        """Check the parts; raises ``MalformedError`` as ``NoteVerifier`` does."""
        NoteVerifier(self.name, self.key.public)

    @property
    def verifier(self) -> NoteVerifier:
        """The public side."""
        return NoteVerifier(self.name, self.key.public)

    def sign(self, text: str) -> Signature:
        """Sign a note's text."""
        return Signature(self.name, self.verifier.key_id, self.key.sign(text.encode()))


@dataclass(frozen=True)
class Note:
    """A text and the signature lines under it, in their order; nothing is verified yet."""

    text: str
    signatures: tuple[Signature, ...]

    @classmethod
    def parse(cls, text: str) -> Note:
        """Read a note; what is signed is kept to the byte.

        Raises:
            MalformedError: no blank line, no signature, a control character other than the line
                feed, a line that is not a signature's, base64 in another than its only form.
            TooLargeError: above ``MAX_NOTE_BYTES`` or ``MAX_SIGNATURES``.
        """
        _check_text(text)
        body, blank, lines = text.rpartition("\n\n")
        if not blank or not lines.endswith("\n"):
            raise MalformedError("expected a text, a blank line and signature lines", field="note")
        rows = lines[:-1].split("\n")
        if len(rows) > MAX_SIGNATURES:
            raise TooLargeError(
                limit=MAX_SIGNATURES, length=len(rows), unit="signatures", field="note"
            )
        return cls(body + "\n", tuple(_parse_line(row) for row in rows))

    def to_text(self) -> str:
        """Write the note; the inverse of ``parse``."""
        return self.text + "\n" + "".join(signature.to_line() for signature in self.signatures)

    def verified_by(self, verifiers: Iterable[NoteVerifier]) -> list[str]:
        """Return the names of the known keys that signed, in the order of their lines.

        Every line of a known key must verify; lines of unknown keys are ignored, since anybody
        may add one.

        Raises:
            BadSignatureError: a known key's line does not verify, or no known key signed.
        """
        known = list(verifiers)
        names = [
            verifier.name
            for signature in self.signatures
            for verifier in known
            if verifier.made(signature) and _verifies(verifier, self.text, signature)
        ]
        if not names:
            raise BadSignatureError("no signature of a known key", field="note")
        return list(dict.fromkeys(names))


def sign(text: str, signers: Sequence[NoteSigner]) -> str:
    """Sign ``text``, which ends with a line feed, and return the note.

    Raises:
        MalformedError: the text cannot be a note's.
    """
    note = Note(text, tuple(signer.sign(text) for signer in signers)).to_text()
    if Note.parse(note).text != text:
        raise MalformedError("expected a text that ends with one line feed", field="note")
    return note


def verify_cosignature(note: Note, vkey: str) -> int:
    """Return when the witness ``vkey`` saw this checkpoint, in POSIX seconds.

    Raises:
        MalformedError: the vkey is not one of type 04.
        BadSignatureError: no line of that witness, or one that does not verify.
    """
    witness = NoteVerifier.from_vkey(vkey)
    if witness.type != COSIGNATURE_V1:
        raise MalformedError(f"expected signature type 4, got {witness.type}", field="vkey")
    times = [witness.verify(note.text, line) for line in note.signatures if witness.made(line)]
    seen = [time for time in times if time is not None]
    if not seen:
        raise BadSignatureError(f"no cosignature of {witness.name}", field="note")
    return max(seen)


def _verifies(verifier: NoteVerifier, text: str, signature: Signature) -> bool:
    verifier.verify(text, signature)
    return True


def _check_name(name: str) -> None:
    if not name or "+" in name or any(c.isspace() or unicodedata.category(c) == "Cc" for c in name):
        raise MalformedError(
            f"expected a name without spaces and +, got {name[:80]!a}", field="vkey"
        )
    _check_encodable(name)


def _check_text(text: str) -> None:
    length = _check_encodable(text)
    if length > MAX_NOTE_BYTES:
        raise TooLargeError(limit=MAX_NOTE_BYTES, length=length, unit="bytes", field="note")
    found = _CONTROL.search(text)
    if found is not None:
        raise MalformedError(
            f"expected no control character, got U+{ord(found[0]):04X}", field="note"
        )


def _check_encodable(text: str) -> int:
    try:
        return len(text.encode())
    except UnicodeEncodeError as error:
        raise MalformedError("expected text without lone surrogates", field="note") from error


def _parse_line(line: str) -> Signature:
    found = _LINE.fullmatch(line)
    if found is None:
        raise MalformedError(f"expected a signature line, got {line[:80]!a}", field="note")
    name, value = found.groups()
    _check_name(name)
    octets = from_b64(value, field="note")
    if len(octets) < 5:
        raise MalformedError(f"expected a key id and a signature, got {octets.hex()}", field="note")
    return Signature(name, octets[:4], octets[4:])
