"""Checkpoints, judged by a public test log; and which of them may follow which."""

from __future__ import annotations

import contextlib
import hashlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from published_vectors import read_json

from provenance import checkpoint, note
from provenance.checkpoint import Checkpoint, check_may_follow, open_checkpoint
from provenance.digests import RootHash, from_b64
from provenance.errors import (
    BadSignatureError,
    MalformedError,
    ProofShapeError,
    RootMismatchError,
    VerificationError,
)
from provenance.keys import PrivateKey

# github.com/transparency-dev/tessera testdata/log: checkpoint.3 and that of size 15
ORIGIN = "example.com/log/testdata"
VKEY = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"
TEXT_3 = f"{ORIGIN}\n3\nWqx3HImawpLnS/Gv4ubjAvi1WIOy0b8Ze0amvqbavKk=\n"
NOTE_3 = (
    f"{TEXT_3}\n— {ORIGIN} M9e0lvAQRtH832pk2RTbeSeZMkp4FZSdJYFBUjO5SKxuRbywPUF3cx+HUrb50kjd3rUWW"
    "/fj53Wj1dwcwh9bGQnqVAg=\n"
)
NOTE_15 = (
    f"{ORIGIN}\n15\nrKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs=\n\n— {ORIGIN} M9e0luh4jTG+UMBqOUo"
    "9/q+yAEvx1ilBEniMvjf1zfcBOhg+CKubMt53MvIt/uEWP6zdkdIQzd/fmwlM/dlPWF74ewI=\n"
)

SIGNER = note.NoteSigner("example.org/log", PrivateKey.from_seed("Ed25519", bytes(range(32))))
WITNESS = note.NoteVerifier("example.org/log", SIGNER.key.public, note.COSIGNATURE_V1)
EMPTY = RootHash(hashlib.sha256(b"").digest())
ROOT = RootHash(b"\1" * 32)


def opened(text: str) -> Checkpoint:
    return open_checkpoint(text, ORIGIN, [note.NoteVerifier.from_vkey(VKEY)])


def test_the_public_logs_checkpoints_open() -> None:
    three, fifteen = opened(NOTE_3), opened(NOTE_15)

    assert (three.origin, three.tree_size, three.extensions) == (ORIGIN, 3, ())
    root = "5aac771c899ac292e74bf1afe2e6e302f8b55883b2d1bf197b46a6bea6dabca9"
    assert three.root_hash.hex() == root
    assert three.to_text() == TEXT_3
    assert len(NOTE_3.encode()) == 195
    assert fifteen.tree_size == 15


def test_a_signature_with_one_other_character_does_not_open() -> None:
    with pytest.raises(BadSignatureError):
        opened(NOTE_3.replace("FZSdJYFB", "FZSdJoFB"))


def test_checkpoints_of_a_public_mirror_are_read() -> None:
    published: dict[str, Any] = read_json("sunlight-mirror-log/mirror-and-cosignatures.json")
    text = note.Note.parse(published["mirror"]["checkpoint"]).text

    read = Checkpoint.from_text(text)

    assert (read.origin, read.tree_size) == ("rome2026h1.example.org", 300)
    assert read.root_hash == from_b64("gw31yQrqZZCcEOPrzX+bpy3nJ6QgngTKn8G1m0i62uU=")
    assert read.to_text() == text


def test_the_checkpoint_of_no_entries_has_the_root_of_no_entries() -> None:
    text = "example.org/log\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"

    assert Checkpoint.from_text(text) == Checkpoint("example.org/log", 0, EMPTY)
    with pytest.raises(MalformedError):
        Checkpoint("example.org/log", 0, ROOT)


printable = st.text(st.characters(codec="utf-8", min_codepoint=0x20), min_size=1, max_size=10)
checkpoints = st.builds(
    Checkpoint,
    printable,
    st.integers(1, 2**63 - 1),
    st.binary(min_size=32, max_size=32).map(RootHash),
    st.lists(printable, max_size=2).map(tuple),
)


