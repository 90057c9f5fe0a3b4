"""The key that pays for anchors: a Web3 keystore, an environment variable, or a plain file.

The key must be used by nothing else: its nonces are the ledger's (W3, W4). A plain file is only
for a development chain, whose coins are worth nothing. A key that must not come near this
machine stays with an external signer (``external_signer.py``).
"""

from __future__ import annotations

import json
import os
import secrets
from typing import TYPE_CHECKING, Protocol

from eth_account import Account

from provenance.errors import ConflictError, MalformedError, VerificationError
from provenance.ledger.chain_port import Attempt

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from eth_account.signers.local import LocalAccount
    from eth_account.types import TransactionDictType

__all__ = [
    "KeySender",
    "TransactionSender",
    "create_key_file",
    "environment_sender",
    "load_key_file",
]


class TransactionSender(Protocol):
    """The port ``Sender``, which may besides create a contract."""

    @property
    def address(self) -> bytes:
        """The key's account, 20 bytes."""

    def sign(  # noqa: PLR0913 -- the members of a transaction
        self,
        *,
        chain_id: int,
        nonce: int,
        to: bytes | None,
        data: bytes,
        gas: int,
        max_fee_wei: int,
        priority_fee_wei: int,
        legacy: bool = False,
    ) -> Attempt:
        """Sign a transaction of value 0.

        Args:
            to: the contract, 20 bytes; None to create one from ``data``.
            legacy: an EIP-155 transaction whose gas price is ``max_fee_wei``, else EIP-1559.
        """


class KeySender:
    """A secp256k1 key in memory that signs EIP-1559 and EIP-155 transactions."""

    def __init__(self, account: LocalAccount) -> None:
        """Sign with ``account``."""
        self._account = account
        self.address = bytes.fromhex(account.address[2:])

    def sign(  # noqa: PLR0913 -- the members of a transaction
        self,
        *,
        chain_id: int,
        nonce: int,
        to: bytes | None,
        data: bytes,
        gas: int,
        max_fee_wei: int,
        priority_fee_wei: int,
        legacy: bool = False,
    ) -> Attempt:
        """Sign a transaction of value 0; equal arguments give equal bytes (RFC 6979).

        Args:
            to: the contract, 20 bytes; None to create one from ``data``.
            legacy: an EIP-155 transaction whose gas price is ``max_fee_wei``, else EIP-1559.
        """
        fields: TransactionDictType = {
            "chainId": chain_id,
            "nonce": nonce,
            "value": 0,
            "data": data,
            "gas": gas,
        }
        if to is not None:
            fields["to"] = to
        if legacy:
            fields["gasPrice"] = max_fee_wei
        else:
            fields["type"] = 2
            fields["maxFeePerGas"] = max_fee_wei
            fields["maxPriorityFeePerGas"] = priority_fee_wei
        signed = self._account.sign_transaction(fields)
        return Attempt(
            tx_hash=bytes(signed.hash),
            raw=bytes(signed.raw_transaction),
            max_fee_wei=max_fee_wei,
            priority_fee_wei=priority_fee_wei,
            gas=gas,
            broadcast_unix=None,
        )


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
