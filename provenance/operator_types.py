"""The operator's types of record: what the log says of itself.

                  signed in the clear
    genesis       root_key checkpoint_keys beacon_key chains
    configuration from_tree_size add retire
    beacon        chain_id number block_hash timestamp
    erasure       records

They never come in through the public API, and have no disclosures.
"""

from __future__ import annotations

from typing import Final, cast

from provenance.errors import MalformedError
from provenance.keys import PublicKey
from provenance.record_checks import (
    BLOCK,
    MAX_CONTRIBUTORS,
    Check,
    RecordType,
    array_of,
    check_array,
    check_hex32,
    check_jwk,
    check_members,
    check_thumbprint,
    check_vkey,
    evm_hex,
    integer,
    object_of,
)

__all__ = ["MAX_ERASED", "OPERATOR_RECORDS"]

MAX_ERASED: Final = 300
"""Records of one erasure: with a digest each they fit into an entry; more need another one."""

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


def _check_manifest(value: object, where: str) -> None:
    if value is not True:
        raise MalformedError("expected true, or no such member", field=where)


_erased: Final = object_of(
    {
        "record": check_hex32,
        "digests": array_of(check_thumbprint, MAX_CONTRIBUTORS),
        "manifest": _check_manifest,
    },
    frozenset({"digests", "manifest"}),
)
"""Of one record: some disclosures, its published manifest, or with neither member all of both."""


def _check_erased(value: object, where: str) -> None:
    for number, one in enumerate(check_array(value, where, MAX_ERASED)):
        _erased(one, f"{where}[{number}]")
    ids = [one["record"] for one in cast("list[dict[str, str]]", value)]
    if len(set(ids)) != len(ids):
        raise MalformedError("expected each record once", field=where)


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
    RecordType(name="erasure", plain={"records": _check_erased}, required=frozenset({"records"})),
)
"""Types that only the ledger itself may add."""
