"""Check digits, identifiers, CRediT roles and digests of nothing."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import orcids, rors

from provenance import identifiers
from provenance.credit import ROLES
from provenance.errors import CheckDigitError, HashOfNothingError, MalformedError

GOOD_ORCIDS = ("0000-0002-1825-0097", "0000-0001-5109-3700", "0000-0002-1694-233X")
GOOD_RORS = ("05dxps055", "013q1eq08", "034t30j35", "02xe5ns62", "0190ak572")


@pytest.mark.parametrize("orcid", GOOD_ORCIDS)
def test_published_orcid_is_accepted(orcid: str) -> None:
    identifiers.check_orcid(orcid)


@pytest.mark.parametrize("orcid", GOOD_ORCIDS)
@pytest.mark.parametrize("last", "0123456789X")
def test_only_one_check_digit_fits(orcid: str, last: str) -> None:
    changed = orcid[:-1] + last
    if changed == orcid:
        identifiers.check_orcid(changed)
        return

    with pytest.raises(CheckDigitError) as caught:
        identifiers.check_orcid(changed, "contributors[2].orcid")

    assert caught.value.field == "contributors[2].orcid"


@pytest.mark.parametrize(
    "orcid",
    [
        "",
        "0000000218250097",
        "0000-0002-1825-009",
        "0000-0002-1825-00977",
        "0000-0002-1694-233x",
        "https://orcid.org/0000-0002-1825-0097",
        "0000-0002-1825-0097\n",
        "\u0660000-0002-1825-0097",  # a digit to str.isdigit, but not ASCII
        "0000-0002-1825-009\u0667",
    ],
)
def test_orcid_of_another_shape_is_refused(orcid: str) -> None:
    with pytest.raises(MalformedError):
        identifiers.check_orcid(orcid)


@given(orcid=orcids())
def test_orcid_agrees_with_the_published_loop(orcid: str) -> None:
    identifiers.check_orcid(orcid)


@given(orcid=orcids(), at=st.integers(0, 17), to=st.sampled_from("0123456789"))
def test_one_wrong_digit_is_always_found(orcid: str, at: int, to: str) -> None:
    if orcid[at] in {"-", to}:
        return

    with pytest.raises(CheckDigitError):
        identifiers.check_orcid(orcid[:at] + to + orcid[at + 1 :])


@pytest.mark.parametrize("ror", GOOD_RORS)
def test_published_ror_is_accepted(ror: str) -> None:
    identifiers.check_ror(ror)


@pytest.mark.parametrize("ror", [f"05dxps0{n:02}" for n in range(100) if n != 55])
def test_only_one_pair_of_check_digits_fits(ror: str) -> None:
    with pytest.raises(CheckDigitError):
        identifiers.check_ror(ror)


@pytest.mark.parametrize(
    "ror",
    [
        "",
        "05dxps05",
        "05dxps0555",
        "15dxps055",
        "05DXPS055",
        "05dxpi055",
        "https://ror.org/05dxps055",
    ],
)
def test_ror_of_another_shape_is_refused(ror: str) -> None:
    with pytest.raises(MalformedError) as caught:
        identifiers.check_ror(ror, "ror[0]")

    assert not isinstance(caught.value, CheckDigitError)
    assert caught.value.field == "ror[0]"


@given(ror=rors())
def test_ror_agrees_with_the_published_formula(ror: str) -> None:
    identifiers.check_ror(ror)


def test_resolver_addresses_are_cut_off() -> None:
    assert identifiers.bare_orcid(" https://orcid.org/0000-0002-1825-0097 ") == GOOD_ORCIDS[0]
    assert identifiers.bare_orcid("0000-0002-1825-0097") == GOOD_ORCIDS[0]
    assert identifiers.bare_ror("https://ror.org/05dxps055") == "05dxps055"
    assert identifiers.bare_ror("ror.org/05dxps055") == "05dxps055"


def test_all_fourteen_roles_have_uri_and_both_names() -> None:
    assert len(ROLES) == 14
    assert list(ROLES) == sorted(ROLES)
    for slug, role in ROLES.items():
        assert role.uri == f"https://credit.niso.org/contributor-roles/{slug}/"
        assert role.english.isprintable()
        assert any("\u4e00" <= letter <= "\u9fff" for letter in role.chinese)
    assert ROLES["writing-original-draft"].english == "Writing – original draft"
    assert ROLES["data-curation"].chinese == "数据管理"


GOOD_IDENTIFIERS = [
    ("ark", "ark:/12148/btv1b8449691v"),
    ("arxiv", "2307.01234v2"),
    ("arxiv", "math.GT/0309136"),
    ("cstr", "31253.11.sciencedb.00001"),
    ("doi", "10.5281/zenodo.3960218"),
    ("doi", "10.1000/有中文的/后缀"),
    ("handle", "2381/12345"),
    ("isbn", "978-0-306-40615-7"),
    ("pmid", "31452104"),
    ("raid", "https://raid.org/10.25901/abcdef"),
    ("rrid", "RRID:AB_2298772"),
    ("swhid", "swh:1:dir:d198bc9d7a6bcf6db04f476d29314f157507d505;origin=https://example.org"),
    ("url", "https://data.example.org/set?id=1#top"),
    ("urn", "urn:nbn:de:101:1-201102033592"),
]


@pytest.mark.parametrize(("kind", "value"), GOOD_IDENTIFIERS)
def test_identifier_of_the_right_shape_is_accepted(kind: str, value: str) -> None:
    identifiers.check_identifier(kind, value)


def test_every_type_of_identifier_is_tried() -> None:
    assert {kind for kind, _ in GOOD_IDENTIFIERS} == identifiers.IDENTIFIER_TYPES


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("doi", "https://doi.org/10.5281/zenodo.3960218"),
        ("doi", "10.5281"),
        ("doi", "10.5281/zenodo 3960218"),
        ("doi", "10.\u0665281/zenodo.1"),  # an Arabic digit, which \\d would take
        ("doi", "10.5281/zenodo.1\n"),
        ("arxiv", "2307.1"),
        ("cstr", "sciencedb.00001"),
        ("swhid", "swh:1:dir:D198BC9D7A6BCF6DB04F476D29314F157507D505"),
        ("swhid", "swh:2:dir:d198bc9d7a6bcf6db04f476d29314f157507d505"),
        ("url", "ftp://example.org/x"),
        ("url", "javascript:alert(1)"),
        ("url", "https:///nowhere"),
        ("pmid", "0"),
    ],
)
def test_identifier_of_another_shape_is_refused(kind: str, value: str) -> None:
    with pytest.raises(MalformedError) as caught:
        identifiers.check_identifier(kind, value, "identifiers[3]")

    assert caught.value.field == "identifiers[3].value"


def test_unknown_type_of_identifier_is_refused() -> None:
    with pytest.raises(MalformedError) as caught:
        identifiers.check_identifier("DOI", "10.5281/zenodo.3960218", "identifiers[0]")

    assert caught.value.field == "identifiers[0].type"


def test_relations_are_the_words_of_prov() -> None:
    prov = pytest.importorskip("prov.constants")
    spellings = {
        "alternateOf": prov.PROV_ALTERNATE,
        "specializationOf": prov.PROV_SPECIALIZATION,
        "wasDerivedFrom": prov.PROV_DERIVATION,
    }

    for word, constant in spellings.items():
        assert prov.PROV_N_MAP[constant] == word
    assert spellings.keys() < identifiers.RELATIONS


@pytest.mark.parametrize("octets", list(identifiers.NOTHINGS))
@pytest.mark.parametrize("algorithm", ["md5", "sha1", "sha256", "sha512"])
def test_digest_of_nothing_is_refused_with_what_was_hashed(octets: bytes, algorithm: str) -> None:
    digest = hashlib.new(algorithm, octets, usedforsecurity=False).hexdigest()

    with pytest.raises(HashOfNothingError) as caught:
        identifiers.check_digest_of_something(digest)

    assert identifiers.NOTHINGS[octets] in str(caught.value)
    assert caught.value.field == "dataset_digest"


@pytest.mark.parametrize("octets", [b"", b"undefined", b"null", b"[object ArrayBuffer]"])
@pytest.mark.parametrize("path", [b"", b"undefined", b"file"])
def test_dataset_of_one_nothing_is_refused(octets: bytes, path: bytes) -> None:
    entry = hashlib.sha256(octets).digest() + path
    root = hashlib.sha256(b"\0" + entry).hexdigest()

    with pytest.raises(HashOfNothingError):
        identifiers.check_digest_of_something(root)


@pytest.mark.parametrize("octets", [b"", b"undefined"])
def test_digest_of_the_digest_of_nothing_is_refused(octets: bytes) -> None:
    inner = hashlib.sha256(octets)

    for outer in (inner.digest(), inner.hexdigest().encode()):
        with pytest.raises(HashOfNothingError):
            identifiers.check_digest_of_something(hashlib.sha256(outer).hexdigest())


@pytest.mark.parametrize("digest", ["00" * 32, "ff" * 32, "00" * 64])
def test_digest_that_is_no_digest_is_refused(digest: str) -> None:
    with pytest.raises(HashOfNothingError):
        identifiers.check_digest_of_something(digest)


def test_well_known_digests_of_nothing_are_those_everybody_knows() -> None:
    for digest in (
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",  # sha256 of nothing
        "eb045d78d273107348b0300c01d29b7552d622abbc6faf81b3ec55359aa9950c",  # "undefined"
        "74234e98afe7498fb5daf1f36ac2d78acc339464f950703b8c019892f982b90b",  # "null"
        "d41d8cd98f00b204e9800998ecf8427e",  # md5 of nothing
    ):
        with pytest.raises(HashOfNothingError):
            identifiers.check_digest_of_something(digest)


@given(content=st.binary(min_size=8))
def test_digest_of_data_is_accepted(content: bytes) -> None:
    if content not in identifiers.NOTHINGS:
        identifiers.check_digest_of_something(hashlib.sha256(content).hexdigest())
