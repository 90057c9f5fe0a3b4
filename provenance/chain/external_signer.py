"""A sending key that never comes near this machine: ``eth_signTransaction`` at a URL.

Web3Signer, Clef and the like hold the key (in an HSM, in a cloud's key store) and sign what they
are asked over JSON-RPC. What comes back is believed no more than a node: it is taken apart, every
field must be the one asked for, in the only encoding there is, and the signature must be by the
expected account. So a signer can refuse, or be away, but cannot make the ledger pay for anything
else. Whoever reaches it can have it sign: it belongs where only the ledger reaches it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from coincurve import PublicKey

from provenance import rlp
from provenance.chain.rpc import CappedProvider, Rpc, octets
from provenance.chain.transactions import account_of, fields_of, signing_digest
from provenance.errors import (
    MalformedError,
    NodeRefusedError,
    SignerMismatchError,
    UnavailableError,
)
from provenance.keccak import keccak256

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provenance.ledger.chain_port import Attempt, UnsignedTransaction

__all__ = ["ExternalSender"]

_MAX_ANSWER_BYTES = 2**20
"""The contract's creation has some 10 kilobytes; Clef shows it twice."""

_HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0
"""Half the order of secp256k1: a larger s is refused by every node (EIP-2)."""


class ExternalSender:
    """The port ``Sender`` over a program that holds the key."""

    def __init__(self, url: str, address: bytes, *, timeout: float = 10.0) -> None:
        """Remember whom to ask; nothing is sent yet.

        Args:
            address: the account that must sign, 20 bytes.
            timeout: seconds for one exchange; an HSM that asks a person needs more.

        Raises:
            UnavailableError: not an http or https address.
        """
        self._rpc = Rpc(CappedProvider(url, timeout=timeout, max_bytes=_MAX_ANSWER_BYTES))
        self.address = address

    def sign(self, transaction: UnsignedTransaction) -> Attempt:
        """Have it signed; the bytes may differ each time.

        Raises:
            SignerMismatchError: it signed something else, or as somebody else.
            NodeRefusedError: it refuses.
            UnavailableError: it is away.
        """
        raw = _raw(self._ask("eth_signTransaction", self._request(_members(transaction))))
        _check_transaction(raw, transaction, self.address)
        return transaction.signed(raw, keccak256(raw))

    def _ask(self, method: str, request: dict[str, str]) -> object:
        """Call, and say in what goes wrong who it was: the same loop asks the nodes."""
        try:
            return self._rpc.call(method, request)
        except NodeRefusedError as error:
            refused = f"the external signer refuses {method}"
            raise NodeRefusedError(refused, error.number, error.message, error.data) from error
        except UnavailableError as error:
            raise UnavailableError(f"the external signer is away: {error}") from error

    def _request(self, members: Mapping[str, int | bytes]) -> dict[str, str]:
        shown = {
            name: hex(value) if isinstance(value, int) else "0x" + value.hex()
            for name, value in members.items()
            if not (name == "to" and not value)
        }
        return {"from": "0x" + self.address.hex(), **shown}


def _members(transaction: UnsignedTransaction) -> dict[str, int | bytes]:
    """Return the members as JSON-RPC names them."""
    members: dict[str, int | bytes] = {
        "chainId": transaction.chain_id,
        "nonce": transaction.nonce,
        "gas": transaction.gas,
        "to": transaction.to or b"",
        "value": 0,
        "data": transaction.data,
    }
    if transaction.legacy:
        return members | {"gasPrice": transaction.max_fee_wei}
    return members | {
        "maxFeePerGas": transaction.max_fee_wei,
        "maxPriorityFeePerGas": transaction.priority_fee_wei,
    }


def _raw(answer: object) -> bytes:
    """Return the signed bytes: Web3Signer answers with them, geth and Clef with an object."""
    value = answer.get("raw") if isinstance(answer, dict) else answer
    return octets(value, "eth_signTransaction")


def _check_transaction(raw: bytes, transaction: UnsignedTransaction, address: bytes) -> None:
    """Check that ``raw`` is exactly ``transaction``, signed by ``address``.

    Raises:
        SignerMismatchError: it is not; ``field`` names the first difference.
    """
    asked = fields_of(transaction)
    found = _fields(raw, legacy=transaction.legacy)
    if len(found) != len(asked) + 3:
        raise SignerMismatchError(f"expected {len(asked) + 3} fields, got {len(found)}")
    for (name, wanted), got in zip(asked.items(), found[:-3], strict=True):
        if wanted != got:
            raise SignerMismatchError(f"expected {_shown(wanted)}, got {_shown(got)}", field=name)
    v, r, s = (_integer(item, name) for item, name in zip(found[-3:], "vrs", strict=True))
    if transaction.legacy:
        v -= 35 + 2 * transaction.chain_id  # EIP-155
    _check_signature(signing_digest(transaction), (v, r, s), address)


def _fields(raw: bytes, *, legacy: bool) -> list[rlp.Item]:
    if not legacy and raw[:1] != b"\x02":
        raise SignerMismatchError(f"expected type 2, got {raw[:1].hex()}", field="type")
    try:
        return rlp.decode_list(raw if legacy else raw[1:])
    except MalformedError as error:
        raise SignerMismatchError("what it signed is no transaction") from error


def _integer(item: rlp.Item, name: str) -> int:
    if isinstance(item, list):
        raise SignerMismatchError("expected an integer, got a list", field=name)
    try:
        return rlp.decode_integer(item)
    except MalformedError as error:
        raise SignerMismatchError(str(error), field=name) from error


def _shown(item: rlp.Item) -> str:
    return "a list" if isinstance(item, list) else "0x" + item.hex()[:80]


def _check_signature(digest: bytes, vrs: tuple[int, int, int], address: bytes) -> None:
    if vrs[0] not in {0, 1} or vrs[2] > _HALF_ORDER:
        raise SignerMismatchError("not a signature that a node takes", field="v")
    parity, r, s = vrs
    try:
        signature = r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes([parity])
        found = account_of(PublicKey.from_signature_and_message(signature, digest, hasher=None))
    except ValueError as error:
        raise SignerMismatchError("not a signature", field="r") from error
    if found != address:
        raise SignerMismatchError(
            f"expected 0x{address.hex()}, signed by 0x{found.hex()}", field="from"
        )
