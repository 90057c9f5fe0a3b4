from __future__ import annotations

import base64
import json
from dataclasses import replace
from importlib.resources import files
from typing import Any

import jsonschema
import pytest
import receipts
from hypothesis import given
from hypothesis import strategies as st
from mutations import MANY
from oracles import naive_merkle
from published import own_cases
from receipts import Shape

from provenance.errors import MalformedError, TooLargeError, UnsupportedVersionError
from provenance.receipt import (
    MAX_ANCHORS,
    MAX_KEYS,
    MAX_RECEIPT_BYTES,
    Anchored,
    Receipt,
    to_tlog_proof,
)
from provenance.record import parse_record

SCHEMA = json.loads((files("provenance") / "schemas" / "receipt.json").read_text())
SHAPES = {
    "complete": Shape(),
    "not anchored": Shape(anchors=()),
    "no beacon": Shape(beacon=False),
    "no beacon header": Shape(beacon_header=False),
    "no history": Shape(history=False),
    "no keys": Shape(keys=False),
    "two anchors": Shape(anchors=(1, 100), policy_chains=(1, 100)),
    "cosigned": Shape(cosigned=2),
    "two sets, three kinds of evidence": MANY,
}


@pytest.fixture(scope="module")
def complete() -> Receipt:
    return receipts.build().receipt


@pytest.mark.parametrize("shape", SHAPES)
def test_a_receipt_survives_writing_and_reading(shape: str) -> None:
    receipt = receipts.build(SHAPES[shape]).receipt

    assert Receipt.parse(receipt.to_bytes()) == receipt


def test_a_receipt_is_one_line_in_the_stated_order(complete: Receipt) -> None:
    octets = complete.to_bytes()

    assert octets.startswith(b'{"format":"provenance-receipt","v":1,"record":{"sd_jwt":"eyJ')
    assert octets.endswith(b"}\n")
    assert octets.count(b"\n") == 1
    assert list(json.loads(octets)) == [
        "format",
        "v",
        "record",
        "keys",
        "beacon",
        "first",
        "anchored",
    ]


def refuse(octets: bytes) -> MalformedError:
    with pytest.raises(MalformedError) as refusal:
        Receipt.parse(octets)
    return refusal.value


@pytest.mark.parametrize("indent", [None, 1])
def test_another_layout_of_the_same_json_is_refused(complete: Receipt, indent: int | None) -> None:
    loose = json.dumps(json.loads(complete.to_bytes()), ensure_ascii=False, indent=indent)

    assert "canonical" in str(refuse(loose.encode() + b"\n"))


