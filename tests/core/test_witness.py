"""The bytes of the witness protocol, by the specification's own log and key."""

from __future__ import annotations

import pytest

from provenance.digests import from_b64
from provenance.errors import BadSignatureError, MalformedError
from provenance.keys import PrivateKey
from provenance.note import COSIGNATURE_V1, Note, NoteVerifier, Signature
from provenance.witness import add_checkpoint_body, read_cosignature, read_size, witness_name

# c2sp.org/tlog-witness, from the golden log of Tessera
PROOF = "5jLpqTgjsBDSEX6SgZiRnbTMdTuRd8bQ5tSsAOxe0Ks="
NOTE = (
    "example.com/log/testdata\n"
    "15\n"
    "rKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs=\n"
    "\n"
    "— example.com/log/testdata M9e0luh4jTG+UMBqOUo9/q+yAEvx1ilBEniMvjf1zfcBOhg+CKubMt53MvIt"
    "/uEWP6zdkdIQzd/fmwlM/dlPWF74ewI=\n"
)
# sunlight's test data
VKEY = "witness.example.org+b8a2cf20+BFLN3yikSfFkVAJtrnh/CiY3Zozkoy7clp+P7XB28qUN"
ROME = "rome2026h1.example.org\n300\nlCkHUpkmVBEms2r2T1K6Og69+wUuuN3MIEW1/ezu2v0=\n"
LINE = (
    "— witness.example.org uKLPIAAAAABpVGeAhm2bOvKc3LaB9PFN1ruG19Y5yqslmcAAbhftnn1Zznmo0LXFZq4L"
    "GvqKqLX8jWlwLKasxEGTLIqAVusneCBmBw==\n"
)
ROME_NOTE = f"{ROME}\n— rome2026h1.example.org AAAAAAA=\n"


def test_the_body_is_that_of_the_specification() -> None:
    body = add_checkpoint_body(8, [from_b64(PROOF)], NOTE)
    assert body == f"old 8\n{PROOF}\n\n{NOTE}".encode()
    assert add_checkpoint_body(0, [], NOTE).startswith(b"old 0\n\nexample.com")


def test_a_proof_that_no_tree_has_is_refused() -> None:
    with pytest.raises(MalformedError, match="at most 63 hashes, got 64"):
        add_checkpoint_body(8, [bytes(32)] * 64, NOTE)


def test_the_witness_s_line_is_verified_and_kept_as_it_came() -> None:
    found = read_cosignature(LINE.encode(), ROME_NOTE, NoteVerifier.from_vkey(VKEY))
    assert found == LINE


def test_other_witnesses_lines_are_left_to_them() -> None:
    other = Signature("other.example", b"\1\2\3\4", bytes(72)).to_line()
    answer = (other + LINE + other).encode()
    assert read_cosignature(answer, ROME_NOTE, NoteVerifier.from_vkey(VKEY)) == LINE
    with pytest.raises(BadSignatureError, match=r"no cosignature of witness\.example\.org"):
        read_cosignature(other.encode(), ROME_NOTE, NoteVerifier.from_vkey(VKEY))


@pytest.mark.parametrize(
    "answer", [b"", b"\n", b"ok\n", b"\xff\n", LINE[:-1].encode(), LINE.encode() + b"\n"]
)
def test_an_answer_that_is_not_signature_lines_is_refused(answer: bytes) -> None:
    with pytest.raises(MalformedError):
        read_cosignature(answer, ROME_NOTE, NoteVerifier.from_vkey(VKEY))


def test_a_cosignature_of_another_checkpoint_is_refused() -> None:
    with pytest.raises(BadSignatureError):
        read_cosignature(LINE.encode(), ROME_NOTE.replace("300", "301"), _sunlight())


def test_any_flipped_byte_of_the_cosignature_is_refused() -> None:
    line = Note.parse(ROME_NOTE + LINE).signatures[-1]
    for at in range(len(line.octets)):
        octets = bytearray(line.octets)
        octets[at] ^= 1
        wrong = Signature(line.name, line.key_id, bytes(octets)).to_line()
        with pytest.raises(BadSignatureError):
            read_cosignature(wrong.encode(), ROME_NOTE, _sunlight())


@pytest.mark.parametrize(
    ("body", "size"), [(b"0\n", 0), (b"15\n", 15), (b"9223372036854775807\n", 2**63 - 1)]
)
def test_a_size_is_read(body: bytes, size: int) -> None:
    assert read_size(body) == size


@pytest.mark.parametrize(
    "body", [b"", b"15", b"015\n", b"+1\n", b"-1\n", b"1\n1\n", b"9223372036854775808\n"]
)
def test_what_is_not_a_size_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedError):
        read_size(body)


def test_a_witness_is_named_by_name_and_key() -> None:
    assert witness_name(_sunlight()) == "witness.example.org+b8a2cf20"
    log_key = NoteVerifier("log.example", PrivateKey.from_seed("Ed25519", bytes(32)).public)
    with pytest.raises(MalformedError, match="type 4"):
        witness_name(log_key)


def _sunlight() -> NoteVerifier:
    found = NoteVerifier.from_vkey(VKEY)
    assert found.type == COSIGNATURE_V1
    return found
