"""What each type of record may claim: one table of members, and a check for each of them.

                  signed in the clear                             behind a digest (disclosures)
    genesis       root_key checkpoint_keys beacon_key chains
    configuration from_tree_size add retire
    beacon        chain_id number block_hash timestamp
    key           recovery                                        name orcid ror
    deposit       dataset_digest | declared_digest files bytes    title identifiers
                  assurance additional_digests                    each contributor
                  license access relations block held
    fixity        record dataset_digest files checked failed
                  missing started ended sample_seed
                  report_digest
    all           aud iat v _sd_alg _sd

What names a person or describes the data stands behind a digest and nowhere else, so that it can
be erased while the proof goes on verifying; a plain ``title`` is therefore refused. The checks
get strict JSON (``strict_json.parse``): strings are NFC, integers are within 2^53.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, cast

from provenance.assurance import check_assurance, check_counts
from provenance.credit import ROLES
from provenance.digests import from_b64url, from_evm_hex, from_hex
from provenance.errors import HashOfNothingError, MalformedError, TooLargeError
from provenance.fingerprint import ADDITIONAL_ALGORITHMS, DECLARED_ALGORITHMS
from provenance.identifiers import (
    RELATIONS,
    check_digest_of_something,
    check_identifier,
    check_orcid,
    check_ror,
)
from provenance.keys import PublicKey
from provenance.note import NoteVerifier
from provenance.spdx import check_spdx
from provenance.strict_json import MAX_INTEGER, Members
from provenance.text import check_line

__all__ = [
    "ACCESS_LEVELS",
    "MAX_CONTRIBUTORS",
    "OPERATOR_TYPES",
    "TYPES",
    "Check",
    "RecordType",
]

Check = Callable[[object, str], None]
"""Checks one value; gets the full path of the member, as ``contributors[2]``."""

MAX_CONTRIBUTORS: Final = 500
"""Per deposit; 902 of them fit into an entry, more people come by ``contribution`` records."""

MAX_NAME: Final = 200
MAX_TITLE: Final = 1_000
MAX_IDENTIFIER: Final = 2_000
MAX_LICENSE: Final = 500
MAX_ITEMS: Final = 100
"""Identifiers, relations, or keys and chains named by one record."""
MAX_ROR: Final = 20
"""Organisations one person is affiliated with."""

ACCESS_LEVELS: Final = frozenset({"open", "embargoed", "restricted", "closed"})
"""The access rights of COAR, as DataCite and most repositories use them."""

OPERATOR_TYPES: Final = frozenset({"genesis", "configuration", "beacon"})
"""Types that only the ledger itself may add; they never come in through the public API."""


@dataclass(frozen=True, slots=True)
class RecordType:
    """One type of record."""

    name: str
    plain: dict[str, Check]
    """Members signed in the clear."""
    required: frozenset[str]
    disclosable: dict[str, Check] = field(default_factory=dict)
    """Members that stand behind a digest in ``_sd``."""
    elements: dict[str, Check] = field(default_factory=dict)
    """Arrays all of whose elements stand behind digests."""
    may_hold: bool = False
    """Whether disclosures may be kept from public view (``held``)."""
    whole: Callable[[dict[str, object], str], None] | None = None
    """Rule over several members of the signed payload and the ``kid`` that signed it."""


# --- small checks -------------------------------------------------------------------------


def _text(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise MalformedError("expected a string", field=where)
    return value


def _line(value: object, where: str, limit: int) -> str:
    value = _text(value, where)
    if len(value) > limit:
        raise TooLargeError(limit=limit, length=len(value), unit="characters", field=where)
    if not value or value[0].isspace() or value[-1].isspace():
        raise MalformedError("expected text without spaces around it", field=where)
    if not value.isprintable():  # what is printable has no control characters; NFC is given
        check_line(value, where)
    return value


def _line_of(limit: int) -> Check:
    def check(value: object, where: str) -> None:
        _line(value, where, limit)

    return check


def _integer(low: int, high: int = MAX_INTEGER) -> Check:
    def check(value: object, where: str) -> None:
        if type(value) is not int:  # bool is an int to isinstance
            raise MalformedError("expected an integer", field=where)
        if not low <= value <= high:
            raise MalformedError(f"expected {low} to {high}, got {value}", field=where)

    return check


def _array(value: object, where: str, limit: int) -> list[object]:
    if not isinstance(value, list):
        raise MalformedError("expected an array", field=where)
    if not value:
        raise MalformedError("expected an element, or no such member", field=where)
    if len(value) > limit:
        raise TooLargeError(limit=limit, length=len(value), unit="elements", field=where)
    return value


def _array_of(check: Check, limit: int = MAX_ITEMS) -> Check:
    def check_array(value: object, where: str) -> None:
        elements = _array(value, where, limit)
        for number, one in enumerate(elements):
            check(one, f"{where}[{number}]")
            if number and one in elements[:number]:
                raise MalformedError("expected each element once", field=f"{where}[{number}]")

    return check_array


def _members(value: object, where: str, known: dict[str, Check]) -> dict[str, object]:
    """Check an object whose members are all known; which are required is the caller's rule."""
    if not isinstance(value, dict):
        raise MalformedError("expected an object", field=where)
    for name, member in value.items():
        check = known.get(name)
        if check is None:
            raise MalformedError("unknown member", field=Members(value, where).path(name))
        check(member, f"{where}.{name}")
    return value


