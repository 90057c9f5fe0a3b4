from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import mutations
import pytest
import receipts
from hypothesis import given
from hypothesis import strategies as st
from oracles import naive_merkle
from receipts import DEVNET, MAINNET, OTHERNET, Built, Shape, build

from provenance import checkpoint as checkpoints
from provenance.checkpoint import Checkpoint
from provenance.comparison import Comparison, Rename
from provenance.digests import RootHash
from provenance.errors import MalformedError
from provenance.fingerprint import Summary
from provenance.given import RPC_AWAY, BlockName, Given, GivenBlock, RpcView, WholeData
from provenance.receipt import LoggedRecord, ProofSet, Receipt
from provenance.record import Record, issue_record, parse_record
from provenance.verdict import Outcome, Verdict
from provenance.verify import (
    Parts,
    blocks_to_look_up,
    check_parts,
    roots_to_ask,
    verify_receipt,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provenance.policy import BlockTime


def hashes_of(made: Built) -> list[GivenBlock]:
    return [GivenBlock(block_hash) for block_hash in made.evidence_hashes.values()]


def verify(made: Built, *, now_unix: int = receipts.NOW, allow_dev_chain: bool = False) -> Verdict:
    return verify_receipt(
        made.octets,
        made.policy,
        now_unix=now_unix,
        blocks=hashes_of(made),
        allow_dev_chain=allow_dev_chain,
    )


def test_one_trusted_hash_proves_both_ends() -> None:
    made = build()

    verdict = verify(made)

    assert verdict.exit_code == 0
    assert verdict.not_before is not None
    assert verdict.not_after is not None
    assert verdict.not_before.time_unix == receipts.BEACON_TIME
    assert verdict.not_before.trust == "history"
    assert verdict.not_after.time_unix == receipts.EVIDENCE_TIME + MAINNET
    assert verdict.not_after.trust == "you"
    assert verdict.not_after.block_hash == made.evidence_hashes[MAINNET]
    assert verdict.policy_digest == made.policy.digest
    assert verdict.independent


def test_the_readers_clock_decides_nothing() -> None:
    made = build()
    verdict = verify(made)

    for now in (0, receipts.T0 - 3 * 86_400, receipts.T0 + 366 * 86_400):
        assert replace(verify(made, now_unix=now), verified_at_unix=receipts.NOW) == verdict


def test_unusable_comes_before_everything_else() -> None:
    made = build(Shape(anchors=(), keys=False))
    other = Summary(bytes(32), 3, 3)

    verdict = verify_receipt(
        made.octets,
        made.policy,
        now_unix=receipts.NOW,
        blocks=[GivenBlock(bytes(32))],
        rpc=RPC_AWAY,
        data=WholeData(other),
        require=frozenset({"identity", "key-status", "not-before"}),
    )

    assert verdict.exit_code == 2
    assert verdict.check("signature").code == "no-key-record"
    assert verdict.check("inclusion").code == "not-reached"


def test_a_false_part_takes_the_interval_away() -> None:
    made = build(Shape(bad_signature=frozenset({6})))

    verdict = verify(made)

    assert verdict.exit_code == 1
    assert verdict.check("not-after").outcome is Outcome.VOUCHED
    assert verdict.not_after is None
    assert verdict.not_before is None


def test_the_earliest_independent_anchor_ends_the_interval() -> None:
    # the evidence blocks' times are in the order of the chain ids
    made = build(
        Shape(anchors=(OTHERNET, MAINNET, DEVNET), policy_chains=(MAINNET, OTHERNET, DEVNET))
    )

    both = verify(made, allow_dev_chain=True)
    later = verify_receipt(
        made.octets,
        made.policy,
        now_unix=receipts.NOW,
        blocks=[GivenBlock(made.evidence_hashes[chain]) for chain in (OTHERNET, DEVNET)],
        allow_dev_chain=True,
    )

    assert both.not_after is not None
    assert both.not_after.chain_id == MAINNET
    assert later.not_after is not None
    assert later.not_after.chain_id == OTHERNET


def test_a_development_chain_says_so_in_every_verdict() -> None:
    made = build(Shape(anchors=(DEVNET,), policy_chains=(DEVNET,), beacon_chain=DEVNET))

    unasked = verify_receipt(made.octets, made.policy, now_unix=receipts.NOW)
    refused, allowed = verify(made), verify(made, allow_dev_chain=True)

    assert [v.exit_code for v in (unasked, refused, allowed)] == [3, 3, 0]
    for verdict in (unasked, refused, allowed):
        assert not verdict.independent
        assert any("proves nothing independently" in c.text() for c in verdict.checks)
    assert refused.not_after is None
    assert allowed.not_after is not None


def test_the_second_chains_node_is_believed_for_its_own_anchor() -> None:
    made = build(Shape(anchors=(MAINNET, OTHERNET), policy_chains=(MAINNET, OTHERNET)))
    node = RpcView(
        chain_id=OTHERNET,
        head=receipts.EVIDENCE_NUMBER + 1,
        finalized=receipts.EVIDENCE_NUMBER,
        hashes={receipts.EVIDENCE_NUMBER: made.evidence_hashes[OTHERNET]},
    )

    verdict = verify_receipt(made.octets, made.policy, now_unix=receipts.NOW, rpc=node)

    assert verdict.exit_code == 0
    assert verdict.not_after is not None
    assert verdict.not_after.chain_id == OTHERNET
    assert verdict.not_before is None  # the beacon is the other chain's


@pytest.mark.parametrize(
    ("shape", "code", "trust"),
    [
        (Shape(), "key-self-asserted", "key-holder"),
        (Shape(identity={}), "key-unbound", "key-holder"),
        (Shape(institution=True), "key-institution", "institution"),
    ],
)
def test_identity_is_never_more_than_what_is_shown(shape: Shape, code: str, trust: str) -> None:
    check = verify(build(shape)).check("identity")

    assert check.code == code
    assert check.trust == trust
    assert (check.outcome is Outcome.PROVED) == (code == "key-institution")


def test_data_that_differ_are_counted_and_named_by_what_is_wrong_with_them() -> None:
    made = build(Shape(anchors=()))
    comparison = Comparison(
        matched=1,
        changed=("b.csv", "a.csv"),
        missing=(),
        added=("e", "d", "c", "f/" + "x" * 300),
        renamed=(Rename("old.csv", "new.csv"),),
        wrong_length=(),
        duplicated=(Rename("a.csv", "a (1).csv"),),
    )
    there = WholeData(Summary(bytes(32), 3, 9), comparison)

    found = verify_receipt(made.octets, made.policy, now_unix=receipts.NOW, data=there)

    check = found.check("dataset")
    assert (found.exit_code, check.code) == (1, "files-differ")
    assert check.text() == (
        "differences: 8; changed: 2 [a.csv, b.csv]; missing: 0 []; "
        "not in the manifest: 4 [c, d, e, …]; renamed: 1 [old.csv -> new.csv]; "
        "copies: 1 [a.csv -> a (1).csv]; provenance diff RECEIPT FOLDER lists all of them"
    )
    counts = {name: check.facts[name] for name in ("changed", "missing", "added", "renamed")}
    assert counts == {"changed": 2, "missing": 0, "added": 4, "renamed": 1}


def test_a_long_path_is_cut_to_its_end() -> None:
    made = build(Shape(anchors=()))
    path = "folder/" * 500 + "the-file.csv"
    comparison = Comparison(1, (path,), (), (), (), ())
    there = WholeData(Summary(bytes(32), 3, 9), comparison)

    check = verify_receipt(made.octets, made.policy, now_unix=0, data=there).check("dataset")

    shown = str(check.facts["first_changed"])
    assert len(shown) == 120
    assert shown.startswith("…")
    assert shown.endswith("/the-file.csv")


def test_withheld_claims_are_counted() -> None:
    made = build(Shape(hold=("title", "contributors")))

    check = verify(made).check("disclosure")

    assert check.facts == {"count": 2}


# --- other types of record ----------------------------------------------------------------


def alone(record: Record) -> bytes:
    """Return the receipt of a record that is the only entry of its log."""
    checkpoint = Checkpoint(receipts.ORIGIN, 1, RootHash(naive_merkle.leaf(record.entry)))
    note = checkpoints.sign(checkpoint, receipts.LOG_SIGNER)
    logged = LoggedRecord(record.compact.decode(), 0)
    return Receipt(logged, (), None, ProofSet(note, (), (), None), ()).to_bytes()


def genesis(signed_by: int) -> Record:
    claims: dict[str, object] = {
        "root_key": receipts.key_of(signed_by).public.jwk(),
        "checkpoint_keys": [receipts.LOG_SIGNER.verifier.to_vkey()],
        "beacon_key": receipts.BEACON_KEY.public.jwk(),
        "chains": [
            {
                "chain_id": 1,
                "genesis_hash": "0x" + "01" * 32,
                "contract": "0x" + "02" * 20,
                "log_id": "0x" + "03" * 32,
                "code_hash": "0x" + "04" * 32,
                "roots_slot": 2,
            }
        ],
    }
    return issue_record(
        "genesis",
        claims,
        private_key=receipts.key_of(signed_by),
        aud=receipts.ORIGIN,
        iat=receipts.T0,
        salts=receipts.salts(),
    )


def test_a_genesis_needs_no_key_record_but_the_root_keys_signature() -> None:
    policy = build().policy

    good = verify_receipt(alone(genesis(1)), policy, now_unix=receipts.NOW)
    forged = verify_receipt(alone(genesis(2)), policy, now_unix=receipts.NOW)

    assert good.exit_code == 3
    assert good.check("identity").code == "key-root"
    assert good.check("inclusion").outcome is Outcome.PROVED
    assert forged.exit_code == 1
    assert forged.check("signature").outcome is Outcome.FALSE


def test_a_key_record_carries_its_own_key() -> None:
    made = build()
    record = parse_record(made.receipt.keys[0].sd_jwt.encode(), complete=False)

    verdict = verify_receipt(alone(record), made.policy, now_unix=receipts.NOW)

    assert verdict.exit_code == 3
    assert verdict.check("signature").outcome is Outcome.PROVED
    assert verdict.check("identity").code == "key-self-asserted"


def test_a_beacon_alone_has_no_key_that_the_policy_knows() -> None:
    made = build()
    assert made.receipt.beacon is not None
    record = parse_record(made.receipt.beacon.sd_jwt.encode(), complete=False)

    verdict = verify_receipt(alone(record), made.policy, now_unix=receipts.NOW)

    assert verdict.exit_code == 2
    assert verdict.check("signature").code == "no-key-record"


# --- what callers use ---------------------------------------------------------------------


def test_parts_that_were_parsed_before_give_the_same_verdict() -> None:
    made = build()
    record = parse_record(made.receipt.record.sd_jwt.encode(), complete=False)
    given = Given(blocks=tuple(hashes_of(made)))

    parts = Parts.of(made.receipt, record)

    assert check_parts(parts, made.policy, given, now_unix=receipts.NOW) == verify(made)


def test_another_record_cannot_be_slipped_in() -> None:
    made = build()
    other = parse_record(
        build(Shape(claims={"files": 4})).receipt.record.sd_jwt.encode(), complete=False
    )

    with pytest.raises(RuntimeError):
        Parts.of(made.receipt, other)


def test_the_blocks_to_look_up_are_those_of_anchor_beacon_and_record() -> None:
    made = build(Shape(own_block=MAINNET))

    names = blocks_to_look_up(made.octets)

    assert set(names) == {
        BlockName(MAINNET, receipts.EVIDENCE_NUMBER, made.evidence_hashes[MAINNET]),
        BlockName(MAINNET, receipts.BEACON_NUMBER, made.beacon_hash),
    }


def test_the_blocks_of_garbage_are_not_looked_up() -> None:
    with pytest.raises(MalformedError):
        blocks_to_look_up(b"{}")


def test_a_requirement_nobody_knows_is_our_own_mistake() -> None:
    with pytest.raises(RuntimeError):
        Given(require=frozenset({"identity", "luck"}))


def test_a_block_hash_is_read_as_explorers_print_it() -> None:
    text = "0x" + "aB" * 32

    assert GivenBlock.from_hash(text).block_hash == bytes.fromhex("ab" * 32)
    for bad in ("ab" * 32, text[:-1], text[:-2], text + "00", "", "0xgg"):
        with pytest.raises(MalformedError):
            GivenBlock.from_hash(bad)


def test_a_header_vouches_for_its_own_hash_only() -> None:
    made = build()

    block = GivenBlock.from_header(made.beacon_header)

    assert block.block_hash == made.beacon_hash
    assert block.header is not None
    assert block.header.timestamp == receipts.BEACON_TIME
    with pytest.raises(MalformedError):
        GivenBlock.from_header(b"\xc0")


def test_the_verifier_needs_the_standard_library_and_cryptography_only() -> None:
    code = (
        "import sys\n"
        "before = set(sys.modules)\n"
        "import provenance.verify\n"
        "new = {name.split('.')[0] for name in set(sys.modules) - before}\n"
        "print(*sorted(new - set(sys.stdlib_module_names)))\n"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)

    # the last two are what cryptography calls its own binary parts
    allowed = {"provenance", "cryptography", "_cffi_backend", "_openssl"}
    assert set(done.stdout.split()) <= allowed


# --- anything at all ----------------------------------------------------------------------

SMALL = build(mutations.SMALL)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(0, 2**53) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


def places(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the way to every value of a JSON text."""
    yield path
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from places(inner, (*path, name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from places(inner, (*path, index))


@given(st.data())
def test_whatever_stands_anywhere_in_a_receipt_gets_a_verdict(data: st.DataObject) -> None:
    whole = json.loads(SMALL.octets)
    path = data.draw(st.sampled_from([way for way in places(whole) if way]))
    place = whole
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = data.draw(JSON | st.just(place[path[-1]]))
    octets = json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"

    verdict = verify_receipt(octets, SMALL.policy, now_unix=receipts.NOW, blocks=hashes_of(SMALL))

    # header and history of a beacon are for the lower end only: the upper is proved without them
    left_out = path[-1] in {"header", "history"} and place[path[-1]] is None
    assert verdict.exit_code != 4
    assert (verdict.exit_code == 0) == (octets == SMALL.octets) or left_out


@given(st.binary(max_size=500))
def test_random_bytes_get_a_verdict_too(noise: bytes) -> None:
    verdict = verify_receipt(noise, SMALL.policy, now_unix=receipts.NOW)

    assert verdict.exit_code == 2
    assert verdict.claimed is None


# --- several chains -----------------------------------------------------------------------


def test_every_anchor_is_listed_with_its_level() -> None:
    made = build(mutations.MANY)

    anchors = [check for check in verify(made).checks if check.name == "anchor"]

    assert [(check.subject, check.facts["level"]) for check in anchors] == [
        ("anchored[0].anchors[0]", "proof"),
        ("anchored[0].anchors[1]", "trusted-rpc"),
        ("anchored[1].anchors[0]", "proof"),
    ]
    assert [check.facts["tree_size"] for check in anchors] == [11, 11, 13]
    assert "the code of the contract was not checked" in anchors[0].text()
    assert anchors[1].text().startswith("trusted RPC: ")


@pytest.mark.parametrize(
    ("block_time", "sentence"),
    [
        ("consensus", "the chain's consensus bounds this time"),
        ("sequencer", "the chain's sequencer sets this time"),
        ("validators", "the chain's validators set this time"),
    ],
)
def test_who_sets_a_time_is_said_beside_it(block_time: BlockTime, sentence: str) -> None:
    verdict = verify(build(Shape(block_times={MAINNET: block_time}, own_block=MAINNET)))

    assert verdict.not_after is not None
    assert verdict.not_after.block_time == block_time
    for name in ("not-after", "not-before"):
        assert verdict.check(name).text().endswith(sentence)
    written = verdict.to_json()["interval"]
    assert isinstance(written, dict)
    assert written["not_after"]["block_time"] == block_time


@pytest.mark.parametrize("vouch", [True, False])
def test_a_statement_never_gives_a_time(vouch: bool) -> None:  # noqa: FBT001 -- a parameter
    made = build(
        Shape(
            anchors=(OTHERNET,),
            policy_chains=(OTHERNET, MAINNET),
            kinds={OTHERNET: "trusted-rpc"},
            beacon=False,
        )
    )

    verdict = verify_receipt(
        made.octets,
        made.policy,
        now_unix=receipts.NOW,
        blocks=hashes_of(made) if vouch else [],
        allow_dev_chain=True,
    )

    assert verdict.exit_code == 3
    assert verdict.check("not-after").code == "trusted-rpc-only"
    assert (verdict.not_after, verdict.not_before) == (None, None)
    assert verdict.check("anchor").outcome is Outcome.NOT_CHECKED


def test_a_history_proof_beside_a_statement_is_refused() -> None:
    made = build(Shape(kinds={MAINNET: "trusted-rpc"}))
    proved = build().receipt.anchored[0].anchors[0]
    [anchored] = made.receipt.anchored
    [anchor] = anchored.anchors
    edited = replace(anchor, history=proved.history)
    receipt = replace(made.receipt, anchored=(replace(anchored, anchors=(edited,)),))

    verdict = verify_receipt(receipt.to_bytes(), made.policy, now_unix=receipts.NOW)

    assert verdict.exit_code == 1
    assert verdict.check("not-before").code == "beacon-false"


def test_two_checkpoints_of_one_size_must_have_one_root() -> None:
    # the first checkpoint and an anchored one of the same size, of two histories
    shape = Shape(sizes={MAINNET: 8})
    made, forked = build(shape), build(replace(shape, filler=b"another history"))

    honest = verify(made)
    receipt = replace(made.receipt, first=forked.receipt.first)
    verdict = verify_receipt(receipt.to_bytes(), made.policy, now_unix=receipts.NOW)

    assert honest.exit_code == 0
    assert verdict.check("checkpoint").code == "checkpoint-fork"
    assert verdict.exit_code == 1


def test_the_quorum_of_any_checkpoint_is_enough() -> None:
    shape = Shape(
        anchors=(MAINNET, OTHERNET),
        policy_chains=(MAINNET, OTHERNET),
        sizes={OTHERNET: 10},
        witnesses=2,
        quorum=2,
    )
    bare, cosigned = build(shape), build(replace(shape, cosigned=2))
    smaller, greater = cosigned.receipt.anchored
    _, unwitnessed = bare.receipt.anchored
    half = replace(bare.receipt, anchored=(smaller, unwitnessed))

    assert verify(bare).check("witnesses").code == "quorum-not-met"
    assert greater != unwitnessed
    verdict = verify(replace(cosigned, receipt=half))
    assert verdict.check("witnesses").code == "quorum-met"
    assert verdict.exit_code == 0


def test_blocks_that_prove_something_are_looked_up_first() -> None:
    made = build(replace(mutations.MANY, sizes={receipts.THIRDNET: 9}))
    assert made.receipt.anchored[0].anchors[0].chain_id == receipts.THIRDNET

    names = blocks_to_look_up(made.octets)

    assert [name.chain_id for name in names] == [MAINNET, OTHERNET, receipts.THIRDNET, MAINNET]
    assert [root.chain_id for root in roots_to_ask(made.octets)] == [receipts.THIRDNET]
