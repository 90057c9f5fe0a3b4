"""The public formats, written a second time: SD-JWT records, RFC 9162 trees, signed notes, tiles.

An oracle: it imports nothing of what it judges, is slow where slow is plain, and knows only what
``docs/formats.md`` and the RFCs say.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

JSON = dict[str, Any]  # members are checked where they are used


class Violation(AssertionError):  # noqa: N818 -- the word of docs/reliability.md
    """Something was promised and not kept; the message says which invariant and where."""

    def __init__(self, invariant: str, text: str) -> None:
        super().__init__(f"{invariant}: {text}")
        self.invariant = invariant


def demand(truth: object, invariant: str, text: str) -> None:
    """Raise a Violation unless ``truth``."""
    if not truth:
        raise Violation(invariant, text)


def sha256(octets: bytes) -> bytes:
    return hashlib.sha256(octets).digest()


def to_b64url(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def from_b64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def to_json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def from_b64_all(texts: Sequence[str]) -> list[bytes]:
    return [base64.b64decode(text, validate=True) for text in texts]


# --- records (RFC 9901, RFC 7638) -----------------------------------------------------------


class Person:
    """A depositor with an Ed25519 key of a fixed seed."""

    def __init__(self, seed: bytes, origin: str) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(sha256(seed))
        self._origin = origin
        self.jwk = {
            "crv": "Ed25519",
            "kty": "OKP",
            "x": to_b64url(self._key.public_key().public_bytes_raw()),
        }
        self.kid = to_b64url(sha256(to_json(self.jwk)))

    def key_record(self, rng: Random, iat: int) -> bytes:
        name = disclosure(rng, f"Person {self.kid[:6]}", "name")
        return self._sign("key", {"jwk": self.jwk}, {"_sd": [digest_of(name)]}, [name], iat)

    def deposit(self, rng: Random, iat: int) -> bytes:
        title = disclosure(rng, f"Measurements of site {rng.randrange(10**6)}", "title")
        people = [
            disclosure(rng, {"name": f"Contributor {number}", "roles": ["data-curation"]})
            for number in range(rng.randrange(1, 4))
        ]
        claims = {
            "_sd": [digest_of(title)],
            "dataset_digest": rng.randbytes(32).hex(),
            "files": rng.randrange(1, 100),
            "bytes": rng.randrange(1, 10**12),
            "license": "CC-BY-4.0",
            "access": "open",
            "contributors": [{"...": digest_of(person)} for person in people],
        }
        return self._sign("deposit", {}, claims, [title, *people], iat)

    def _sign(
        self, kind: str, header: JSON, claims: JSON, disclosures: Sequence[str], iat: int
    ) -> bytes:
        head = {"alg": "Ed25519", "kid": self.kid, "typ": f"{kind}+sd-jwt", **header}
        payload = {"aud": self._origin, "iat": iat, "v": 1, "_sd_alg": "sha-256", **claims}
        signed = f"{to_b64url(to_json(head))}.{to_b64url(to_json(payload))}"
        signature = to_b64url(self._key.sign(signed.encode()))
        return "~".join((f"{signed}.{signature}", *disclosures, "")).encode()


def disclosure(rng: Random, value: object, name: str | None = None) -> str:
    salt = to_b64url(rng.randbytes(16))
    return to_b64url(to_json([salt, value] if name is None else [salt, name, value]))


def digest_of(disclosed: str) -> str:
    return to_b64url(sha256(disclosed.encode()))


def entry_of(compact: bytes) -> bytes:
    """The JWS without disclosures: what the log holds."""
    return compact.partition(b"~")[0]


def record_id(compact: bytes) -> bytes:
    return sha256(entry_of(compact).rpartition(b".")[0])


def header_of(compact: bytes) -> JSON:
    header: JSON = json.loads(from_b64url(compact.partition(b".")[0].decode()))
    return header


def payload_of(compact: bytes) -> JSON:
    payload: JSON = json.loads(from_b64url(compact.split(b".")[1].decode()))
    return payload


def is_signed_by(compact: bytes, jwk: JSON) -> bool:
    signed, _, signature = entry_of(compact).rpartition(b".")
    return _verifies(from_b64url(jwk["x"]), from_b64url(signature.decode()), signed)


def _verifies(public: bytes, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except InvalidSignature:
        return False
    return True


# --- trees (RFC 9162 section 2.1) -----------------------------------------------------------


def leaf_hash(entry: bytes) -> bytes:
    return sha256(b"\0" + entry)


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\1" + left + right)


class Tree:
    """All leaves, and the RFC's recursion over them; full subtrees are remembered."""

    def __init__(self) -> None:
        self.leaves: list[bytes] = []
        self._full: dict[tuple[int, int], bytes] = {}

    def root(self, tree_size: int) -> bytes:
        return self._mth(0, tree_size)

    def _mth(self, start: int, end: int) -> bytes:
        size = end - start
        if size == 0:
            return sha256(b"")
        if size == 1:
            return self.leaves[start]
        known = self._full.get((start, end))
        if known is not None:
            return known
        split = start + (1 << ((size - 1).bit_length() - 1))
        found = node_hash(self._mth(start, split), self._mth(split, end))
        if size & (size - 1) == 0:
            self._full[start, end] = found
        return found