def test_another_order_of_members_is_refused(complete: Receipt) -> None:
    members = json.loads(complete.to_bytes())
    turned = dict(reversed(members.items()))

    octets = json.dumps(turned, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"

    assert "canonical" in str(refuse(octets))


def edited(receipt: Receipt, *path: str | int, value: Any) -> bytes:  # noqa: ANN401 -- JSON
    whole = json.loads(receipt.to_bytes())
    place = whole
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


FIELDS: list[tuple[str, tuple[str | int, ...], Any]] = [
    ("status", ("status",), "proved"),
    ("record.status", ("record", "status"), "proved"),
    ("record.leaf_index", ("record", "leaf_index"), "6"),
    ("record.leaf_index", ("record", "leaf_index"), True),
    ("record.leaf_index", ("record", "leaf_index"), -1),
    ("record.sd_jwt", ("record", "sd_jwt"), None),
    ("keys", ("keys",), None),
    ("keys[0]", ("keys", 0), "eyJ"),
    ("keys[0].leaf_index", ("keys", 0, "leaf_index"), None),
    ("beacon.header", ("beacon", "header"), "f902"),
    ("beacon.header", ("beacon", "header"), "0xF902"),
    ("beacon.header", ("beacon", "header"), "0xf90"),
    ("first", ("first",), None),
    ("first.checkpoint", ("first", "checkpoint"), 8),
    ("first.record", ("first", "record"), {}),
    ("first.record", ("first", "record"), ["AAAA"]),
    ("first.record", ("first", "record"), [8]),
    ("first.keys", ("first", "keys"), []),
    ("first.keys[0]", ("first", "keys", 0), "x"),
    ("first.beacon", ("first", "beacon"), None),
    ("first.anchors", ("first", "anchors"), []),
    ("anchored[0].keys", ("anchored", 0, "keys"), []),
    ("anchored[0].beacon", ("anchored", 0, "beacon"), None),
    ("anchored[0].anchors", ("anchored", 0, "anchors"), []),
    ("anchored[0].anchors[0].chain_id", ("anchored", 0, "anchors", 0, "chain_id"), 0),
    ("anchored[0].anchors[0].contract", ("anchored", 0, "anchors", 0, "contract"), "0x00"),
    ("anchored[0].anchors[0].log_id", ("anchored", 0, "anchors", 0, "log_id"), "0x" + "0" * 40),
    ("anchored[0].anchors[0].evidence", ("anchored", 0, "anchors", 0, "evidence"), None),
    (
        "anchored[0].anchors[0].evidence.header",
        ("anchored", 0, "anchors", 0, "evidence", "header"),
        None,
    ),
    (
        "anchored[0].anchors[0].evidence.storage_proof[0]",
        ("anchored", 0, "anchors", 0, "evidence", "storage_proof", 0),
        "00",
    ),
    (
        "anchored[0].anchors[0].evidence.kind",
        ("anchored", 0, "anchors", 0, "evidence", "kind"),
        "receipt-trie",
    ),
    (
        "anchored[0].anchors[0].evidence.transaction_index",
        ("anchored", 0, "anchors", 0, "evidence", "transaction_index"),
        0,
    ),
    (
        "anchored[0].anchors[0].evidence.statement",
        ("anchored", 0, "anchors", 0, "evidence"),
        {"kind": "trusted-rpc", "statement": "a word"},
    ),
    (
        "anchored[0].anchors[0].evidence.receipt_proof",
        ("anchored", 0, "anchors", 0, "evidence"),
        {"kind": "receipt", "header": "0x00", "transaction_index": 1, "receipt_proof": {}},
    ),
    ("anchored", ("anchored",), None),
    ("anchored[0]", ("anchored", 0), []),
    ("anchored[0].anchors[0].final", ("anchored", 0, "anchors", 0, "final"), True),
]


@pytest.mark.parametrize(("field", "path", "value"), FIELDS)
def test_a_bad_member_is_named(
    complete: Receipt, field: str, path: tuple[str | int, ...], value: object
) -> None:
    assert refuse(edited(complete, *path, value=value)).field == field


@pytest.mark.parametrize("name", ["format", "record", "keys", "beacon", "first", "anchored"])
def test_a_missing_member_is_named(complete: Receipt, name: str) -> None:
    members = json.loads(complete.to_bytes())
    del members[name]

    octets = json.dumps(members, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"

    assert refuse(octets).field == name


@pytest.mark.parametrize(("name", "value"), [("v", 2), ("format", "provenance-policy")])
def test_another_format_or_version_says_so(complete: Receipt, name: str, value: object) -> None:
    with pytest.raises(UnsupportedVersionError):
        Receipt.parse(edited(complete, name, value=value))


def test_base64_with_stray_bits_is_refused(complete: Receipt) -> None:
    octets = complete.to_bytes()
    path = complete.first.record[0]
    text = base64.b64encode(path).decode()
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    stray = text[:-2] + alphabet[alphabet.index(text[-2]) + 1] + "="

    assert base64.b64decode(stray) == path  # what a lenient reader would take for the same
    assert refuse(octets.replace(text.encode(), stray.encode(), 1)).field == "first.record"


@pytest.mark.parametrize("excess", ["bytes", "keys", "anchors", "hashes"])
def test_what_no_real_receipt_has_is_too_large(complete: Receipt, excess: str) -> None:
    [anchored] = complete.anchored
    larger = {
        "keys": replace(complete, keys=complete.keys * (MAX_KEYS + 1)),
        "anchors": replace(
            complete,
            anchored=(Anchored(anchored.proofs, anchored.anchors * (MAX_ANCHORS + 1)),),
        ),
        "hashes": replace(complete, first=replace(complete.first, record=(bytes(32),) * 64)),
    }
    padded = complete.to_bytes() + b" " * MAX_RECEIPT_BYTES

    with pytest.raises(TooLargeError):
        Receipt.parse(padded if excess == "bytes" else larger[excess].to_bytes())


@given(st.binary(max_size=300))
def test_random_bytes_are_refused_and_nothing_else_gets_out(noise: bytes) -> None:
    refuse(noise)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists), st.data())
