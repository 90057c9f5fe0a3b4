"""RFC 9901, judged by its own examples, by the rules of its §7.1 one by one, and by round trips."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from hypothesis import given
from hypothesis import strategies as st
from strategies import json_values, lines, private_key, salts

from provenance import sdjwt
from provenance.digests import from_b64url, to_b64url
from provenance.errors import BadSignatureError, MalformedError, TooLargeError, VerificationError
from provenance.sdjwt import Decoy, Hidden

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "vectors" / "sdjwt" / "rfc9901.json").read_text("utf-8")
)


def identify(case: dict[str, Any]) -> str:
    """Name a vector by its section and the digest of its text."""
    return f"{case['section']}-{sdjwt.digest_of(ascii(case))[:6]}"


def es256(jwk: dict[str, str]) -> sdjwt.CheckSignature:
    """A signature check of the RFC's kind: its examples do not all have low s."""
    x, y = (int.from_bytes(from_b64url(jwk[name]), "big") for name in "xy")
    public = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()

    def check(header: Mapping[str, object], signing_input: bytes, signature: bytes) -> None:
        assert header["alg"] == "ES256"
        halves = (int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))
        try:
            public.verify(encode_dss_signature(*halves), signing_input, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature as error:
            raise BadSignatureError("not signed by the example's key") from error

    return check


def no_signature(header: Mapping[str, object], signing_input: bytes, signature: bytes) -> None:
    """For the tests of what comes after the signature."""


def disclosure(*parts: object) -> str:
    return to_b64url(json.dumps(parts).encode())


def jws(payload: object, header: object = None) -> str:
    parts = ({"alg": "ES256"} if header is None else header, payload)
    return ".".join([*(to_b64url(json.dumps(part).encode()) for part in parts), "AA"])


# --- the RFC's own examples ---------------------------------------------------------------


@pytest.mark.parametrize("case", VECTORS["digests"], ids=identify)
def test_example_disclosure_has_the_printed_digest_and_contents(case: dict[str, Any]) -> None:
    found = sdjwt.parse_disclosure(case["disclosure"])

    assert found.digest == case["digest"]
    assert [found.salt, *([] if found.name is None else [found.name]), found.value] == case[
        "contents"
    ]


@pytest.mark.parametrize("case", VECTORS["signed"], ids=identify)
def test_example_sd_jwt_verifies_to_the_printed_claims(case: dict[str, Any]) -> None:
    found = sdjwt.verify(case["sd_jwt"], es256(VECTORS["issuer_key"]))

    assert found.claims == case["claims"]


@pytest.mark.parametrize("case", VECTORS["signed"], ids=identify)
def test_example_with_another_signature_is_refused(case: dict[str, Any]) -> None:
    head, _, tail = case["sd_jwt"].partition("~")
    changed = "B" if head[-86] != "B" else "C"

    with pytest.raises(BadSignatureError):
        sdjwt.verify(f"{head[:-86]}{changed}{head[-85:]}~{tail}", es256(VECTORS["issuer_key"]))


@pytest.mark.parametrize("case", VECTORS["payloads"], ids=identify)
def test_example_payload_is_processed_as_printed(case: dict[str, Any]) -> None:
    assert sdjwt.process(case["payload"], case["disclosures"]).claims == case["claims"]


def test_example_decoys_count_as_withheld() -> None:
    case = next(case for case in VECTORS["signed"] if case["section"] == "A.1")

    withheld = sdjwt.process(
        sdjwt.parse_jws(sdjwt.split(case["sd_jwt"]).jws).payload,
        sdjwt.split(case["sd_jwt"]).disclosures,
    ).withheld

    assert "AzLlFobkJ2xiaupREPyoJz-9-NSldB6Cgjr7fUyoHzg" in withheld  # a decoy
    assert "uNHoWYhXsZhVJCNE2Dqy-zqt7t69gJKy5QaFv7GrMX4" not in withheld  # the country, shown
    assert len(withheld) == 14


def test_example_key_binding_verifies_and_is_bound_to_its_presentation() -> None:
    case = next(case for case in VECTORS["signed"] if "key_binding" in case)
    holder = es256(case["claims"]["cnf"]["jwk"])

    assert sdjwt.verify_key_binding(case["sd_jwt"], holder) == case["key_binding"]

    jws_text, first, *rest = case["sd_jwt"].split("~")
    with pytest.raises(VerificationError) as caught:
        sdjwt.verify_key_binding("~".join([jws_text, *rest]), holder)
    assert caught.value.field == "kb_jwt.sd_hash"
    with pytest.raises(BadSignatureError):
        sdjwt.verify_key_binding(case["sd_jwt"], es256(VECTORS["issuer_key"]))
    assert first


# --- §7.1, rule by rule -------------------------------------------------------------------

NAMED = disclosure("salt-of-128-bits-at-least", "name", "value")
OTHER = disclosure("salt-of-128-bits-at-least", "other", "value")
ELEMENT = disclosure("salt-of-128-bits-at-least", "value")
RENAMED = disclosure("another-salt-of-128-bits-at-least", "name", "second")


def digest(text: str) -> str:
    return sdjwt.digest_of(text)


@pytest.mark.parametrize(
    ("payload", "disclosures", "field"),
    [
        pytest.param({"_sd": [digest(ELEMENT)]}, [ELEMENT], "_sd[0]", id="two parts in _sd"),
        pytest.param({"a": [{"...": digest(NAMED)}]}, [NAMED], "a[0]", id="three in an array"),
        pytest.param({"_sd": [digest(NAMED)], "name": 1}, [NAMED], "name", id="name taken"),
        pytest.param(
            {"_sd": [digest(NAMED), digest(RENAMED)]}, [NAMED, RENAMED], "name", id="name twice"
        ),
        pytest.param({"_sd": [digest(NAMED)] * 2}, [NAMED], "_sd[1]", id="digest twice"),
        pytest.param({"_sd": [digest(NAMED)] * 2}, [], "_sd[1]", id="decoy twice"),
        pytest.param(
            {"_sd": [digest(NAMED)], "a": {"_sd": [digest(NAMED)]}},
            [NAMED],
            "_sd[0]",
            id="digest twice, at two levels",
        ),
        pytest.param({"_sd": []}, [NAMED], "disclosures[0]", id="nothing refers to it"),
        pytest.param({"_sd": [digest(NAMED)]}, [NAMED, NAMED], "disclosures", id="sent twice"),
        pytest.param({"_sd": "x"}, [], "_sd", id="_sd no array"),
        pytest.param({"_sd": [1]}, [], "_sd[0]", id="digest no string"),
        pytest.param({"a": [{"...": 1}]}, [], "a[0]", id="element digest no string"),
        pytest.param({"a": [{"...": "x", "b": 1}]}, [], "a[0]", id="digest beside a member"),
        pytest.param({"...": "x"}, [], "...", id="dots outside an array"),
        pytest.param({"a": {"_sd_alg": "sha-256"}}, [], "a._sd_alg", id="_sd_alg inside"),
        pytest.param({"_sd_alg": "md5"}, [], "_sd_alg", id="weak hash"),
        pytest.param({"_sd_alg": ["sha-256"]}, [], "_sd_alg", id="hash no string"),
    ],
)
def test_broken_payload_is_refused(
    payload: dict[str, object], disclosures: list[str], field: str
) -> None:
    with pytest.raises(MalformedError) as caught:
        sdjwt.process(payload, disclosures)

    assert caught.value.field == field


@pytest.mark.parametrize(
    "text",
    [
        disclosure("salt"),
        disclosure("salt", "name", "value", "more"),
        disclosure(1, "name", "value"),
        disclosure(1, "value"),
        disclosure("salt", 1, "value"),
        disclosure("salt", "_sd", "value"),
        disclosure("salt", "...", "value"),
        to_b64url(b'{"salt":"name"}'),
        to_b64url(b'["salt","name","value"'),
        to_b64url(b'["salt","name",NaN]'),
        to_b64url(b'["salt","name","\xff"]'),
        NAMED + "=",
        NAMED[:-1] + "*",
        NAMED + "A" * (5 - len(NAMED) % 4),
    ],
)
def test_broken_disclosure_is_refused(text: str) -> None:
    payload = {"_sd": [digest(text)]}

    with pytest.raises(MalformedError) as caught:
        sdjwt.process(payload, [text])

    assert caught.value.field is None or caught.value.field.startswith("disclosures[0]")


def test_hash_of_the_payload_is_used_for_nested_disclosures() -> None:
    payload, made = sdjwt.conceal({"a": Hidden({"b": Hidden("c")})}, salts(), algorithm="sha-512")

    assert payload["_sd_alg"] == "sha-512"
    assert len(from_b64url(made[0].digest)) == 64
    assert sdjwt.process(payload, [one.text for one in made]).claims == {"a": {"b": "c"}}


def test_levels_without_end_are_refused_not_a_crash() -> None:
    texts: list[str] = []
    value: object = "end"
    for number in range(300):
        texts.append(disclosure(f"salt{number}", "a", value))
        value = {"_sd": [digest(texts[-1])]}

    with pytest.raises(TooLargeError):
        sdjwt.process({"_sd": [digest(texts[-1])]}, texts)


def test_inner_disclosure_needs_its_outer_one() -> None:
    payload, made = sdjwt.conceal({"a": Hidden({"b": Hidden("c")})}, salts())

    with pytest.raises(MalformedError):
        sdjwt.process(payload, [made[0].text])
    assert sdjwt.process(payload, [made[1].text]).claims == {"a": {}}


# --- the compact form ---------------------------------------------------------------------


def test_compact_form_is_cut_at_tildes() -> None:
    assert sdjwt.split("a.b.c~") == sdjwt.SdJwt("a.b.c", (), None)
    assert sdjwt.split("a.b.c~d~e~") == sdjwt.SdJwt("a.b.c", ("d", "e"), None)
    assert sdjwt.split("a.b.c~d~k.b.j") == sdjwt.SdJwt("a.b.c", ("d",), "k.b.j")


@pytest.mark.parametrize("compact", ["", "a.b.c", "a.b.c~~", "a.b.c~d~~e~"])
def test_compact_form_without_its_tildes_is_refused(compact: str) -> None:
    with pytest.raises(MalformedError):
        sdjwt.split(compact)


@pytest.mark.parametrize("alg", ["none", None])
def test_unsigned_sd_jwt_is_refused(alg: str | None) -> None:
    compact = jws({}, {} if alg is None else {"alg": alg}) + "~"

    with pytest.raises(MalformedError) as caught:
        sdjwt.verify(compact, no_signature)

    assert caught.value.field == "header.alg"


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("a.b", None),
        ("a.b.c.d", None),
        (jws([1]), "payload"),
        (jws({}, [1]), "header"),
        (jws({}) + "=", "signature"),
        (jws({})[:-2] + "AB", "signature"),  # stray bits: "AA" is the text of that byte
    ],
)
def test_broken_jws_is_refused(text: str, field: str | None) -> None:
    with pytest.raises(MalformedError) as caught:
        sdjwt.parse_jws(text)

    assert caught.value.field == field


