"""What the page signs is what the command line would sign, and its key files are the same files."""

from __future__ import annotations

import itertools
import json
import unicodedata
from typing import TYPE_CHECKING, Any

import pytest
from in_node import Failed, ask, ask_one

from provenance.digests import from_b64url, sha256, to_b64url
from provenance.errors import ProvenanceError
from provenance.files import key_file
from provenance.keys import PrivateKey
from provenance.record import issue_record, parse_record, verify_signature
from provenance.sealed import SealedSecret, seal_claims

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from provenance.record import Record
    from provenance.sdjwt import Disclosure

MAKE = "../../tests/web/make_records.mjs"
AUD, IAT = "page.example/log", 1_760_000_000
KEY = PrivateKey.from_seed("Ed25519", sha256(b"page"))
EC_KEY = PrivateKey.from_seed("ES256", sha256(b"page"))
HOLDER = {"name": "張三", "orcid": "0000-0002-1825-0097", "ror": ["05dxps055"]}
SETTING = {"aud": AUD, "iat": IAT, "holder": HOLDER}
SUMMARY = {"digest": sha256(b"dataset"), "files": 3, "length": 100, "imported": 0}
DATASET = {
    "dataset_digest": sha256(b"dataset").hex(),
    "files": 3,
    "bytes": 100,
    "assurance": {"rehashed": 3},
}
ABOUT: dict[str, Any] = {
    "title": '冰厚观测 <b>Ice</b> \u2028 "thickness" \\ 2025',
    "version": "1.10",
    "contributors": [
        {**HOLDER, "roles": ["software", "data-curation"]},
        {"name": "Kristen Gorman", "roles": ["validation"]},
        {"name": "Sør-Øst 😀"},
    ],
    "license": "CC-BY-4.0 OR MIT",
    "access": "open",
    "identifiers": [{"type": "doi", "value": "10.1234/abc"}],
    "relations": [{"relation": "wasRevisionOf", "record": "ab" * 32}],
}


def counted_salts() -> Iterator[bytes]:
    return (bytes([number]) * 16 for number in itertools.count())


def issued(
    kind: str,
    claims: Mapping[str, object],
    salts: Iterator[bytes],
    *,
    hold: Sequence[str] = (),
    made: Sequence[Disclosure] = (),
) -> Record:
    return issue_record(
        kind, claims, private_key=KEY, aud=AUD, iat=IAT, salts=salts, hold=hold, made=made
    )


def composed(kind: str, about: object, key: PrivateKey = KEY, **more: object) -> dict[str, Any]:
    made = ask_one(MAKE, "compose", kind, about, {**SETTING, **more}, key.jwk())
    assert isinstance(made, dict)
    return made


# --- the same bytes -------------------------------------------------------------------------


@pytest.mark.parametrize("hold", [[], ["title"], ["contributors"], ["contributors[1]", "title"]])
def test_a_deposit_has_the_bytes_that_the_command_line_would_sign(hold: list[str]) -> None:
    made = composed("deposit", {"summary": SUMMARY, **ABOUT}, hold=hold)

    salts = counted_salts()
    records = [issued("key", HOLDER, salts), issued("deposit", ABOUT | DATASET, salts, hold=hold)]
    assert [one.encode() for one in made["compacts"]] == [one.compact for one in records]
    assert made["ids"] == [one.id_hex for one in records]
    assert made["secret"] is None


def test_what_people_paste_is_cleaned_as_by_the_command_line() -> None:
    pasted = {
        "summary": SUMMARY,
        "title": "  " + unicodedata.normalize("NFD", "Título") + " ",
        "contributors": [
            {
                "name": unicodedata.normalize("NFD", "Zoë "),
                "orcid": " https://orcid.org/0000-0002-1825-0097",
                "ror": ["https://ror.org/05dxps055", ""],
                "roles": [],
            }
        ],
        "license": "",
        "identifiers": [],
    }

    made = composed("deposit", pasted)

    payload = parse_record(made["compacts"][1].encode(), complete=True).payload
    assert payload["title"] == "Título"
    assert payload["contributors"] == [
        {"name": "Zoë", "orcid": "0000-0002-1825-0097", "ror": ["05dxps055"]}
    ]
    assert {"license", "identifiers"}.isdisjoint(payload)


