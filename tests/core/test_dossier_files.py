"""The parts of a dossier that are pure: its index, its sums, hand steps, and the timeline."""

from __future__ import annotations

import json
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
import receipts
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import naive_merkle

from provenance.dossier_check import check_dossier
from provenance.dossier_hand import _der, to_pem, tree_steps
from provenance.dossier_index import (
    DossierIndex,
    ListedBlock,
    ListedConsistency,
    ListedOverlap,
    ListedRecord,
)
from provenance.dossier_sums import write_sums
from provenance.dossier_timeline import MAX_BARS, Bar, draw_timeline
from provenance.errors import MalformedError, ProvenanceError, UnsupportedVersionError
from provenance.given import Given
from provenance.lineage_svg import width_of

RECORD = ListedRecord(b"\1" * 32, "deposit", 7, "K", "unbound", None, 9, "records/a.json", None)
INDEX = DossierIndex(
    language="both",
    version="1",
    verifier=b"\2" * 32,
    subjects=(b"\1" * 32,),
    origin="ledger.example/log",
    tree_size=9,
    root=b"\3" * 32,
    policy=b"\4" * 32,
    records=(RECORD, replace(RECORD, manifest="manifests/a.jsonl", not_before=3)),
    blocks=(ListedBlock(1, 2, b"\5" * 32, "headers/b.rlp"),),
    overlap=(ListedOverlap(b"\1" * 32, b"\6" * 32, (("overlap/1.json", "overlap/2.json"),)),),
    consistency=(ListedConsistency(7, 9, (b"\7" * 32,)),),
)


# --- the index ----------------------------------------------------------------------------


def test_an_index_is_read_as_it_was_written() -> None:
    assert DossierIndex.parse(INDEX.to_bytes()) == INDEX


@pytest.mark.parametrize("path", ["/etc/passwd", "../x", "a//b", "a\\b", "a/./b", ""])
def test_a_path_out_of_the_dossier_is_refused(path: str) -> None:
    hostile = replace(INDEX, records=(replace(RECORD, receipt=path),))

    with pytest.raises(MalformedError) as caught:
        DossierIndex.parse(hostile.to_bytes())

    assert caught.value.field is not None


def test_another_version_is_refused() -> None:
    members = json.loads(INDEX.to_bytes())

    with pytest.raises(UnsupportedVersionError):
        DossierIndex.parse(json.dumps({**members, "v": 2}).encode())


@settings(max_examples=100)
@given(st.binary(max_size=60), st.integers(min_value=0, max_value=len(INDEX.to_bytes())))
def test_whatever_bytes_are_an_index_or_refused(octets: bytes, at: int) -> None:
    written = INDEX.to_bytes()
    for hostile in (octets, written[:at] + octets + written[at:]):
        try:
            DossierIndex.parse(hostile)
        except ProvenanceError:
            continue


# --- the sums -----------------------------------------------------------------------------


def findings(files: dict[str, bytes]) -> set[tuple[str, str]]:
    verdict = check_dossier(files, Given(), now_unix=0)
    return {(one.code, one.file) for one in verdict.findings}


def test_each_list_betrays_an_altered_other_one() -> None:
    files = {"a.txt": b"alpha", "b/c.txt": b"gamma"}
    whole = {**files, **write_sums(files)}
    noise = findings(whole)

    def altered(name: str, old: bytes, new: bytes) -> set[tuple[str, str]]:
        return findings({**whole, name: whole[name].replace(old, new, 1)}) - noise

    digest = whole["SHA256SUMS"][:1]
    other = b"0" if digest != b"0" else b"1"
    assert altered("a.txt", b"alpha", b"alphb") == {("file-altered", "a.txt")}
    assert ("file-missing", "a.txt") in findings({k: v for k, v in whole.items() if k != "a.txt"})
    assert findings({**whole, "x": b""}) - noise == {("file-added", "x")}
    assert findings({**whole, "SHA256SUMS": b"nonsense\n"}) - noise == {
        ("sums-unreadable", "SHA256SUMS")
    }
    lines = whole["SHA256SUMS"].splitlines(keepends=True)
    forged = other + lines[0][1:] if lines[0][:1] != other else b"f" + lines[0][1:]
    found = findings({**whole, "SHA256SUMS": b"".join([forged, *lines[1:]])}) - noise
    assert {code for code, _ in found} <= {"sums-altered", "file-altered"}
    assert found


# --- by hand ------------------------------------------------------------------------------


@settings(max_examples=60)
@given(size=st.integers(1, 70), data=st.data())
def test_the_steps_lead_to_the_oracles_root(size: int, data: st.DataObject) -> None:
    entries = [b"%d" % one for one in range(size)]
    index = data.draw(st.integers(0, size - 1))
    path = naive_merkle.path(index, entries)

    leaf, steps = tree_steps(entries[index], index, size, path)

    assert (steps[-1].result if steps else leaf) == naive_merkle.root(entries)
    assert [one.sibling for one in steps] == list(path)


@pytest.mark.parametrize("alg", ["Ed25519", "ES256"])
def test_other_libraries_read_keys_and_signatures(alg: str) -> None:
    for number in range(1, 9):
        key = receipts.key_of(number, alg)
        signature = key.sign(b"message")
        read = serialization.load_pem_public_key(to_pem(key.public))
        if isinstance(read, ed25519.Ed25519PublicKey):
            read.verify(signature, b"message")
        else:
            assert isinstance(read, ec.EllipticCurvePublicKey)
            read.verify(_der(signature), b"message", ec.ECDSA(hashes.SHA256()))


# --- the timeline -------------------------------------------------------------------------


@settings(max_examples=60)
@given(
    st.lists(
        st.builds(
            Bar,
            label=st.text(max_size=80).filter(lambda text: text.isprintable()),
            side=st.sampled_from(["claimant", "respondent", ""]),
            start=st.none() | st.integers(0, 2**53),
            end=st.none() | st.integers(0, 2**53),
        ),
        max_size=MAX_BARS + 3,
    )
)
def test_every_bar_lies_inside_the_picture(bars: list[Bar]) -> None:
    svg = ET.fromstring(draw_timeline(bars, unproved="none", more="{count} more"))

    for one in svg.iter("{http://www.w3.org/2000/svg}rect"):
        x = float(one.get("x", "0"))
        assert 0 <= x <= x + float(one.get("width", "0")) <= 1_000.1
    for one in svg.iter("{http://www.w3.org/2000/svg}text"):
        if one.get("text-anchor") == "end" and float(one.get("x", "0")) < 400:
            assert width_of(one.text or "", 14) <= float(one.get("x", "0"))
    text = "".join(one.text or "" for one in svg.iter() if one.text)
    assert (f"{len(bars) - MAX_BARS} more" in text) == (len(bars) > MAX_BARS)
