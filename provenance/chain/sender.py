"""The key that pays for anchors: a Web3 keystore, an environment variable, or a plain file.

The key must be used by nothing else: its nonces are the ledger's (W3, W4). A plain file is only
for a development chain, whose coins are worth nothing. A key that must not come near this
machine stays with an external signer (``external_signer.py``).
"""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

from coincurve import PrivateKey

from provenance.chain.transactions import account_of, joined, signing_digest
from provenance.errors import ConflictError, MalformedError, VerificationError
from provenance.keccak import keccak256

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from provenance.ledger.chain_port import Attempt, UnsignedTransaction

__all__ = [
    "KeySender",
    "create_key_file",
    "environment_sender",
    "is_plain_key_file",
    "load_key_file",
]


class KeySender:
    """A secp256k1 key in memory that signs EIP-1559 and EIP-155 transactions."""

    def __init__(self, secret: bytes) -> None:
        """Sign with ``secret``, 32 bytes.

        Raises:
            MalformedError: it is no key of the curve.
        """
        if len(secret) != 32:
            raise MalformedError(f"expected a key of 32 bytes, got {len(secret)}")
        try:
            self._key = PrivateKey(secret)
        except ValueError:
            raise MalformedError("not a key of secp256k1") from None  # it would show the key
        self.address = account_of(self._key.public_key)

    def sign(self, transaction: UnsignedTransaction) -> Attempt:
        """Sign it; equal transactions give equal bytes (RFC 6979)."""
        signature = self._key.sign_recoverable(signing_digest(transaction), hasher=None)
        r, s = (int.from_bytes(signature[at : at + 32], "big") for at in (0, 32))
        raw = joined(transaction, signature[64], r, s)
        return transaction.signed(raw, keccak256(raw))


def create_key_file(path: Path, *, password: str | None = None) -> KeySender:
    """Make a fresh key and write it to a new file of mode 0600, durably.

    Args:
        password: encrypts the file as a Web3 keystore (scrypt); None writes plain hex, which
            only a development chain may use.

    Raises:
        ConflictError: something is at ``path`` already; a key is never overwritten.
    """
    secret = secrets.token_bytes(32)
    sender = KeySender(secret)
    text = f"0x{secret.hex()}" if password is None else _sealed(secret, password)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise ConflictError(f"{path} exists already") from error
    with open(descriptor, "wb") as file:  # noqa: PTH123 -- a descriptor, not a path
        file.write(text.encode() + b"\n")
        file.flush()
        os.fsync(descriptor)
    return sender


def load_key_file(path: Path, *, password: str | None = None) -> KeySender:
    """Read a sending key: a Web3 keystore (JSON) or plain hex.

    Raises:
        MalformedError: neither of the two.
        VerificationError: the password does not open the keystore, or none was given.
    """
    try:
        text = path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise MalformedError(f"no key could be read from {path}") from error
    try:
        return KeySender(_opened(text, password) if text.startswith("{") else _hex_key(text))
    except MalformedError as error:
        raise MalformedError(f"{path} holds no sending key") from error
    except VerificationError as error:
        raise VerificationError(f"{path}: {error}") from error


def is_plain_key_file(path: Path) -> bool:
    """Tell whether there is a sending key at ``path`` that anybody who reads it can use."""
    try:
        return not path.read_text("ascii").lstrip().startswith("{")
    except (OSError, UnicodeDecodeError):
        return False


def environment_sender(name: str, environment: Mapping[str, str]) -> KeySender:
    """Read a sending key from the variable ``name``: 32 bytes in hex, with or without ``0x``.

    Raises:
        MalformedError: it is not set, or holds no key; the message never shows what it holds.
    """
    text = environment.get(name)
    if text is None:
        raise MalformedError(f"the environment variable {name} is not set", field="sender")
    try:
        return KeySender(_hex_key(text.strip()))
    except MalformedError:
        # the cause's text could show the key
        raise MalformedError(
            f"the environment variable {name} holds no sending key", field="sender"
        ) from None


def _hex_key(text: str) -> bytes:
    try:
        return bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        raise MalformedError("not hex") from None  # the exception's text could show the key


def _sealed(secret: bytes, password: str) -> str:
    # eth_account takes 0.4 s to import, and most keys are plain, in a variable or elsewhere
    from provenance.chain.web3_keystore import seal_key  # noqa: PLC0415 -- see the line above

    return seal_key(secret, password)


def _opened(text: str, password: str | None) -> bytes:
    from provenance.chain.web3_keystore import open_keystore  # noqa: PLC0415 -- as in _sealed

    if password is None:
        raise VerificationError("the key is encrypted and needs its password")
    return open_keystore(text, password)