@pytest.mark.parametrize("names", [[], ["title"], ["title", "files", "bytes"]])
def test_a_sealed_deposit_has_the_same_bytes(names: list[str]) -> None:
    about = {"summary": SUMMARY, **{name: ABOUT[name] for name in ("title", "license")}}
    salted = sha256(b"salted")

    made = composed("deposit", about, sealed={"saltedDigest": salted, "names": names})

    salts = counted_salts()
    claims = {"title": ABOUT["title"], "license": ABOUT["license"], **DATASET}
    hidden = {"dataset_digest": DATASET["dataset_digest"], "salted_digest": salted.hex()}
    hidden |= {name: claims[name] for name in names}
    left = {name: value for name, value in claims.items() if name not in hidden}
    if "files" in names:
        del left["assurance"]
    parts = seal_claims(hidden, key=KEY.public.thumbprint, salts=salts)
    records = [issued("key", HOLDER, salts), issued("deposit", left, salts, made=parts)]
    assert [one.encode() for one in made["compacts"]] == [one.compact for one in records]
    assert made["secret"] == SealedSecret(records[1].id, parts).to_bytes()


def test_answers_and_contributions_have_the_same_bytes() -> None:
    digest = to_b64url(sha256(b"element"))
    answer: dict[str, object] = {"record": "cd" * 32, "contributor": digest, "answer": "amend"}
    answer |= {"roles": ["software"], "reason": "I wrote\nthe software."}
    people = [{"name": "王芳", "roles": ["software"]}, {"name": "B"}]

    pasted = {**answer, "reason": " I wrote\r\nthe software.\n"}
    responded = composed("response", pasted)["compacts"]
    contributed = composed("contribution", {"record": "cd" * 32, "contributors": people})

    salts = counted_salts()
    records = [issued("key", HOLDER, salts), issued("response", answer, salts)]
    assert [one.encode() for one in responded] == [one.compact for one in records]
    salts = counted_salts()
    claims: dict[str, object] = {"record": "cd" * 32, "contributors": people}
    records = [issued("key", HOLDER, salts), issued("contribution", claims, salts)]
    assert [one.encode() for one in contributed["compacts"]] == [one.compact for one in records]


@pytest.mark.parametrize(
    ("changed", "code", "field"),
    [
        ({"title": "a\nb"}, "malformed", "title"),
        ({"title": "x" * 1_001}, "too-large", "title"),
        ({"title": "\u05c8"}, "not-normalized", None),
        ({"license": "CC-BY"}, "unknown-license", "license"),
        ({"access": "secret"}, "malformed", "access"),
        ({"contributors": [{"name": "A", "orcid": "0000-0002-1825-0098"}]}, "check-digit", None),
        ({"contributors": [{"name": "A", "roles": ["boss"]}]}, "malformed", None),
        ({"identifiers": [{"type": "doi", "value": "abc"}]}, "malformed", None),
        ({"relations": [{"relation": "like", "record": "ab" * 32}]}, "malformed", None),
    ],
)
def test_a_claim_that_nobody_would_take_is_refused_before_it_is_sent(
    changed: dict[str, Any], code: str, field: str | None
) -> None:
    given = [{"summary": SUMMARY, **ABOUT, **changed}, SETTING, KEY.jwk()]

    (answer,) = ask([(MAKE, "compose", ["deposit", *given])])

    assert isinstance(answer, Failed)
    assert answer.code == code
    if field is not None:
        assert answer.field == field
    if code != "not-normalized":  # nfc() refuses it before a record is made
        with pytest.raises(ProvenanceError) as caught:
            issued("deposit", ABOUT | changed | DATASET, counted_salts())
        assert (answer.code, answer.field) == (caught.value.code, caught.value.field)


# --- signatures -----------------------------------------------------------------------------


def test_es256_records_are_good_ones() -> None:
    made = composed("deposit", {"summary": SUMMARY, **ABOUT}, EC_KEY)

    for compact in made["compacts"]:
        verify_signature(parse_record(compact.encode(), complete=True), EC_KEY.public)


