"""The page's core refuses what Python's does, by the same code, in the same words."""

from __future__ import annotations

import random
import subprocess
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

import certificates
import pytest
from certificates import BEGUN, CA_KEY, ENDS, FORGED, LEAF, MIDDLE, NO_CA, OTHER_ROOT, ROOT, pem
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID
from in_node import Failed, ask
from published import REPO, published

from provenance import errors, strict_json
from provenance.assurance import chance_of_missing, percent_text
from provenance.digests import from_b64, from_b64url, from_hex
from provenance.errors import ProvenanceError
from provenance.identifiers import (
    IDENTIFIER_SHAPES,
    check_digest_of_something,
    check_identifier,
    check_orcid,
    check_ror,
)
from provenance.keys import PublicKey
from provenance.spdx import check_spdx
from provenance.x509_chain import check_issued, read_chain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

PROBE = "../../tests/web/probe_core.js"


def outcome(run: Callable[[], object]) -> object:
    """Return what a function returns, or how it refuses."""
    try:
        return run()
    except ProvenanceError as error:
        return Failed(error.code, error.field, str(error))


def agree(name: str, cases: Sequence[list[Any]], python: Callable[..., object]) -> None:
    """Check that a function of ``probe_core.js`` gives what Python's does, case by case."""
    answers = ask([(PROBE, name, case) for case in cases])
    for case, answer in zip(cases, answers, strict=True):
        expected = outcome(partial(python, *case))
        assert answer == expected, case


# --- JSON ---------------------------------------------------------------------------------


def json_cases() -> Iterable[bytes]:
    folder = published("jsontestsuite")
    yield from (path.read_bytes() for path in sorted(folder.rglob("*.json")) if _is_short(path))
    draw = random.Random(7)
    pieces = [*'{}[],:"\\', "null", "true", "12", "-0", "1e5", '"a"', '"\\u00e9"', '"é"', '"a":']
    pieces += ["\n", " ", "\ufeff", '"\\ud83d\\ude00"', '"\\ud800"', "9007199254740993", '"1":1']
    for _ in range(1_500):
        yield "".join(draw.choices(pieces, k=draw.randrange(1, 9))).encode()
    for _ in range(500):
        yield bytes(draw.choices(b'"\xc3\xa9\xe4\xb8\xad\xf0\x9f\x98\x80\xed\xa0\x80\xff[]', k=8))


def _is_short(path: Path) -> bool:
    return path.stat().st_size < 5_000  # the deep ones are for the other verifier's own tests


def test_json_is_read_and_refused_alike() -> None:
    cases = [[octets] for octets in json_cases()]

    agree("parseJson", cases, lambda octets: _dumped(strict_json.parse(octets, max_bytes=9_999)))


def test_json_of_any_kind_is_taken_or_refused_alike() -> None:
    cases = list(json_cases())
    answers = ask([(PROBE, "tokenizeJson", [octets]) for octets in cases])

    for octets, answer in zip(cases, answers, strict=True):
        found = outcome(partial(strict_json.tokenize, octets))
        assert isinstance(answer, Failed) == isinstance(found, Failed), octets
        if isinstance(found, Failed):
            assert answer == found


def _dumped(value: object) -> str:
    return strict_json.dump(value).decode()


# --- bytes as text ------------------------------------------------------------------------


def texts_near(good: str, letters: str, count: int) -> list[str]:
    draw = random.Random(good)
    found = [good]
    for _ in range(count):
        text = list(good)
        for _ in range(draw.randrange(1, 3)):
            at = draw.randrange(len(text) + 1)
            text[at : at + draw.randrange(2)] = draw.choices(letters, k=draw.randrange(3))
        found.append("".join(text))
    return found


def test_hex_and_base64_are_decoded_alike() -> None:
    agree(
        "decodeHex",
        [[text] for text in texts_near("00ff" * 4, "0aAg \t\né", 300)],
        lambda text: from_hex(text, length=8, field="x"),
    )
    letters = "AZaz09+/-_= \né"
    agree("decodeB64", [[text] for text in texts_near("AAEC/w==", letters, 600)], from_b64)
    agree("decodeB64url", [[text] for text in texts_near("AAEC_w", letters, 600)], from_b64url)


# --- identifiers --------------------------------------------------------------------------