@given(checkpoints)
def test_a_checkpoint_comes_back(value: Checkpoint) -> None:
    assert Checkpoint.from_text(value.to_text()) == value
    signed = checkpoint.sign(value, SIGNER)
    assert open_checkpoint(signed, value.origin, [SIGNER.verifier]) == value


def test_any_flipped_bit_is_rejected() -> None:
    octets = NOTE_3.encode()
    for bit in range(len(octets) * 8):
        flipped = bytearray(octets)
        flipped[bit // 8] ^= 1 << bit % 8
        with (
            contextlib.suppress(UnicodeDecodeError),
            pytest.raises((MalformedError, BadSignatureError)),
        ):
            opened(flipped.decode())


@given(
    st.text(max_size=30)
    | st.lists(
        st.sampled_from(["a", "\n", "3", "0", "07", "-", "A" * 43 + "=", "\r"]), max_size=9
    ).map("".join)
)
def test_nothing_but_a_malformed_error_comes_out(text: str) -> None:
    with contextlib.suppress(MalformedError):
        assert Checkpoint.from_text(text).to_text() == text


@pytest.mark.parametrize(
    "size",
    ["", "007", "03", "+3", "-3", "3.0", "3 ", " 3", "0x3", "3_0", "\u0663", "3\r", "1e3"],
)
def test_a_tree_size_is_plain_decimal(size: str) -> None:
    with pytest.raises(MalformedError):
        Checkpoint.from_text(TEXT_3.replace("\n3\n", f"\n{size}\n"))


@pytest.mark.parametrize("size", ["9" * 19, str(2**63), "1" * 5_000])
def test_a_tree_size_above_63_bits_is_refused(size: str) -> None:
    with pytest.raises(MalformedError):
        Checkpoint.from_text(TEXT_3.replace("\n3\n", f"\n{size}\n"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "a\n3\n",
        TEXT_3[:-1],
        TEXT_3 + "\n",  # an extension line that is empty
        TEXT_3.replace(ORIGIN, ""),
        TEXT_3.replace("\n", "\r\n"),
        TEXT_3.replace("=", ""),
        TEXT_3.replace("=", "=="),
        TEXT_3.replace("vKk=", "vKl="),  # stray bits after the 32 bytes
        TEXT_3.replace("vKk=", "vKkA"),
        TEXT_3.replace("/Gv", "_Gv"),
        TEXT_3.replace("Wqx3", " Wqx3"),
        TEXT_3 + "extension\t\n",
    ],
)
def test_what_is_not_exactly_a_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(MalformedError):
        Checkpoint.from_text(text)


@pytest.mark.parametrize(
    ("origin", "size", "root"),
    [
        ("", 1, ROOT),
        ("a\nb", 1, ROOT),
        ("a", -1, ROOT),
        ("a", 2**63, ROOT),
        ("a", 1, RootHash(b"\1" * 31)),
        ("a", 1, RootHash(b"\1" * 33)),
    ],
)
def test_a_checkpoint_that_cannot_be_written_cannot_be_made(
    origin: str, size: int, root: RootHash
) -> None:
    with pytest.raises(MalformedError):
        Checkpoint(origin, size, root)


def test_a_checkpoint_of_another_log_does_not_open() -> None:
    signed = checkpoint.sign(Checkpoint("example.org/other", 1, ROOT), SIGNER)

    with pytest.raises(MalformedError) as caught:
        open_checkpoint(signed, "example.org/log", [SIGNER.verifier])

    assert caught.value.field == "checkpoint.origin"


def test_a_witness_does_not_stand_in_for_the_log() -> None:
    value = Checkpoint("example.org/log", 1, ROOT)
    key_id, signed = WITNESS.key_id, f"cosignature/v1\ntime 5\n{value.to_text()}".encode()
    line = note.Signature(WITNESS.name, key_id, (5).to_bytes(8, "big") + SIGNER.key.sign(signed))
    text = note.Note(value.to_text(), (line,)).to_text()

    assert note.verify_cosignature(note.Note.parse(text), WITNESS.to_vkey()) == 5
    with pytest.raises(BadSignatureError):
        open_checkpoint(text, "example.org/log", [WITNESS, SIGNER.verifier])


# --- which may follow ---------------------------------------------------------------------

# The same log at size 8 and the proofs between the three sizes, from the exchange that
# c2sp.org/tlog-witness describes.
ROOT_8 = RootHash(from_b64("bC+VwvrJbalNVjfkdI8kUgs7mJoXrqiXCE7bgnD28pY="))
THREE = Checkpoint.from_text(TEXT_3)
EIGHT = Checkpoint(ORIGIN, 8, ROOT_8)
FIFTEEN = Checkpoint.from_text(note.Note.parse(NOTE_15).text)
FROM_3_TO_8 = [
    from_b64(line)
    for line in (
        "Zx8UbF5HHooag6PCFM5LqQe486WIjRTMjNPOdbsS75Q=",
        "9xWrP6pdBx5uKsS7mU1b9zWUPcw3mdoNCF55gM+5M2o=",
        "T1X2GdkhUjV3iyufF9b0kVsWFxIU0VI4EpNml2Teci4=",
        "g0ZoeYWtIV8Q8i+4CmgqPnBvH2il107lyCgTQsyB7H4=",
    )
]
FROM_8_TO_15 = [from_b64("5jLpqTgjsBDSEX6SgZiRnbTMdTuRd8bQ5tSsAOxe0Ks=")]


def test_a_longer_log_may_follow_by_its_consistency_proof() -> None:
    check_may_follow(THREE, EIGHT, FROM_3_TO_8)
    check_may_follow(EIGHT, FIFTEEN, FROM_8_TO_15)


def test_a_checkpoint_may_follow_itself() -> None:
    check_may_follow(EIGHT, EIGHT, [])
    with pytest.raises(ProofShapeError):
        check_may_follow(EIGHT, EIGHT, FROM_8_TO_15)


def test_anything_may_follow_the_empty_tree_without_a_proof() -> None:
    empty = Checkpoint(ORIGIN, 0, EMPTY)

    check_may_follow(empty, empty, [])
    check_may_follow(empty, EIGHT, [])
    with pytest.raises(VerificationError):
        check_may_follow(empty, EIGHT, FROM_8_TO_15)


def test_another_root_at_the_same_size_is_a_fork() -> None:
    with pytest.raises(RootMismatchError):
        check_may_follow(EIGHT, Checkpoint(ORIGIN, 8, ROOT), [])


@pytest.mark.parametrize(
    ("old", "new", "proof"),
    [
        (EIGHT, THREE, FROM_3_TO_8),
        (EIGHT, Checkpoint(ORIGIN, 0, EMPTY), []),
        (THREE, EIGHT, []),
        (THREE, EIGHT, FROM_3_TO_8[:-1]),
        (THREE, EIGHT, [*FROM_3_TO_8, FROM_3_TO_8[0]]),
        (THREE, EIGHT, FROM_3_TO_8[::-1]),
        (THREE, EIGHT, [FROM_3_TO_8[0][:31], *FROM_3_TO_8[1:]]),
        (THREE, FIFTEEN, FROM_3_TO_8),
        (EIGHT, FIFTEEN, FROM_3_TO_8),
        (Checkpoint(ORIGIN, 8, ROOT), FIFTEEN, FROM_8_TO_15),
        (EIGHT, Checkpoint(ORIGIN, 15, ROOT), FROM_8_TO_15),
        (Checkpoint("example.com/other", 8, ROOT_8), FIFTEEN, FROM_8_TO_15),
    ],
)
def test_what_may_not_follow_is_refused(
    old: Checkpoint, new: Checkpoint, proof: list[bytes]
) -> None:
    with pytest.raises(VerificationError):
        check_may_follow(old, new, proof)