def _object_of(known: dict[str, Check], optional: frozenset[str] = frozenset()) -> Check:
    required = known.keys() - optional

    def check(value: object, where: str) -> None:
        present = _members(value, where, known)
        if not required <= present.keys():
            missing = min(required - present.keys())
            raise MalformedError("expected the member, got none", field=f"{where}.{missing}")

    return check


def _hex32(value: object, where: str) -> None:
    from_hex(_text(value, where), field=where)


def _evm_hex(length: int) -> Check:
    def check(value: object, where: str) -> None:
        from_evm_hex(_text(value, where), length=length, field=where)

    return check


def _one_of(allowed: frozenset[str]) -> Check:
    def check(value: object, where: str) -> None:
        if not (isinstance(value, str) and value in allowed):
            known = ", ".join(sorted(allowed))
            raise MalformedError(f"expected one of {known}; got {value!r:.80}", field=where)

    return check


def _jwk(value: object, where: str) -> None:
    PublicKey.from_jwk(value, field=where)


def _vkey(value: object, where: str) -> None:
    text = _text(value, where)
    try:
        NoteVerifier.from_vkey(text)
    except MalformedError as error:
        raise MalformedError(f"expected a verifier key: {error}", field=where) from error


# --- people and datasets ------------------------------------------------------------------


def _orcid(value: object, where: str) -> None:
    check_orcid(_text(value, where), where)


def _ror(value: object, where: str) -> None:
    check_ror(_text(value, where), where)


_CONTRIBUTOR: Final[dict[str, Check]] = {
    "name": _line_of(MAX_NAME),
    "orcid": _orcid,
    "ror": _array_of(_ror, MAX_ROR),
    "roles": _array_of(_one_of(frozenset(ROLES)), len(ROLES)),
}
"""A role that is not stated is absent: not everybody fits CRediT."""

_contributor: Final = _object_of(_CONTRIBUTOR, frozenset({"orcid", "ror", "roles"}))


def _identifier(value: object, where: str) -> None:
    if not isinstance(value, dict) or value.keys() != {"type", "value"}:
        raise MalformedError("expected an object of type and value", field=where)
    kind = _text(value["type"], f"{where}.type")
    check_identifier(kind, _line(value["value"], f"{where}.value", MAX_IDENTIFIER), where)


def _relation(value: object, where: str) -> None:
    """A relation to another record, or to anything that has an identifier; exactly one of them."""
    present = _members(value, where, _RELATION)
    if "relation" not in present:
        raise MalformedError("expected the member, got none", field=f"{where}.relation")
    if ("record" in present) is ("identifier" in present):
        raise MalformedError("expected either record or identifier", field=where)


_RELATION: Final[dict[str, Check]] = {
    "relation": _one_of(RELATIONS),
    "record": _hex32,
    "identifier": _line_of(MAX_IDENTIFIER),
}


def _dataset_digest(value: object, where: str) -> None:
    digest = _text(value, where)
    from_hex(digest, field=where)
    check_digest_of_something(digest, where)


_declared_digest: Final = _object_of(
    {"algorithm": _one_of(frozenset(DECLARED_ALGORITHMS)), "digest": _dataset_digest}
)


_ADDITIONAL: Final[dict[str, Check]] = {
    "algorithm": _one_of(frozenset(ADDITIONAL_ALGORITHMS)),
    "digest": _dataset_digest,
}
_additional_list: Final = _array_of(_object_of(_ADDITIONAL), len(ADDITIONAL_ALGORITHMS))


def _additional_digests(value: object, where: str) -> None:
    """Roots over the same files by other algorithms, each algorithm once."""
    _additional_list(value, where)
    algorithms = [one["algorithm"] for one in cast("list[dict[str, str]]", value)]
    for number, algorithm in enumerate(algorithms):
        if algorithm in algorithms[:number]:
            raise MalformedError("expected each algorithm once", field=f"{where}[{number}]")


def _license(value: object, where: str) -> None:
    check_spdx(_line(value, where, MAX_LICENSE), where)


def _deposit(claims: dict[str, object], _: str) -> None:
    if ("dataset_digest" in claims) is ("declared_digest" in claims):
        raise MalformedError(
            "expected either dataset_digest or declared_digest", field="dataset_digest"
        )
    if claims.get("bytes") == 0:
        raise HashOfNothingError("expected data: every file of the dataset is empty", field="bytes")
    if "additional_digests" in claims and "declared_digest" in claims:
        raise MalformedError("expected a dataset_digest beside it", field="additional_digests")
    check_counts(claims)


