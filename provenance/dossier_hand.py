"""What a person needs to check a record with ``sha256sum`` and ``openssl`` alone.

    hand/000007/entry       the bytes in the log: header.payload.signature
    hand/000007/signed      the bytes that were signed: header.payload
    hand/000007/signature   as openssl reads it: 64 bytes (Ed25519), or DER (ES256)
    hand/000007/key.pem     the public key
    hand/000007/path        a line for each step up the tree: the sibling at the left or right
    hand/000007/token.der   of a statement that carries one, its RFC 3161 token
    hand/check.sh           does for every record what the report writes out for one

A root is then compared with the second and third line of a checkpoint, which is signed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from provenance.attribution_values import time_token_of
from provenance.digests import to_b64
from provenance.merkle import leaf_hash, node_hash
from provenance.receipt_parts import Parts
from provenance.record import key_binding_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from provenance.case import Entry
    from provenance.keys import PublicKey

__all__ = ["CHECK_SCRIPT", "Step", "hand_files", "hand_folder", "to_pem", "tree_steps"]

_SPKI: Final = {
    "Ed25519": bytes.fromhex("302a300506032b6570032100"),
    "ES256": bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004"),
}
"""What stands before the raw key in a SubjectPublicKeyInfo (RFC 8410, RFC 5480)."""

CHECK_SCRIPT: Final = b"""#!/usr/bin/env bash
# Checks every record in this folder with sha256sum and openssl alone; run it inside "hand".
# An Ed25519 signature needs OpenSSL 3; the tree is that of RFC 9162: a leaf is the SHA-256 of
# 00 and the entry, a node that of 01, left and right.
bytes() { printf "$(printf %s "$1" | sed 's/../\\\\x&/g')"; }
if [ "$(bytes 41)" != A ]; then echo "this shell's printf knows no \\\\x: use bash"; exit 2; fi
failed=0
for folder in */; do
  at=${folder%/}
  if grep -q ES256 "$at/algorithm"; then
    openssl dgst -sha256 -verify "$at/key.pem" -signature "$at/signature" "$at/signed" >/dev/null
  else
    openssl pkeyutl -verify -pubin -inkey "$at/key.pem" -rawin -in "$at/signed" \\
      -sigfile "$at/signature" >/dev/null
  fi || { echo "$at: the signature does not match"; failed=1; }
  hash=$( (printf '\\000'; cat "$at/entry") | sha256sum | cut -c1-64)
  while read -r side sibling; do
    if [ "$side" = left ]; then pair=$sibling$hash; else pair=$hash$sibling; fi
    hash=$(bytes "01$pair" | sha256sum | cut -c1-64)
  done < "$at/path"
  if [ "$hash" = "$(cat "$at/root")" ]; then echo "$at: signature and root agree"
  else echo "$at: the root is another one"; failed=1; fi
done
exit $failed
"""


@dataclass(frozen=True, slots=True)
class Step:
    """One step up the tree."""

    side: str
    """Where the sibling stands: ``left`` or ``right``."""
    sibling: bytes
    result: bytes


def tree_steps(
    entry: bytes, index: int, tree_size: int, path: Iterable[bytes]
) -> tuple[bytes, tuple[Step, ...]]:
    """Return the leaf hash and every step to the root (RFC 9162 §2.1.3.2), for a good path."""
    at, last, steps = index, tree_size - 1, []
    leaf = current = bytes(leaf_hash(entry))
    for sibling in path:
        is_right = at % 2 == 1 or at == last
        if is_right:
            while at % 2 == 0 and at:
                at, last = at // 2, last // 2
        pair = (sibling, current) if is_right else (current, sibling)
        current = node_hash(*pair)
        steps.append(Step("left" if is_right else "right", sibling, current))
        at, last = at // 2, last // 2
    return leaf, tuple(steps)


def hand_folder(leaf_index: int) -> str:
    """Return the name of a record's folder."""
    return f"hand/{leaf_index:06}"


def hand_files(entries: Iterable[Entry]) -> dict[str, bytes]:
    """Return the files of every record whose key is shown."""
    files = {"hand/check.sh": CHECK_SCRIPT}
    for one in entries:
        parts = Parts.parse(one.octets)
        records = (*parts.keys, parts.record)
        own = [key for key in records if key.type == "key" and key.kid == one.record.kid]
        if own:
            files |= _of_record(parts, key_binding_of(own[0]).key)
    return files


def _of_record(parts: Parts, key: PublicKey) -> dict[str, bytes]:
    index = parts.receipt.record.leaf_index
    signed = parts.record.signing_input
    state = parts.newest
    size = state.checkpoint.tree_size
    _leaf, steps = tree_steps(parts.record.entry, index, size, state.proofs.record)
    lines = "".join(f"{step.side} {step.sibling.hex()}\n" for step in steps)
    signature = parts.record.signature
    files = {
        "entry": parts.record.entry,
        "signed": signed,
        "signature": signature if key.alg == "Ed25519" else _der(signature),
        "algorithm": f"{key.alg}\n".encode(),
        "key.pem": to_pem(key),
        "path": lines.encode(),
        "root": f"{state.checkpoint.root_hash.hex()}\n".encode(),
        "checkpoint": state.proofs.checkpoint.encode(),
    }
    if (token := time_token_of(parts.record)) is not None:
        files["token.der"] = token
    return {f"{hand_folder(index)}/{name}": content for name, content in files.items()}


def to_pem(key: PublicKey) -> bytes:
    """Return a public key as ``openssl`` reads it."""
    text = to_b64(_SPKI[key.alg] + key.raw)
    lines = [text[start : start + 64] for start in range(0, len(text), 64)]
    return "\n".join(
        ["-----BEGIN PUBLIC KEY-----", *lines, "-----END PUBLIC KEY-----", ""]
    ).encode()


def _der(signature: bytes) -> bytes:
    """Return r ‖ s as a SEQUENCE of two INTEGERs (RFC 3279 §2.2.3)."""
    body = b"".join(_integer(signature[at : at + 32]) for at in (0, 32))
    return bytes([0x30, len(body)]) + body


def _integer(octets: bytes) -> bytes:
    number = int.from_bytes(octets, "big")
    shortest = number.to_bytes(number.bit_length() // 8 + 1, "big")
    return bytes([0x02, len(shortest)]) + shortest
