"""The operator's types of record: what the log says of itself.

                  signed in the clear
    genesis       root_key checkpoint_keys beacon_key chains
    configuration from_tree_size add retire
    beacon        chain_id number block_hash timestamp

They never come in through the public API, and have no disclosures.
"""

from __future__ import annotations

from typing import Final

from provenance.errors import MalformedError
from provenance.keys import PublicKey
from provenance.record_checks import (
    BLOCK,
    Check,
    RecordType,
    array_of,
    check_jwk,
    check_members,
    check_vkey,
    evm_hex,
    integer,
    object_of,
)

__all__ = ["OPERATOR_RECORDS"]

_CHAIN: Final = object_of(
    {
        "chain_id": integer(1),
        "genesis_hash": evm_hex(32),
        "contract": evm_hex(20),
        "log_id": evm_hex(32),
        "code_hash": evm_hex(32),
        "roots_slot": integer(0),
    }
)

_KEYS_AND_CHAINS: Final[dict[str, Check]] = {
    "checkpoint_keys": array_of(check_vkey),
    "chains": array_of(_CHAIN),
    "beacon_keys": array_of(check_jwk),
}


def _change(value: object, where: str) -> None:
    if not check_members(value, where, _KEYS_AND_CHAINS):
        raise MalformedError("expected a member, or no such object", field=where)


def _genesis(claims: dict[str, object], kid: str) -> None:
    if PublicKey.from_jwk(claims["root_key"]).thumbprint != kid:
        raise MalformedError("expected the key that signs the record", field="root_key")


def _configuration(claims: dict[str, object], _: str) -> None:
    if "add" not in claims and "retire" not in claims:
        raise MalformedError("expected add, retire or both", field="add")


OPERATOR_RECORDS: Final = (
    RecordType(
        name="genesis",
        plain={
            "root_key": check_jwk,
            "checkpoint_keys": _KEYS_AND_CHAINS["checkpoint_keys"],
            "beacon_key": check_jwk,
            "chains": _KEYS_AND_CHAINS["chains"],
        },
        required=frozenset({"root_key", "checkpoint_keys", "beacon_key", "chains"}),
        whole=_genesis,
    ),
    RecordType(
        name="configuration",
        plain={"from_tree_size": integer(1), "add": _change, "retire": _change},
        required=frozenset({"from_tree_size"}),
        whole=_configuration,
    ),
    RecordType(
        name="beacon",
        plain={**BLOCK, "timestamp": integer(0)},
        required=frozenset({*BLOCK, "timestamp"}),
    ),
)
"""Types that only the ledger itself may add."""
