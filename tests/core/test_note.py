"""Signed notes, judged by the specification's examples and a public log's cosignatures."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from published_vectors import read_json

from provenance.digests import from_b64, sha256, to_b64
from provenance.errors import BadSignatureError, MalformedError, TooLargeError
from provenance.keys import PrivateKey
from provenance.note import (
    COSIGNATURE_V1,
    MAX_NOTE_BYTES,
    MAX_SIGNATURES,
    Note,
    NoteSigner,
    NoteVerifier,
    Signature,
    sign,
    verify_cosignature,
)

# c2sp.org/signed-note v1.0.0, "Examples"
SPEC_VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
SPEC_NOTE = (
    "This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2O"
    "NncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
# github.com/transparency-dev/tessera testdata/log
TESSERA_VKEY = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"

SIGNER = NoteSigner("example.org/log", PrivateKey.from_seed("Ed25519", bytes(range(32))))
OTHER = NoteSigner("example.org/log", PrivateKey.from_seed("Ed25519", b"\7" * 32))
TEXT = "example.org/log\n5\nhash\n"
NOTE = sign(TEXT, [SIGNER])


def cosignature(text: str, key: PrivateKey, name: str, timestamp: int) -> Signature:
    """Cosign as a witness does (c2sp.org/tlog-cosignature v1.0.1), said here once more."""
    key_id = sha256(name.encode() + b"\n\x04" + key.public.raw)[:4]
    signed = f"cosignature/v1\ntime {timestamp}\n{text}".encode()
    return Signature(name, key_id, timestamp.to_bytes(8, "big") + key.sign(signed))


def is_verified(note: str, *verifiers: NoteVerifier) -> bool:
    try:
        Note.parse(note).verified_by(verifiers)
    except (MalformedError, BadSignatureError):
        return False
    return True


# --- published examples -------------------------------------------------------------------


def test_the_specifications_example_verifies() -> None:
    verifier = NoteVerifier.from_vkey(SPEC_VKEY)
    note = Note.parse(SPEC_NOTE)

    assert note.verified_by([verifier]) == ["example.com/foo"]
    assert note.text == "This is an example message.\n"
    assert note.to_text() == SPEC_NOTE
    assert verifier.to_vkey() == SPEC_VKEY


def test_the_key_id_is_the_head_of_a_hash_over_name_type_and_key() -> None:
    verifier = NoteVerifier.from_vkey(TESSERA_VKEY)

    assert verifier.name == "example.com/log/testdata"
    assert verifier.key_id.hex() == "33d7b496"
    expected = "e1d3bb843784420c1cda9ce9f01232cab7aca371dbcd0d23ea0ee710859244b1"
    assert verifier.key.raw.hex() == expected
    assert verifier.to_vkey() == TESSERA_VKEY


def test_cosignatures_of_a_public_mirror_and_two_witnesses_verify() -> None:
    published: dict[str, Any] = read_json("sunlight-mirror-log/mirror-and-cosignatures.json")

    for who in ("mirror", "witness", "witness2"):
        note = Note.parse(published[who]["checkpoint"])
        vkey = published[who]["vkey"]

        assert verify_cosignature(note, vkey) == 1_767_139_200
        assert note.verified_by([NoteVerifier.from_vkey(vkey)]) == [f"{who}.example.org"]
        assert note.to_text() == published[who]["checkpoint"]
        changed = published[who]["checkpoint"].replace("\n300\n", "\n301\n")
        with pytest.raises(BadSignatureError):
            verify_cosignature(Note.parse(changed), vkey)


def test_a_line_of_an_unknown_type_is_carried_along() -> None:
    # this note carries a signature of type 05 (RFC 6962) beside the witness's
    published: dict[str, Any] = read_json("sunlight-mirror-log/mirror-and-cosignatures.json")
    note = Note.parse(published["witness"]["checkpoint"])

    assert [line.name for line in note.signatures] == [
        "rome2026h1.example.org",
        "witness.example.org",
    ]


# --- round trips and mutations ------------------------------------------------------------

lines = st.text(st.characters(codec="utf-8", min_codepoint=0x20), max_size=12)
texts = st.lists(lines, min_size=1, max_size=4).map(lambda rows: "".join(f"{r}\n" for r in rows))


@given(texts)
def test_what_is_signed_is_read_back_to_the_byte(text: str) -> None:
    written = sign(text, [SIGNER, OTHER])
    note = Note.parse(written)

    assert note.text == text
    assert note.to_text() == written
    assert note.verified_by([SIGNER.verifier, OTHER.verifier]) == ["example.org/log"]


def test_any_flipped_bit_is_rejected() -> None:
    octets = NOTE.encode()
    for bit in range(len(octets) * 8):
        flipped = bytearray(octets)
        flipped[bit // 8] ^= 1 << bit % 8
        with contextlib.suppress(UnicodeDecodeError):
            assert not is_verified(flipped.decode(), SIGNER.verifier), bit


def test_every_truncation_is_rejected() -> None:
    for end in range(len(NOTE)):
        assert not is_verified(NOTE[:end], SIGNER.verifier)


note_like = st.lists(
    st.sampled_from(["a\n", "\n", "— ", "example.org/log ", "AAAAAAA=", "+", " ", "\r", "\ud800"]),
    max_size=10,
).map("".join)


@given(st.text(max_size=40) | note_like | st.text(max_size=20).map(lambda t: f"a\n\n— {t}\n"))
def test_nothing_but_a_malformed_error_comes_out_of_a_note(text: str) -> None:
    with contextlib.suppress(MalformedError):
        assert Note.parse(text).to_text() == text


@settings(max_examples=200)
@given(
    st.text(max_size=40)
    | st.binary(max_size=40).map(lambda o: f"a+{sha256(o)[:4].hex()}+{to_b64(o)}")
)
def test_nothing_but_a_malformed_error_comes_out_of_a_vkey(text: str) -> None:
    with contextlib.suppress(MalformedError):
        assert NoteVerifier.from_vkey(text).to_vkey() == text


@given(st.binary(min_size=32, max_size=32), st.sampled_from([1, COSIGNATURE_V1]))
def test_a_vkey_comes_back(seed: bytes, signature_type: int) -> None:
    key = PrivateKey.from_seed("Ed25519", seed).public
    verifier = NoteVerifier("log.example/größe", key, signature_type)

    assert NoteVerifier.from_vkey(verifier.to_vkey()) == verifier


# --- parsing is strict --------------------------------------------------------------------

BODY, LINE = NOTE.split("\n\n")
BLOB = LINE.split(" ")[2].strip()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "\n\n",
        TEXT,  # no signature
        TEXT + "\n",
        TEXT + LINE,  # no blank line
        NOTE[:-1],  # no line feed at the end
        NOTE + "\n",
        NOTE + "more\n",
        NOTE.replace("\n", "\r\n"),
        NOTE.replace("5", "5\r"),
        NOTE.replace("5", "\t5"),
        NOTE.replace("5", "\0"),
        NOTE.replace("5", "\x1f"),
        NOTE.replace("5", "\ud800"),
        NOTE.replace("— ", "- "),
        NOTE.replace("— ", "—  "),
        NOTE.replace("— ", "—\u00a0"),
        NOTE.replace(f" {BLOB}", f"  {BLOB}"),
        NOTE.replace(BLOB, BLOB + " "),
        NOTE.replace(BLOB, BLOB.rstrip("=")),
        NOTE.replace(BLOB, BLOB.replace("=", "==")),
        NOTE.replace(BLOB, "AAAAAA=="),  # 4 bytes: a key id without a signature
        NOTE.replace(BLOB, ""),
        f"{BODY}\n\n— {BLOB}\n",
        f"{BODY}\n\n— exam+ple {BLOB}\n",
        f"{BODY}\n\n— exam\u2003ple {BLOB}\n",
        f"{BODY}\n\n— exam\u0085ple {BLOB}\n",
        f"{BODY}\n\n {LINE}",
    ],
)
def test_what_is_not_exactly_a_note_is_refused(text: str) -> None:
    assert is_verified(NOTE, SIGNER.verifier)
    with pytest.raises(MalformedError):
        Note.parse(text)


def test_the_last_blank_line_separates() -> None:
    text = "first\n\n— not a signature but text\n\nlast\n"

    assert Note.parse(sign(text, [SIGNER])).text == text


def test_del_and_c1_controls_are_text() -> None:
    # the specification forbids what is below U+0020 and nothing else
    assert Note.parse(sign("\x7f\x85\n", [SIGNER])).text == "\x7f\x85\n"


@pytest.mark.parametrize("text", ["", "no end", "a\r\n", "\n\nb"])
def test_a_text_that_no_note_can_hold_is_not_signed(text: str) -> None:
    with pytest.raises(MalformedError):
        sign(text, [SIGNER])


def test_a_note_without_signers_is_not_written() -> None:
    with pytest.raises(MalformedError):
        sign(TEXT, [])


def test_sixteen_signatures_and_more_are_read_but_not_any_number() -> None:
    many = Note(TEXT, Note.parse(NOTE).signatures * MAX_SIGNATURES).to_text()

    assert len(Note.parse(many).signatures) == MAX_SIGNATURES >= 16
    with pytest.raises(TooLargeError):
        Note.parse(many + LINE)


def test_a_note_above_the_limit_is_too_large() -> None:
    with pytest.raises(TooLargeError) as caught:
        Note.parse("é" * (MAX_NOTE_BYTES // 2) + NOTE)

    assert caught.value.limit == MAX_NOTE_BYTES


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        "example.com/foo",
        "example.com/foo+530d903a",
        SPEC_VKEY.replace("530d903a", "530d903b"),
        SPEC_VKEY.replace("530d903a", "530D903A"),
        SPEC_VKEY.replace("530d903a", "530d903"),
        SPEC_VKEY.replace("example.com/foo", "example.com/fob"),
        SPEC_VKEY.replace("example.com/foo", "example com"),
        SPEC_VKEY.replace("example.com/foo", ""),
        SPEC_VKEY[:-1],
        SPEC_VKEY + "=",
        SPEC_VKEY + "\n",
    ],
)
def test_what_is_not_exactly_a_vkey_is_refused(vkey: str) -> None:
    with pytest.raises(MalformedError) as caught:
        NoteVerifier.from_vkey(vkey)

    assert caught.value.field == "vkey"


@pytest.mark.parametrize("signature_type", [0, 2, 5, 6, 255])
def test_a_vkey_of_another_type_is_refused(signature_type: int) -> None:
    octets = bytes([signature_type]) + from_b64(SPEC_VKEY.split("+", 2)[2])[1:]
    key_id = sha256(b"example.com/foo\n" + octets)[:4]

    with pytest.raises(MalformedError):
        NoteVerifier.from_vkey(f"example.com/foo+{key_id.hex()}+{to_b64(octets)}")


def test_a_vkey_with_a_weak_key_is_refused() -> None:
    octets = b"\1" + (1).to_bytes(32, "little")  # the identity, which verifies everything
    key_id = sha256(b"example.com/foo\n" + octets)[:4]

    with pytest.raises(MalformedError):
        NoteVerifier.from_vkey(f"example.com/foo+{key_id.hex()}+{to_b64(octets)}")


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "a\u3000b", "a\u0085", "\ud800"])
def test_a_name_that_no_line_can_carry_is_refused(name: str) -> None:
    with pytest.raises(MalformedError):
        NoteSigner(name, SIGNER.key)


def test_only_ed25519_keys_sign_notes() -> None:
    with pytest.raises(MalformedError):
        NoteSigner("example.org/log", PrivateKey.from_seed("ES256", bytes(range(1, 33))))


# --- who signed ---------------------------------------------------------------------------


def test_lines_of_unknown_keys_are_ignored() -> None:
    stranger = Signature("example.net", b"\0\0\0\1", b"anything")
    note = Note(TEXT, (stranger, *Note.parse(NOTE).signatures))

    assert Note.parse(note.to_text()).verified_by([SIGNER.verifier]) == ["example.org/log"]


def test_a_note_signed_by_no_known_key_is_refused() -> None:
    for verifiers in ([], [OTHER.verifier]):
        with pytest.raises(BadSignatureError):
            Note.parse(NOTE).verified_by(verifiers)


def test_one_bad_line_of_a_known_key_refuses_the_note() -> None:
    good = SIGNER.sign(TEXT)
    bad = Signature(good.name, good.key_id, SIGNER.key.sign(b"another text"))

    for signatures in ((good, bad), (bad, good)):
        with pytest.raises(BadSignatureError):
            Note(TEXT, signatures).verified_by([SIGNER.verifier])


def test_a_key_under_another_name_is_another_key() -> None:
    renamed = NoteSigner("example.org/other", SIGNER.key)

    with pytest.raises(BadSignatureError):
        Note.parse(NOTE).verified_by([renamed.verifier])


def test_a_plain_signature_does_not_pass_for_a_cosignature() -> None:
    witness = NoteVerifier("w", SIGNER.key.public, COSIGNATURE_V1)
    plain = Signature("w", witness.key_id, SIGNER.key.sign(TEXT.encode()))

    with pytest.raises(BadSignatureError):
        verify_cosignature(Note(TEXT, (plain,)), witness.to_vkey())
    with pytest.raises(MalformedError):
        verify_cosignature(Note.parse(NOTE), SIGNER.verifier.to_vkey())


def test_a_cosignature_tells_its_time() -> None:
    witness = NoteVerifier("w", OTHER.key.public, COSIGNATURE_V1)
    signed = [cosignature(TEXT, OTHER.key, "w", time) for time in (1_700_000_000, 1_600_000_000)]
    note = Note(TEXT, (*Note.parse(NOTE).signatures, *signed))

    assert verify_cosignature(Note.parse(note.to_text()), witness.to_vkey()) == 1_700_000_000
    assert note.verified_by([SIGNER.verifier, witness]) == ["example.org/log", "w"]


def test_the_time_of_a_cosignature_is_signed_and_bounded() -> None:
    witness = NoteVerifier("w", OTHER.key.public, COSIGNATURE_V1)
    good = cosignature(TEXT, OTHER.key, "w", 1_700_000_000)
    moved = Signature("w", good.key_id, (1_700_000_001).to_bytes(8, "big") + good.octets[8:])
    late = cosignature(TEXT, OTHER.key, "w", 2**63)

    for bad in (moved, late, Signature("w", good.key_id, good.octets[:-1])):
        with pytest.raises(BadSignatureError):
            verify_cosignature(Note(TEXT, (bad,)), witness.to_vkey())
    with pytest.raises(BadSignatureError):
        verify_cosignature(Note.parse(NOTE), witness.to_vkey())