def test_any_json_in_any_place_is_refused_and_nothing_else_gets_out(
    value: object, data: st.DataObject
) -> None:
    receipt = receipts.build(Shape(anchors=())).receipt
    name = data.draw(st.sampled_from(["record", "keys", "beacon", "first", "anchored", "v"]))
    octets = edited(receipt, name, value=value)
    if octets == receipt.to_bytes():
        return

    refuse(octets)


# --- other forms --------------------------------------------------------------------------


def read_tlog_proof(text: str) -> tuple[bytes | None, int, list[bytes], str]:
    """Read a proof by the words of c2sp.org/tlog-proof, not by our code."""
    head, _, note = text.partition("\n\n")
    lines = head.split("\n")
    assert lines.pop(0) == "c2sp.org/tlog-proof@v1"
    extra = None
    if lines[0].startswith("extra "):
        extra = base64.b64decode(lines.pop(0).removeprefix("extra "), validate=True)
    index = int(lines.pop(0).removeprefix("index "))
    return extra, index, [base64.b64decode(line, validate=True) for line in lines], note


def root_from_path(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """Follow PATH(m, D[n]) of RFC 9162 §2.1.3.1 from the root down."""
    if size == 1:
        assert not path
        return leaf
    k = naive_merkle.split(size)
    *below, sibling = path
    if index < k:
        return naive_merkle.node(root_from_path(leaf, index, k, below), sibling)
    return naive_merkle.node(sibling, root_from_path(leaf, index - k, size - k, below))


def test_the_tlog_proof_leads_to_the_root_of_its_checkpoint(complete: Receipt) -> None:
    [anchored] = complete.anchored

    extra, index, path, note = read_tlog_proof(to_tlog_proof(complete))

    _, size, root, *_ = note.split("\n")
    leaf = naive_merkle.leaf(parse_record(complete.record.sd_jwt.encode(), complete=False).entry)
    assert root_from_path(leaf, index, int(size), path) == base64.b64decode(root)
    assert note == anchored.proofs.checkpoint
    assert extra is not None
    whole = json.loads(complete.to_bytes())
    assert json.loads(extra) == {
        "format": "provenance-anchors",
        "v": 1,
        "anchors": whole["anchored"][0]["anchors"],
    }


def test_the_tlog_proof_is_of_the_smallest_checkpoint_that_is_proved() -> None:
    stated = {receipts.OTHERNET: "trusted-rpc"}
    sizes = {receipts.OTHERNET: 10}
    shape = Shape(anchors=(1, 100), policy_chains=(1, 100), kinds=stated, sizes=sizes)
    by_word, by_proof = receipts.build(shape).receipt.anchored
    only_word = receipts.build(replace(shape, anchors=(100,))).receipt

    _, _, _, note = read_tlog_proof(to_tlog_proof(receipts.build(shape).receipt))
    _, _, _, weak = read_tlog_proof(to_tlog_proof(only_word))

    assert by_word.proofs.checkpoint != by_proof.proofs.checkpoint
    assert note == by_proof.proofs.checkpoint
    assert weak == by_word.proofs.checkpoint


def test_the_tlog_proof_of_a_fresh_receipt_has_no_extra_line() -> None:
    receipt = receipts.build(Shape(anchors=())).receipt

    extra, index, path, note = read_tlog_proof(to_tlog_proof(receipt))

    assert extra is None
    assert index == 6
    assert tuple(path) == receipt.first.record
    assert note == receipt.first.checkpoint


@pytest.mark.parametrize("shape", SHAPES)
def test_the_published_schema_takes_the_receipt(shape: str) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)

    jsonschema.validate(json.loads(receipts.build(SHAPES[shape]).octets), SCHEMA)


# lengths of lists against each other, and what is a hash only by its length
BEYOND_SCHEMA = {"first.keys", "first.beacon", "anchored[0].keys", "anchored[0].beacon"}


@pytest.mark.parametrize(
    ("path", "value"), [(path, value) for name, path, value in FIELDS if name not in BEYOND_SCHEMA]
)
def test_the_published_schema_refuses_what_a_schema_can(
    complete: Receipt, path: tuple[str | int, ...], value: object
) -> None:
    receipt = json.loads(edited(complete, *path, value=value))

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(receipt, SCHEMA)


@pytest.mark.parametrize("vector", own_cases("receipts"))
def test_the_published_schema_takes_every_good_vector(vector: dict[str, Any]) -> None:
    if vector["expect"] == "ok":
        jsonschema.validate(json.loads(vector["receipt"]), SCHEMA)