def test_identifiers_are_checked_alike() -> None:
    orcids = texts_near("0000-0002-1825-0097", "0123456789X-é'\"", 400)
    agree("checkOrcid", [[text] for text in orcids], check_orcid)
    rors = texts_near("05dxps055", "0123456789abcdefghijklmnopqrstuvwxyz", 400)
    agree("checkRor", [[text] for text in rors], check_ror)
    goods = {
        "doi": "10.1234/ab",
        "cstr": "12345.11.a",
        "url": "https://a.b/c?d",
        "isbn": "3161484100",
    }
    goods |= {"arxiv": "2101.00001v2", "swhid": f"swh:1:dir:{'a' * 40};x=y", "urn": "urn:a:b"}
    goods |= {"ark": "ark:/12345/x", "handle": "a/b", "pmid": "12", "rrid": "RRID:AB_1"}
    goods |= {"raid": "https://raid.org/10.1234/x"}
    assert goods.keys() == IDENTIFIER_SHAPES.keys()
    cases = [
        [kind, text]
        for kind, good in goods.items()
        for text in texts_near(good, "09aZ/:.;?# \u3000\ufeff\x1c\x85é-X", 60)
    ]
    agree("checkIdentifier", [*cases, ["nope", "x"]], check_identifier)


def test_licences_are_checked_alike() -> None:
    pieces = ["MIT", "mit", "Apache-2.0+", "GPL-2.0-only", "AND", "OR", "WITH", "(", ")", "and"]
    pieces += ["Classpath-exception-2.0", "LicenseRef-x", "DocumentRef-a:LicenseRef-b", "x", ""]
    draw = random.Random(3)
    cases = [[" ".join(draw.choices(pieces, k=draw.randrange(1, 7)))] for _ in range(500)]
    cases += [[text.replace("( ", "(").replace(" )", ")")] for (text,) in cases]

    agree("checkSpdx", cases, check_spdx)


def test_digests_of_nothing_are_known_alike() -> None:
    from provenance.identifiers import _OF_NOTHING  # noqa: PLC0415 -- all of them

    cases = [[digest] for digest in _OF_NOTHING if len(digest) == 64]

    agree(
        "checkDigestOfSomething",
        [*cases, ["12" * 32]],
        check_digest_of_something,
    )


# --- keys ---------------------------------------------------------------------------------

P = 2**255 - 19
ORDER_EIGHT = "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"


def test_keys_are_taken_and_refused_alike() -> None:
    draw = random.Random(11)
    raws = [draw.randbytes(32) for _ in range(60)]
    for y in (
        0,
        1,
        2,
        P - 1,
        P,
        P + 1,
        2**255 - 1,
        int.from_bytes(bytes.fromhex(ORDER_EIGHT), "little"),
    ):
        low = y & ((1 << 255) - 1)
        raws += [(low | sign).to_bytes(32, "little") for sign in (0, 1 << 255)]
    cases: list[list[Any]] = [["Ed25519", raw] for raw in raws]
    numbers = ec.derive_private_key(7, ec.SECP256R1()).public_key().public_numbers()
    x, y = numbers.x, numbers.y
    prime = 2**256 - 2**224 + 2**192 + 2**96 - 1
    pairs = [(x, y), (x, prime - y), (y, x), (0, 0), (x, prime), (prime + 1, y), (x, y ^ 1)]
    cases += [["ES256", a.to_bytes(32, "big") + b.to_bytes(32, "big")] for a, b in pairs]
    cases += [["Ed25519", b""], ["ES256", bytes(63)], ["RS256", bytes(32)]]

    agree("thumbprintOf", cases, lambda alg, raw: PublicKey(alg, raw).thumbprint)


def test_signatures_in_a_second_form_are_refused_alike() -> None:
    order = 2**252 + 27742317777372353535851937790883648493
    private = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    raw, good = private.public_key().public_bytes_raw(), private.sign(b"m")
    higher = (int.from_bytes(good[32:], "little") + order).to_bytes(32, "little")
    signatures = [good, good[:32] + higher, bytes(32) + good[32:], good[:63], good + b"\0"]
    signatures += [bytes([1, *bytes(31)]) + good[32:], bytes.fromhex(ORDER_EIGHT) + good[32:]]
    signatures += [good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :] for at in range(64)]

    agree(
        "verifyWith",
        [["Ed25519", raw, signature, b"m"] for signature in signatures],
        lambda alg, key, signature, message: PublicKey(alg, key).verify(signature, message),
    )


# --- X.509 --------------------------------------------------------------------------------


def named(attributes: Sequence[tuple[x509.ObjectIdentifier, str]]) -> str:
    """Return a certificate with an odd subject, self-signed."""
    name = x509.Name([x509.NameAttribute(kind, text) for kind, text in attributes])
    builder = x509.CertificateBuilder(name, name, CA_KEY.public_key(), 5, BEGUN, ENDS)
    return pem(builder.sign(CA_KEY, hashes.SHA256()))