def _fixity(claims: dict[str, object], _: str) -> None:
    """Check that the counts of a re-hash can be true of one dataset, and the times of one clock."""
    counts = ("files", "checked", "failed", "missing", "started", "ended")
    files, checked, failed, missing, started, ended = (cast("int", claims[one]) for one in counts)
    if checked > files:
        raise MalformedError(f"expected 1 to {files}, got {checked}", field="checked")
    if failed + missing > checked:
        message = f"expected at most {checked} with those that failed, got {failed + missing}"
        raise MalformedError(message, field="missing")
    if ended < started:
        raise MalformedError(f"expected {started} or later, got {ended}", field="ended")
    if ("sample_seed" in claims) is (checked == files):
        raise MalformedError("expected it exactly when not every file is", field="sample_seed")


def _genesis(claims: dict[str, object], kid: str) -> None:
    if PublicKey.from_jwk(claims["root_key"]).thumbprint != kid:
        raise MalformedError("expected the key that signs the record", field="root_key")


def _configuration(claims: dict[str, object], _: str) -> None:
    if "add" not in claims and "retire" not in claims:
        raise MalformedError("expected add, retire or both", field="add")


# --- the log's own ------------------------------------------------------------------------

_CHAIN: Final = _object_of(
    {
        "chain_id": _integer(1),
        "genesis_hash": _evm_hex(32),
        "contract": _evm_hex(20),
        "log_id": _evm_hex(32),
        "code_hash": _evm_hex(32),
        "roots_slot": _integer(0),
    }
)

_KEYS_AND_CHAINS: Final[dict[str, Check]] = {
    "checkpoint_keys": _array_of(_vkey),
    "chains": _array_of(_CHAIN),
    "beacon_keys": _array_of(_jwk),
}


def _change(value: object, where: str) -> None:
    if not _members(value, where, _KEYS_AND_CHAINS):
        raise MalformedError("expected a member, or no such object", field=where)


_BLOCK: Final[dict[str, Check]] = {
    "chain_id": _integer(1),
    "number": _integer(0),
    "block_hash": _evm_hex(32),
}


def _thumbprint(value: object, where: str) -> None:
    from_b64url(_text(value, where), length=32, field=where)


# --- looking again ------------------------------------------------------------------------

_FIXITY: Final[dict[str, Check]] = {
    "record": _hex32,
    "dataset_digest": _dataset_digest,
    "files": _integer(1),
    "checked": _integer(1),
    "failed": _integer(0),
    "missing": _integer(0),
    "started": _integer(0),
    "ended": _integer(0),
    "sample_seed": _hex32,
    "report_digest": _dataset_digest,
}
"""Somebody read the files of a deposit again: how many of them, and how many were not as signed."""

# --- the table ----------------------------------------------------------------------------

TYPES: Final[dict[str, RecordType]] = {
    one.name: one
    for one in (
        RecordType(
            name="genesis",
            plain={
                "root_key": _jwk,
                "checkpoint_keys": _KEYS_AND_CHAINS["checkpoint_keys"],
                "beacon_key": _jwk,
                "chains": _KEYS_AND_CHAINS["chains"],
            },
            required=frozenset({"root_key", "checkpoint_keys", "beacon_key", "chains"}),
            whole=_genesis,
        ),
        RecordType(
            name="configuration",
            plain={"from_tree_size": _integer(1), "add": _change, "retire": _change},
            required=frozenset({"from_tree_size"}),
            whole=_configuration,
        ),
        RecordType(
            name="beacon",
            plain={**_BLOCK, "timestamp": _integer(0)},
            required=frozenset({*_BLOCK, "timestamp"}),
        ),
        RecordType(
            name="key",
            plain={"recovery": _thumbprint},
            required=frozenset(),
            disclosable={
                "name": _line_of(MAX_NAME),
                "orcid": _orcid,
                "ror": _array_of(_ror, MAX_ROR),
            },
        ),
        RecordType(
            name="deposit",
            plain={
                "dataset_digest": _dataset_digest,
                "declared_digest": _declared_digest,
                "files": _integer(1),
                "bytes": _integer(0),
                "assurance": check_assurance,
                "additional_digests": _additional_digests,
                "license": _license,
                "access": _one_of(ACCESS_LEVELS),
                "relations": _array_of(_relation),
                "block": _object_of(_BLOCK),
            },
            required=frozenset({"files"}),
            disclosable={"title": _line_of(MAX_TITLE), "identifiers": _array_of(_identifier)},
            elements={"contributors": _contributor},
            may_hold=True,
            whole=_deposit,
        ),
        RecordType(
            name="fixity",
            plain=_FIXITY,
            required=frozenset(_FIXITY.keys() - {"sample_seed"}),
            whole=_fixity,
        ),
    )
}
"""Every type this release knows, by the first part of the ``typ`` header."""