def test_every_es256_signature_has_the_low_s() -> None:
    # that WebCrypto made 60 low ones by itself has a chance of one in 2^60
    for number, signature in enumerate(ask_one(MAKE, "signatures", EC_KEY.jwk(), 60)):
        EC_KEY.public.verify(signature, bytes([number]))


# --- key files ------------------------------------------------------------------------------


@pytest.mark.parametrize("alg", ["Ed25519", "ES256"])
def test_a_key_file_of_the_page_opens_at_the_command_line(alg: str) -> None:
    made = ask_one(MAKE, "newKeyFile", alg, "pässwort 口令")

    # another keyboard composes the umlaut differently
    key = key_file.decrypt(made["text"].encode(), unicodedata.normalize("NFD", "pässwort 口令"))
    assert key.alg == alg
    assert key.jwk() == made["jwk"] == made["again"]
    header = json.loads(from_b64url(made["text"].partition(".")[0]))
    assert header["p2c"] == key_file.ROUNDS
    assert len(from_b64url(header["p2s"])) == 16


@pytest.mark.parametrize("key", [KEY, EC_KEY])
def test_a_key_file_of_the_command_line_opens_on_the_page(key: PrivateKey) -> None:
    text = key_file.encrypt(key, "correct horse", rounds=1_000).decode()

    assert ask_one("core/key_file.js", "openKeyFile", f" {text}\n", "correct horse") == key.jwk()


def broken_key_files() -> dict[str, str]:
    """Return key files that no reader may take, by what is wrong."""
    text = key_file.encrypt(KEY, "right", rounds=1_000).decode()
    protected, *rest = text.split(".")
    header = json.loads(from_b64url(protected))

    def headed(**changed: object) -> str:
        members = {name: one for name, one in (header | changed).items() if one is not None}
        return ".".join([to_b64url(json.dumps(members).encode()), *rest])

    return {
        "cut": text[:-1],
        "four parts": ".".join([protected, *rest[:-1]]),
        "six parts": text + ".AA",
        "empty": "",
        "long": "x" * 5_000,
        "not base64": "!" + text[1:],
        "other alg": headed(alg="dir"),
        "other enc": headed(enc="A128GCM"),
        "no alg": headed(alg=None),
        "few rounds": headed(p2c=999),
        "many rounds": headed(p2c=2_000_001),
        "rounds in words": headed(p2c="many"),
        "short salt": headed(p2s="AAAA"),
        "compressed": headed(zip="DEF"),
        "other rounds": headed(p2c=1_001),
        "wrapped key": ".".join([protected, "A" * 54, *rest[1:]]),
        "flipped tag": ".".join([protected, *rest[:-1], "A" * 22]),
        "flipped iv": ".".join([protected, rest[0], "A" * 16, *rest[2:]]),
    }


def test_broken_key_files_are_refused_in_the_same_words() -> None:
    files = broken_key_files()

    answers = ask([("core/key_file.js", "openKeyFile", [one, "right"]) for one in files.values()])

    for (name, text), answer in zip(files.items(), answers, strict=True):
        with pytest.raises(ProvenanceError) as caught:
            key_file.decrypt(text.encode(), "right")
        error = caught.value
        assert answer == Failed(error.code, error.field, str(error)), name


@pytest.mark.parametrize("passphrase", ["", "wrong"])
def test_another_passphrase_opens_nothing(passphrase: str) -> None:
    text = key_file.encrypt(KEY, "right", rounds=1_000).decode()

    (answer,) = ask([("core/key_file.js", "openKeyFile", [text, passphrase])])

    assert isinstance(answer, Failed)
    assert answer.code == "wrong-passphrase"


def test_a_file_whose_parts_belong_to_two_keys_is_refused() -> None:
    other = PrivateKey.from_seed("Ed25519", sha256(b"other"))
    jwk = {**KEY.jwk(), "d": other.jwk()["d"]}

    (answer,) = ask([("core/key_file.js", "signerOf", [jwk])])

    assert isinstance(answer, Failed)
    assert (answer.code, answer.field) == ("malformed", "d")
