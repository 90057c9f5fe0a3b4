from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import receipts
from hypothesis import given
from hypothesis import strategies as st
from receipts import DEVNET, MAINNET, OTHERNET, Shape

from provenance.errors import MalformedError, UnsupportedVersionError
from provenance.note import NoteVerifier
from provenance.policy import MAX_POLICY_BYTES, CheckpointKey, Policy, render_policy

FULL = Shape(
    anchors=(), policy_chains=(MAINNET, OTHERNET, DEVNET), institution=True, witnesses=2, quorum=1
)
SCHEMA = json.loads((files("provenance") / "schemas" / "policy.json").read_text())

FIRST = (Path(__file__).parents[1] / "vectors/database/v0001/policy.json").read_bytes()
"""As the first release wrote it."""

Edit = Callable[[dict[str, Any]], object]


def octets() -> bytes:
    return receipts.policy_octets(FULL)


def edited(edit: Edit) -> bytes:
    policy = json.loads(octets())
    edit(policy)
    return json.dumps(policy).encode()


def test_a_policy_says_what_was_written() -> None:
    policy = Policy.parse(octets())

    assert policy.origin == receipts.ORIGIN
    assert policy.root_key == receipts.ROOT_KEY.public
    assert [key.verifier for key in policy.checkpoint_keys] == [receipts.LOG_SIGNER.verifier]
    assert [chain.chain_id for chain in policy.chains] == [MAINNET, OTHERNET, DEVNET]
    assert [key.name for key in policy.institution_keys] == ["Brown University"]
    assert policy.witnesses == receipts.WITNESSES
    assert policy.quorum == 1


def test_the_digest_is_that_of_the_exact_bytes() -> None:
    as_written = octets()
    compact = json.dumps(json.loads(as_written), separators=(",", ":")).encode()

    assert Policy.parse(as_written).digest == hashlib.sha256(as_written).digest()
    assert Policy.parse(compact).digest == hashlib.sha256(compact).digest()
    assert Policy.parse(compact).octets == compact
    assert compact != as_written


@pytest.mark.parametrize("chain_id", [1337, 31337])
def test_a_development_chain_is_never_independent(chain_id: int) -> None:
    policy = Policy.parse(receipts.policy_octets(Shape(policy_chains=(chain_id,))))
    [chain] = policy.chains

    assert chain.claims_independence
    assert not chain.independent


def test_a_chain_is_as_independent_as_the_policy_says() -> None:
    policy = Policy.parse(
        receipts.policy_octets(
            Shape(policy_chains=(MAINNET, OTHERNET), not_independent=frozenset({OTHERNET}))
        )
    )

    assert [chain.independent for chain in policy.chains] == [True, False]


def test_a_chain_is_found_only_by_all_three_names() -> None:
    policy = Policy.parse(octets())
    chain = policy.chains[0]

    assert policy.chain(chain.chain_id, chain.contract, chain.log_id) is chain
    assert policy.chain(5, chain.contract, chain.log_id) is None
    assert policy.chain(chain.chain_id, bytes(20), chain.log_id) is None
    assert policy.chain(chain.chain_id, chain.contract, bytes(32)) is None
    assert policy.chain_named(chain.chain_id) is chain
    assert policy.chain_named(5) is None


@pytest.mark.parametrize(
    ("last", "covered"), [(None, [4, 5, 6, 2**53]), (5, [4, 5]), (4, [4])], ids=str
)
def test_a_checkpoint_key_covers_its_sizes_both_ends_included(
    last: int | None, covered: list[int]
) -> None:
    key = CheckpointKey(receipts.LOG_SIGNER.verifier, 4, last)

    assert [size for size in (0, 3, 4, 5, 6, 2**53) if key.covers(size)] == covered


def test_a_depth_is_a_finality_rule_too() -> None:
    policy = Policy.parse(receipts.policy_octets(Shape(depth=64)))

    assert [chain.depth for chain in policy.chains] == [64]


def test_a_chain_says_what_it_can_show_and_who_sets_its_time() -> None:
    shape = Shape(
        policy_chains=(MAINNET, OTHERNET),
        levels={OTHERNET: "trusted-rpc"},
        block_times={MAINNET: "sequencer", OTHERNET: "validators"},
    )

    policy = Policy.parse(receipts.policy_octets(shape))

    assert [chain.evidence for chain in policy.chains] == ["proof", "trusted-rpc"]
    assert [chain.block_time for chain in policy.chains] == ["sequencer", "validators"]
    plain = Policy.parse(octets()).chains[0]
    assert (plain.evidence, plain.block_time) == ("proof", "consensus")


def test_a_first_policy_stays_as_it_is_and_knows_chains_that_prove() -> None:
    chain = Policy.parse(FIRST).chains[0]

    assert b'"evidence"' not in FIRST
    assert b'"block_time"' not in FIRST
    assert (chain.evidence, chain.block_time) == ("proof", "consensus")
    jsonschema.validate(json.loads(FIRST), SCHEMA)


def test_what_is_written_anew_says_both() -> None:
    first = Policy.parse(FIRST)

    anew = render_policy(
        origin=first.origin,
        root_key=first.root_key,
        checkpoint_keys=first.checkpoint_keys,
        chains=first.chains,
    )

    assert json.loads(anew)["chains"][0]["evidence"] == "proof"
    assert json.loads(anew)["chains"][0]["block_time"] == "consensus"
    assert Policy.parse(anew).chains == first.chains


WITNESS_1 = receipts.WITNESSES[1].to_vkey()
LOG_VKEY = receipts.LOG_SIGNER.verifier.to_vkey()
RENAMED = NoteVerifier("renamed.example", receipts.WITNESSES[0].key, 4).to_vkey()