@pytest.mark.parametrize("claim", ["iat", "aud", "nonce", "sd_hash"])
def test_key_binding_without_a_claim_is_refused(claim: str) -> None:
    issued = jws({}) + "~"
    claims = {"iat": 1, "aud": "a", "nonce": "n", "sd_hash": sdjwt.sd_hash(issued)}
    good = issued + jws(claims, {"alg": "ES256", "typ": "kb+jwt"})
    del claims[claim]
    bad = issued + jws(claims, {"alg": "ES256", "typ": "kb+jwt"})

    assert sdjwt.verify_key_binding(good, no_signature)["nonce"] == "n"
    with pytest.raises(MalformedError) as caught:
        sdjwt.verify_key_binding(bad, no_signature)
    assert caught.value.field == f"kb_jwt.{claim}"


@pytest.mark.parametrize(
    ("binding", "field"),
    [
        ("", "kb_jwt"),
        (jws({}, {"alg": "ES256", "typ": "JWT"}), "kb_jwt.header.typ"),
        (jws({}, {"alg": "none", "typ": "kb+jwt"}), "kb_jwt.header.alg"),
    ],
)
def test_key_binding_of_another_form_is_refused(binding: str, field: str) -> None:
    with pytest.raises(MalformedError) as caught:
        sdjwt.verify_key_binding(f"{jws({})}~{binding}", no_signature)

    assert caught.value.field == field