def root_from_path(leaf: bytes, index: int, tree_size: int, path: Sequence[bytes]) -> bytes | None:
    """RFC 9162 section 2.1.3.2; None when the path has an impossible length."""
    if not 0 <= index < tree_size:
        return None
    fn, sn, found = index, tree_size - 1, leaf
    for node in path:
        if sn == 0:
            return None
        if fn & 1 or fn == sn:
            found = node_hash(node, found)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            found = node_hash(found, node)
        fn, sn = fn >> 1, sn >> 1
    return found if sn == 0 else None


# --- checkpoints (C2SP signed-note, tlog-checkpoint) ----------------------------------------


@dataclass(frozen=True)
class Note:
    """A checkpoint whose signature was checked."""

    origin: str
    tree_size: int
    root_hash: bytes


def open_note(text: str, vkeys: Sequence[str]) -> Note:
    """Check that one of ``vkeys`` (``name+id+key``) signs the note, and read it."""
    body, _, signatures = text.rpartition("\n\n")
    body += "\n"
    for line in signatures.splitlines():
        name, encoded = line.removeprefix("\N{EM DASH} ").split(" ")
        blob = base64.b64decode(encoded, validate=True)
        for vkey in vkeys:
            key_name, key_id, key = vkey.split("+", 2)
            public = base64.b64decode(key, validate=True)
            if (name, blob[:4].hex()) != (key_name, key_id) or public[0] != 1:
                continue
            if _verifies(public[1:], blob[4:], body.encode()):
                origin, size, root = body.splitlines()[:3]
                return Note(origin, int(size), base64.b64decode(root, validate=True))
    raise Violation("I4", f"no known key signs this checkpoint: {text!r}")


# --- tiles (C2SP tlog-tiles) ----------------------------------------------------------------

TILE = 256


def tile_paths(level: str, count: int) -> list[tuple[str, int]]:
    """Paths and widths of the tiles that hold ``count`` hashes or entries."""
    found = []
    for index in range(-(-count // TILE)):
        width = min(TILE, count - index * TILE)
        digits = f"{index:03d}"
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
        name = "/".join(["x" + group for group in groups[:-1]] + groups[-1:])
        partial = "" if width == TILE else f".p/{width}"
        found.append((f"/tile/{level}/{name}{partial}", width))
    return found


def parse_bundle(octets: bytes) -> list[bytes]:
    entries, at = [], 0
    while at < len(octets):
        length = int.from_bytes(octets[at : at + 2], "big")
        entries.append(octets[at + 2 : at + 2 + length])
        at += 2 + length
    demand(at == len(octets), "I2", "an entry bundle ends within an entry")
    return entries
