"""The key that pays for anchors: a Web3 keystore, an environment variable, or a plain file.

The key must be used by nothing else: its nonces are the ledger's (W3, W4). A plain file is only
for a development chain, whose coins are worth nothing. A key that must not come near this
machine stays with an external signer (``external_signer.py``).
"""

from __future__ import annotations

import json
import os
import secrets
from typing import TYPE_CHECKING

from eth_account import Account

from provenance.errors import ConflictError, MalformedError, VerificationError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from eth_account.signers.local import LocalAccount
    from eth_account.types import TransactionDictType

    from provenance.ledger.chain_port import Attempt, UnsignedTransaction

__all__ = [
    "KeySender",
    "create_key_file",
    "environment_sender",
    "load_key_file",
]


class KeySender:
    """A secp256k1 key in memory that signs EIP-1559 and EIP-155 transactions."""

    def __init__(self, account: LocalAccount) -> None:
        """Sign with ``account``."""
        self._account = account
        self.address = bytes.fromhex(account.address[2:])

    def sign(self, transaction: UnsignedTransaction) -> Attempt:
        """Sign it; equal transactions give equal bytes (RFC 6979)."""
        fields: TransactionDictType = {
            "chainId": transaction.chain_id,
            "nonce": transaction.nonce,
            "value": 0,
            "data": transaction.data,
            "gas": transaction.gas,
        }
        if transaction.to is not None:
            fields["to"] = transaction.to
        if transaction.legacy:
            fields["gasPrice"] = transaction.max_fee_wei
        else:
            fields["type"] = 2
            fields["maxFeePerGas"] = transaction.max_fee_wei
            fields["maxPriorityFeePerGas"] = transaction.priority_fee_wei
        signed = self._account.sign_transaction(fields)
        return transaction.signed(bytes(signed.raw_transaction), bytes(signed.hash))


def create_key_file(path: Path, *, password: str | None = None) -> KeySender:
    """Make a fresh key and write it to a new file of mode 0600, durably.

    Args:
        password: encrypts the file as a Web3 keystore (scrypt); None writes plain hex, which
            only a development chain may use.

    Raises:
        ConflictError: something is at ``path`` already; a key is never overwritten.
    """
    account = Account.from_key(secrets.token_bytes(32))
    if password is None:
        octets = ("0x" + bytes(account.key).hex() + "\n").encode()
    else:
        octets = (json.dumps(account.encrypt(password), indent=1) + "\n").encode()
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise ConflictError(f"{path} exists already") from error
    with open(descriptor, "wb") as file:  # noqa: PTH123 -- a descriptor, not a path
        file.write(octets)
        file.flush()
        os.fsync(descriptor)
    return KeySender(account)


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
        if not text.startswith("{"):
            return KeySender(Account.from_key(bytes.fromhex(text.removeprefix("0x"))))
        if password is None:
            raise VerificationError(f"{path} is encrypted and needs its password")
        return KeySender(Account.from_key(Account.decrypt(json.loads(text), password)))
    except ValueError as error:
        # eth_account says "MAC mismatch" for a wrong password, by the same class as for bad JSON
        if "MAC mismatch" in str(error):
            raise VerificationError(f"the password does not open {path}") from error
        raise MalformedError(f"{path} holds no sending key") from error
    except (KeyError, TypeError) as error:
        raise MalformedError(f"{path} holds no sending key") from error


def environment_sender(name: str, environment: Mapping[str, str]) -> KeySender:
    """Read a sending key from the variable ``name``: 32 bytes in hex, with or without ``0x``.

    Raises:
        MalformedError: it is not set, or holds no key; the message never shows what it holds.
    """
    text = environment.get(name)
    if text is None:
        raise MalformedError(f"the environment variable {name} is not set", field="sender")
    try:
        return KeySender(Account.from_key(bytes.fromhex(text.strip().removeprefix("0x"))))
    except ValueError:
        # the exception's text could show the key
        raise MalformedError(
            f"the environment variable {name} holds no sending key", field="sender"
        ) from None