# --- round trips --------------------------------------------------------------------------


def shown(value: object) -> object:
    """What a marked value is when everything is disclosed: the oracle of ``conceal``."""
    if isinstance(value, Hidden):
        return shown(value.value)
    if isinstance(value, dict):
        return {name: shown(one) for name, one in value.items() if not isinstance(one, Decoy)}
    if isinstance(value, list):
        return [shown(one) for one in value if not isinstance(one, Decoy)]
    return value


def marked() -> st.SearchStrategy[object]:
    """JSON any part of which may be hidden, with decoys between."""
    names = lines.filter(lambda name: name not in {"_sd", "...", "_sd_alg"})

    def grow(inner: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
        part = inner | inner.map(Hidden) | st.just(Decoy())
        return st.lists(part, max_size=4) | st.dictionaries(names, part, max_size=4)

    return st.recursive(json_values, grow, max_leaves=12)


@given(claims=st.dictionaries(lines.map("c".__add__), marked() | marked().map(Hidden), max_size=4))
def test_what_was_concealed_comes_back_whole(claims: dict[str, object]) -> None:
    payload, made = sdjwt.conceal(claims, salts())

    found = sdjwt.process(payload, [one.text for one in made])

    assert found.claims == shown(claims)
    assert len(found.disclosed) == len(made)


@given(claims=st.dictionaries(lines.map("c".__add__), marked().map(Hidden), max_size=4))
def test_nothing_hidden_shows_without_its_disclosure(claims: dict[str, object]) -> None:
    payload, _ = sdjwt.conceal(claims, salts())

    found = sdjwt.process(payload, [])

    assert found.claims == {}
    assert len(found.withheld) == len(claims)


@given(value=json_values, name=st.none() | lines)
def test_disclosure_is_read_as_it_was_made(value: object, name: str | None) -> None:
    made = sdjwt.make_disclosure(bytes(16), value, name)

    assert sdjwt.parse_disclosure(made.text) == made


def test_short_salt_is_refused() -> None:
    with pytest.raises(MalformedError) as caught:
        sdjwt.make_disclosure(bytes(15), "value")

    assert caught.value.field == "salt"


@pytest.mark.parametrize("name", ["_sd", "..."])
def test_reserved_name_cannot_be_disclosed(name: str) -> None:
    with pytest.raises(MalformedError):
        sdjwt.make_disclosure(bytes(16), "value", name)


def test_digests_are_sorted_so_that_their_order_tells_nothing() -> None:
    payload, made = sdjwt.conceal({f"c{n}": Hidden(n) for n in range(8)}, salts())

    assert payload["_sd"] == sorted(one.digest for one in made)


def test_signed_round_trip_with_a_key_of_ours() -> None:
    key = private_key()
    payload, made = sdjwt.conceal({"a": Hidden(1), "b": 2}, salts())
    head = ".".join(to_b64url(json.dumps(part).encode()) for part in ({"alg": "Ed25519"}, payload))
    compact = f"{head}.{to_b64url(key.sign(head.encode()))}~{made[0].text}~"

    def check(_: Mapping[str, object], signing_input: bytes, signature: bytes) -> None:
        key.public.verify(signature, signing_input)

    assert sdjwt.verify(compact, check).claims == {"a": 1, "b": 2}
    header = to_b64url(b'{"alg":"Ed25519","x":1}')
    with pytest.raises(BadSignatureError):
        sdjwt.verify(f"{header}.{compact.partition('.')[2]}", check)


# --- decoders leak nothing ----------------------------------------------------------------


def accepts(decode: Callable[[str], object], text: str) -> bool:
    try:
        decode(text)
    except MalformedError:
        return False
    return True


@given(text=st.text())
def test_decoders_raise_only_errors_of_ours(text: str) -> None:
    for decode in (sdjwt.split, sdjwt.parse_jws, sdjwt.parse_disclosure):
        accepts(decode, text)


@given(octets=st.binary(max_size=60))
def test_segment_decodes_as_digests_does(octets: bytes) -> None:
    assert sdjwt.decode_segment(to_b64url(octets), "x") == octets


@given(text=st.text("AQgwz09-_+/= \nA~.é", max_size=12))
def test_segment_is_refused_as_digests_does(text: str) -> None:
    assert accepts(lambda one: sdjwt.decode_segment(one, "x"), text) is accepts(from_b64url, text)