ODD = (
    [(NameOID.COUNTRY_NAME, "CN"), (NameOID.ORGANIZATION_NAME, "中国科学院")],
    [(NameOID.COMMON_NAME, ' a,b+c"d\\e<f>g;h=i '), (NameOID.EMAIL_ADDRESS, "a@b.c")],
    [(NameOID.COMMON_NAME, "#x"), (NameOID.DOMAIN_COMPONENT, "example"), (NameOID.USER_ID, "u")],
)


def test_certificates_say_the_same() -> None:
    cases = [[pem(LEAF, MIDDLE)], [pem(ROOT)], *([named(one)] for one in ODD)]
    cases += [["x" + pem(LEAF) + "y"], ["nothing"], [pem(LEAF)[:200]], ["-" * 70_000]]
    cases.append([pem(*[ROOT] * 17)])

    agree("readChain", cases, lambda text: str(read_chain(text)))


def rsa_ca() -> tuple[str, str]:
    """Return a certificate of an EC key, and the one of the RSA authority that signed it."""
    key = rsa.generate_private_key(65_537, 2_048)
    limits = x509.BasicConstraints(ca=True, path_length=None)
    issuer, subject = certificates.name("RSA CA"), certificates.name("X")
    ca = x509.CertificateBuilder(issuer, issuer, key.public_key(), 1, BEGUN, ENDS)
    leaf = x509.CertificateBuilder(issuer, subject, CA_KEY.public_key(), 2, BEGUN, ENDS)
    signed = ca.add_extension(limits, critical=True).sign(key, hashes.SHA256())
    return pem(leaf.sign(key, hashes.SHA384())), pem(signed)


def test_chains_are_followed_alike() -> None:
    cases = [[pem(LEAF, MIDDLE), pem(ROOT)], [pem(LEAF, MIDDLE, ROOT), pem(MIDDLE)]]
    cases += [[pem(FORGED, MIDDLE), pem(ROOT)], [pem(LEAF, NO_CA), pem(ROOT)]]
    cases += [[pem(LEAF, MIDDLE), pem(OTHER_ROOT)], [pem(LEAF), pem(ROOT)], [pem(LEAF), pem(LEAF)]]
    cases += [[pem(LEAF, ROOT), pem(ROOT)], list(rsa_ca()), [pem(LEAF), "x"]]

    agree("checkIssued", cases, check_issued)


# --- tables that are made, or written twice -----------------------------------------------


def test_every_error_has_pythons_name_code_and_family() -> None:
    (found,) = ask([(PROBE, "errorClasses", [])])

    for name, (code, family) in found:
        if name != "LedgerError":
            twin = getattr(errors, name)
            above = "ProvenanceError" if family == "LedgerError" else family
            assert (twin.code, twin.__mro__[1].__name__) == (code, above)


@pytest.mark.parametrize("script", ["make_page_words", "make_page_licences"])
def test_what_a_script_makes_is_what_is_committed(script: str) -> None:
    path = REPO / "scripts" / script

    done = subprocess.run(
        [sys.executable, path, "--check"], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout) == (0, "")


def test_constants_are_pythons() -> None:
    from provenance import (  # noqa: PLC0415 -- as one table
        assurance,
        attribution_types,
        credit,
        fingerprint,
        identifiers,
        key_types,
        record_types,
        text,
    )

    found = ask([(PROBE, "constants", [])])[0]

    assert found == {
        "refused": [list(one) for one in text.REFUSED],
        "sources": sorted(assurance.SOURCES),
        "roles": [[one.slug, one.english, one.chinese, one.uri] for one in credit.ROLES.values()],
        "relations": sorted(identifiers.RELATIONS),
        "reasons": sorted(key_types.REASONS),
        "answers": list(attribution_types.ANSWERS),
        "events": list(attribution_types.EVENTS),
        "declared": list(fingerprint.DECLARED_ALGORITHMS),
        "additional": list(fingerprint.ADDITIONAL_ALGORITHMS),
        "types": {
            name: {
                "plain": sorted(one.plain),
                "required": sorted(one.required),
                "disclosable": sorted(one.disclosable),
                "elements": sorted(one.elements),
            }
            for name, one in record_types.TYPES.items()
        },
    }


def test_chances_are_told_alike() -> None:
    draw = random.Random(5)
    cases = [
        [files, draw.randrange(1, files + 1), draw.randrange(1, files + 1)]
        for files in [*range(1, 40), 1_000, 99_999, 10**6, 2**40]
        for _ in range(3)
    ]
    cases += [[10**7, 10**6, 10**5], [100, 100, 1], [10, 11, 1], [10**15, 5_000, 10**13]]

    agree("chance", cases, lambda *numbers: percent_text(chance_of_missing(*numbers)))
