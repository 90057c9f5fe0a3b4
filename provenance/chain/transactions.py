"""A transaction as bytes: what is signed, and the signature behind it.

    02 || rlp([chain id, nonce, tip, fee, gas, to, value, data, access list, parity, r, s])
    rlp([nonce, gas price, gas, to, value, data, v, r, s])

The first is of type 2 (EIP-1559); what is signed ends before the parity. The second is a legacy
one (EIP-155): ``v`` is 35 + 2 * chain id + parity, and where the signature goes, what is signed
has the chain id and two zeros.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance import rlp
from provenance.keccak import keccak256

if TYPE_CHECKING:
    from coincurve import PublicKey

    from provenance.ledger.chain_port import UnsignedTransaction

__all__ = ["account_of", "fields_of", "joined", "signing_digest"]

_TYPE = b"\x02"


def fields_of(transaction: UnsignedTransaction) -> dict[str, rlp.Item]:
    """Return what stands before the signature, in its order, by the names of JSON-RPC."""
    integer = rlp.encode_integer
    common: dict[str, rlp.Item] = {
        "gas": integer(transaction.gas),
        "to": transaction.to or b"",
        "value": b"",
        "data": transaction.data,
    }
    nonce, fee = integer(transaction.nonce), integer(transaction.max_fee_wei)
    if transaction.legacy:
        return {"nonce": nonce, "gasPrice": fee, **common}
    return {
        "chainId": integer(transaction.chain_id),
        "nonce": nonce,
        "maxPriorityFeePerGas": integer(transaction.priority_fee_wei),
        "maxFeePerGas": fee,
        **common,
        "accessList": [],
    }


def signing_digest(transaction: UnsignedTransaction) -> bytes:
    """Return the 32 bytes that the account signs."""
    fields = list(fields_of(transaction).values())
    if transaction.legacy:
        signed = rlp.encode([*fields, rlp.encode_integer(transaction.chain_id), b"", b""])
    else:
        signed = _TYPE + rlp.encode(fields)
    return keccak256(signed)


def joined(transaction: UnsignedTransaction, parity: int, r: int, s: int) -> bytes:
    """Return the transaction with its signature, as nodes take it."""
    v = 35 + 2 * transaction.chain_id + parity if transaction.legacy else parity
    signature = [rlp.encode_integer(one) for one in (v, r, s)]
    octets = rlp.encode([*fields_of(transaction).values(), *signature])
    return octets if transaction.legacy else _TYPE + octets


def account_of(key: PublicKey) -> bytes:
    """Return the account of a secp256k1 key, 20 bytes."""
    return keccak256(key.format(compressed=False)[1:])[12:]