REFUSED: dict[str, tuple[str, Edit]] = {
    "v": ("v", lambda p: p.update(v=2)),
    "v as text": ("v", lambda p: p.update(v="1")),
    "format": ("format", lambda p: p.update(format="provenance-receipt")),
    "unknown member": ("status", lambda p: p.update(status="good")),
    "missing member": ("quorum", lambda p: p.pop("quorum")),
    "origin empty": ("origin", lambda p: p.update(origin="")),
    "origin of two lines": ("origin", lambda p: p.update(origin="a\nb")),
    "root key private": ("root_key.d", lambda p: p["root_key"].update(d=p["root_key"]["x"])),
    "root key without x": ("root_key.x", lambda p: p["root_key"].pop("x")),
    "other evidence": ("chains[0].evidence", lambda p: p["chains"][0].update(evidence="rpc")),
    "evidence null": ("chains[0].evidence", lambda p: p["chains"][0].update(evidence=None)),
    "block time null": ("chains[0].block_time", lambda p: p["chains"][0].update(block_time=None)),
    "other block time": (
        "chains[1].block_time",
        lambda p: p["chains"][1].update(block_time="miners"),
    ),
    "no checkpoint key": ("checkpoint_keys", lambda p: p.update(checkpoint_keys=[])),
    "no vkey": ("checkpoint_keys[0].vkey", lambda p: p["checkpoint_keys"][0].update(vkey="a+b+c")),
    "a witness's key for checkpoints": (
        "checkpoint_keys[0].vkey",
        lambda p: p["checkpoint_keys"][0].update(vkey=WITNESS_1),
    ),
    "to below from": (
        "checkpoint_keys[0].to",
        lambda p: p["checkpoint_keys"][0].update({"from": 5, "to": 4}),
    ),
    "unknown member of a key": (
        "checkpoint_keys[0].until",
        lambda p: p["checkpoint_keys"][0].update(until=5),
    ),
    "no chain": ("chains", lambda p: p.update(chains=[])),
    "chain twice": ("chains[3]", lambda p: p["chains"].append(p["chains"][0])),
    "two genesis hashes for one id": (
        "chains[3].genesis_hash",
        lambda p: p["chains"].append(
            {**p["chains"][0], "contract": "0x" + "22" * 20, "genesis_hash": "0x" + "33" * 32}
        ),
    ),
    "chain id 0": ("chains[0].chain_id", lambda p: p["chains"][0].update(chain_id=0)),
    "contract with checksum case": (
        "chains[0].contract",
        lambda p: p["chains"][0].update(contract="0x" + "C0" * 20),
    ),
    "contract too short": (
        "chains[0].contract",
        lambda p: p["chains"][0].update(contract="0x" + "c0" * 19),
    ),
    "finality unknown": ("chains[0].finality", lambda p: p["chains"][0].update(finality="safe")),
    "depth 0": (
        "chains[0].finality.depth",
        lambda p: p["chains"][0].update(finality={"depth": 0}),
    ),
    "independent as text": (
        "chains[0].independent",
        lambda p: p["chains"][0].update(independent="true"),
    ),
    "ror": ("institution_keys[0].ror", lambda p: p["institution_keys"][0].update(ror="05gq02988")),
    "institution key twice": (
        "institution_keys[1]",
        lambda p: p["institution_keys"].append(p["institution_keys"][0]),
    ),
    "a log's key for a witness": ("witnesses[0]", lambda p: p.update(witnesses=[LOG_VKEY])),
    "witness twice": (
        "witnesses[2]",
        lambda p: p["witnesses"].append(p["witnesses"][0]),
    ),
    "one witness under two names": ("witnesses[2]", lambda p: p["witnesses"].append(RENAMED)),
    "quorum that cannot be met": ("quorum", lambda p: p.update(quorum=3)),
    "quorum below 0": ("quorum", lambda p: p.update(quorum=-1)),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_bad_policy_is_refused_with_its_member_named(name: str) -> None:
    field, edit = REFUSED[name]

    with pytest.raises(MalformedError) as refusal:
        Policy.parse(edited(edit))

    assert refusal.value.field == field


@pytest.mark.parametrize("name", ["v", "format"])
def test_another_format_or_version_says_so(name: str) -> None:
    with pytest.raises(UnsupportedVersionError):
        Policy.parse(edited(REFUSED[name][1]))


def test_a_duplicate_member_is_refused() -> None:
    doubled = octets().replace(b'"quorum": 1', b'"quorum": 1, "quorum": 0')

    with pytest.raises(MalformedError):
        Policy.parse(doubled)


def test_a_policy_above_the_limit_is_refused() -> None:
    with pytest.raises(MalformedError):
        Policy.parse(octets() + b" " * MAX_POLICY_BYTES)


@given(st.binary(max_size=200))
def test_random_bytes_are_refused_and_nothing_else_gets_out(noise: bytes) -> None:
    with pytest.raises(MalformedError):
        Policy.parse(noise)


def test_the_published_schema_takes_the_policy() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)

    jsonschema.validate(json.loads(octets()), SCHEMA)


# what takes more than one member, or arithmetic, to see
BEYOND_SCHEMA = {
    "to below from",
    "chain twice",
    "two genesis hashes for one id",
    "ror",
    "institution key twice",
    "witness twice",
    "one witness under two names",
    "a witness's key for checkpoints",
    "a log's key for a witness",
    "quorum that cannot be met",
}


@pytest.mark.parametrize("name", sorted(set(REFUSED) - BEYOND_SCHEMA))
def test_the_published_schema_refuses_what_a_schema_can(name: str) -> None:
    policy = json.loads(edited(REFUSED[name][1]))

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(policy, SCHEMA)
