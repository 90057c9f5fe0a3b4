"""Records: the profile's rules by vectors, and what issuing, parsing and hiding do together."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from record_cases import (
    BEACON,
    CHANGE,
    FULL,
    GENESIS,
    IDENTIFIERS,
    KEY,
    OTHER_KEY,
    P256_KEY,
    TITLE,
    Case,
    all_cases,
    deposit,
    forge,
    header_of,
    hide,
)
from strategies import ORIGIN, algorithms, deposits, lines, private_key, salts

from provenance import record as records
from provenance import sdjwt
from provenance.digests import from_b64url, sha256, to_b64url
from provenance.errors import (
    BadSignatureError,
    MalformedError,
    ProvenanceError,
    TooLargeError,
    UnsupportedVersionError,
    WrongAudienceError,
)
from provenance.record import Record, issue_record, parse_entry, parse_record, verify_signature
from provenance.record_checks import MAX_CONTRIBUTORS
from provenance.record_types import OPERATOR_TYPES, TYPES

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from provenance.keys import Algorithm

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "tests" / "vectors" / "records"
CASES = {case.name: case for case in all_cases()}
GOOD = [case for case in CASES.values() if case.expect == "ok"]


def issue(
    claims: dict[str, Any],
    alg: Algorithm = "Ed25519",
    *,
    hold: Collection[str] = (),
    random: Iterator[bytes] | None = None,
) -> Record:
    """Issue a deposit with fixed key, clock and salts."""
    return issue_record(
        "deposit",
        claims,
        private_key=private_key(alg),
        aud=ORIGIN,
        iat=1_790_000_000,
        salts=salts() if random is None else random,
        hold=hold,
    )


# --- vectors ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.json")))
def test_vector_is_judged_as_it_says(name: str) -> None:
    vector = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    compact = vector["compact"].encode("latin-1")

    if vector["expect"] == "ok":
        record = parse_record(compact, complete=vector["complete"])
        assert record.payload == vector["payload"]
        assert record.compact == compact
        return
    with pytest.raises(MalformedError) as caught:
        parse_record(compact, complete=vector["complete"])
    assert (caught.value.code, caught.value.field) == (vector["expect"], vector["field"])


def test_stored_vectors_are_those_the_script_makes() -> None:
    path = ROOT / "scripts" / "make_record_vectors.py"
    spec = importlib.util.spec_from_file_location("make_record_vectors", path)
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)

    stored = {path.name: path.read_text("utf-8") for path in FOLDER.glob("*.json")}

    assert stored == script.vectors()


def test_every_type_has_a_good_vector() -> None:
    parsed = {parse_record(case.compact, complete=case.complete).type for case in GOOD}

    assert parsed == TYPES.keys()
    assert parsed >= OPERATOR_TYPES


@pytest.mark.parametrize("case", GOOD, ids=lambda case: case.name)
def test_good_vector_is_signed_by_its_key(case: Case) -> None:
    record = parse_record(case.compact, complete=case.complete)
    key = P256_KEY if record.alg == "ES256" else KEY

    verify_signature(record, key.public)
    if record.type == "key":
        assert record.key == key.public
    else:
        assert record.key is None


# --- what a record is ---------------------------------------------------------------------


def test_entry_and_id_are_those_of_the_signed_bytes() -> None:
    compact = CASES["deposit-full"].compact
    record = parse_record(compact, complete=True)
    head = compact.partition(b"~")[0]

    assert record.entry == head
    assert record.signing_input == head.rpartition(b".")[0]
    assert record.id == sha256(record.signing_input)
    assert record.id_hex == record.id.hex()
    assert record.signature == from_b64url(head.rpartition(b".")[2].decode())
    assert (record.type, record.alg, record.kid) == ("deposit", "Ed25519", KEY.public.thumbprint)
    assert (record.aud, record.iat) == (ORIGIN, 1_790_000_000)
    assert record.claims == FULL


def test_id_does_not_depend_on_disclosures_or_signature() -> None:
    record = parse_record(CASES["deposit-full"].compact, complete=True)
    entry = parse_entry(record.entry)
    head, _, signature = record.entry.rpartition(b".")
    other = parse_entry(head + b"." + to_b64url(bytes(64)).encode())

    assert entry.id == record.id == other.id
    assert other.signature != record.signature
    assert signature


def test_entry_shows_nothing_that_is_hidden() -> None:
    record = parse_entry(parse_record(CASES["deposit-full"].compact, complete=True).entry)

    assert "title" not in record.payload
    assert record.payload["contributors"] == []
    assert len(record.withheld) == 4
    assert record.parts == ()
    assert b"Gorman" not in from_b64url(record.entry.split(b".")[1].decode())


def test_disclosures_keep_their_order_and_their_digests() -> None:
    record = parse_record(CASES["deposit-full"].compact, complete=True)

    assert record.disclosures[:2] == (TITLE, IDENTIFIERS)
    assert [part.digest for part in record.parts] == [
        sdjwt.digest_of(text) for text in record.disclosures
    ]
    assert [part.name for part in record.parts] == ["title", "identifiers", None, None]


def test_public_form_leaves_out_what_is_held_and_nothing_else() -> None:
    record = parse_record(CASES["deposit-full"].compact, complete=True)
    public = parse_record(record.public(), complete=False)

    assert record.held == public.withheld
    assert public.disclosures == tuple(
        part.text for part in record.parts if part.digest not in record.held
    )
    assert public.id == record.id
    assert "王小明" not in str(public.payload)


def test_public_form_is_the_record_itself_where_nothing_is_held() -> None:
    record = issue({"dataset_digest": "5f" * 32, "files": 1, "title": "x"})

    assert record.public() == record.compact


@given(keep=st.sets(st.integers(0, 3)))
def test_any_choice_of_disclosures_can_be_presented(keep: set[int]) -> None:
    record = parse_record(CASES["deposit-full"].compact, complete=True)
    digests = {record.parts[number].digest for number in keep}

    shown = parse_record(record.present(digests), complete=False)

    assert shown.id == record.id
    assert {part.digest for part in shown.parts} == digests
    assert shown.withheld == {part.digest for part in record.parts} - digests


def test_records_are_equal_when_their_bytes_are() -> None:
    compact = CASES["deposit-full"].compact

    assert parse_record(compact, complete=True) == parse_record(compact, complete=True)
    assert len({parse_record(compact, complete=complete) for complete in (True, False)}) == 1
    assert parse_record(compact, complete=True) != parse_entry(compact.partition(b"~")[0])


# --- values of the wrong kind -------------------------------------------------------------

WRONG: tuple[object, ...] = (
    None,
    True,
    1,
    -1,
    2**53,
    "",
    "x",
    " x",
    "a\tb",
    [],
    [None],
    {},
    {"x": 1},
)


def replacements(value: object) -> Iterator[object]:
    """The same JSON with one node at a time replaced by values of every other kind."""
    yield from (wrong for wrong in WRONG if repr(wrong) != repr(value))
    if isinstance(value, dict):
        for name, inner in value.items():
            for wrong in replacements(inner):
                yield {**value, name: wrong}
            yield {other: one for other, one in value.items() if other != name}
        yield {**value, "more": 1}
    if isinstance(value, list):
        for number, inner in enumerate(value):
            for wrong in replacements(inner):
                yield [*value[:number], wrong, *value[number + 1 :]]
        yield [*value, *value]


def refusal(check: Callable[[], object]) -> str | None:
    """The field that an error names, None where all is good; any other exception goes on."""
    try:
        check()
    except MalformedError as error:
        return error.field or "no field"
    return None


TIED: dict[str, set[str]] = {
    "files": {"assurance", "checked", "sample_seed"},
    "checked": {"missing", "sample_seed"},
    "failed": {"missing"},
    "started": {"ended"},
    "_sd": {"sealed", "binder"},
    "sealed": {"files"},
    "aud": {"binder"},
    "iat": {"compromised_since"},
    "reason": {"compromised_since"},
}
"""Members that have to agree: which of the others a wrong value may be refused under."""


@pytest.mark.parametrize("case", GOOD, ids=lambda case: case.name)
def test_value_of_the_wrong_kind_is_refused_under_its_own_name(case: Case) -> None:
    """Refused, or a good record: never another error, never another member's name."""
    record = parse_record(case.compact, complete=case.complete)
    key = P256_KEY if record.alg == "ES256" else KEY
    header = header_of(record.type, key)
    for name, value in record.claims.items():
        for wrong in replacements(value):
            claims = {**record.claims, name: wrong}
            compact = forge(claims, *record.disclosures, header=header, key=key)

            field = refusal(lambda: parse_record(compact, complete=False))  # noqa: B023 -- called at once

            # what no longer has its digest is named instead
            named = None if field is None else field.replace("[", ".").split(".")[0]
            assert named in {None, name, "disclosures", "held", "_sd"} | TIED.get(name, set()), (
                wrong
            )


@pytest.mark.parametrize("case", GOOD, ids=lambda case: case.name)
def test_disclosed_value_of_the_wrong_kind_is_refused(case: Case) -> None:
    record = parse_record(case.compact, complete=case.complete)
    form = TYPES[record.type]
    for part in record.parts:
        (array,) = form.elements or ("",)
        place = part.name or f"{array}[0]"
        check = form.disclosable[part.name] if part.name else form.elements[array]

        check(part.value, place)
        fields = [
            refusal(lambda: check(wrong, place))  # noqa: B023 -- called at once
            for wrong in replacements(part.value)
        ]

        assert all(field is None or field.startswith(place) for field in fields)
        assert any(fields)


# --- limits -------------------------------------------------------------------------------


def entry_of(padding: int) -> bytes:
    """An entry near the limit; ``padding`` characters make it longer."""
    identifiers = ["x" * 1900 + str(number) for number in range(24)] + ["y" * padding]
    relations = [
        {"relation": "wasDerivedFrom", "identifier": f"doi:10.5281/{text}"} for text in identifiers
    ]
    return forge(deposit(relations=relations)).removesuffix(b"~")


def test_entry_may_be_as_long_as_a_bundle_can_say() -> None:
    """Base64 steps by one or two characters, so the limit itself may not be hit."""
    padding = next(n for n in range(2_000) if len(entry_of(n)) > records.MAX_ENTRY_BYTES)
    longest, too_long = entry_of(padding - 1), entry_of(padding)

    assert len(longest) in {records.MAX_ENTRY_BYTES - 1, records.MAX_ENTRY_BYTES}
    assert parse_entry(longest).entry == longest
    with pytest.raises(TooLargeError) as caught:
        parse_entry(too_long)
    assert caught.value.field == "record"
    assert (caught.value.limit, caught.value.length) == (65_535, len(too_long))


def test_record_with_disclosures_has_a_limit() -> None:
    octets = forge(FULL, *[hide("x" * 1000)] * 300)

    with pytest.raises(TooLargeError) as caught:
        parse_record(octets, complete=False)

    assert (caught.value.limit, caught.value.length) == (256 * 1024, len(octets))
    assert caught.value.field == "record"


def test_as_many_contributors_as_allowed_fit_into_an_entry() -> None:
    people = [{"name": f"Person {number}"} for number in range(MAX_CONTRIBUTORS)]
    claims = {"dataset_digest": "5f" * 32, "files": 1, "title": "x", "contributors": people}

    record = issue(claims, hold=["title", *(f"contributors[{n}]" for n in range(400))])

    assert record.payload["contributors"] == people
    assert len(record.held) == 401
    with pytest.raises(TooLargeError) as caught:
        issue({**claims, "contributors": [*people, {"name": "one more"}]})
    assert caught.value.field == "contributors"


def test_deep_json_is_refused() -> None:
    octets = b'{"a":' * 40 + b"1" + b"}" * 40

    with pytest.raises(TooLargeError):
        parse_record(forge(octets), complete=True)


# --- signatures, audience, version --------------------------------------------------------


@pytest.mark.parametrize("alg", ["Ed25519", "ES256"])
def test_signature_of_another_key_is_refused(alg: Algorithm) -> None:
    record = issue({"dataset_digest": "5f" * 32, "files": 1}, alg)

    verify_signature(record, private_key(alg).public)
    with pytest.raises(BadSignatureError) as caught:
        verify_signature(record, private_key(alg, 2).public)
    assert caught.value.field == "header.kid"


@pytest.mark.parametrize("alg", ["Ed25519", "ES256"])
@pytest.mark.parametrize("at", range(0, 64, 7))
def test_changed_signature_is_refused(alg: Algorithm, at: int) -> None:
    record = issue({"dataset_digest": "5f" * 32, "files": 1}, alg)
    changed = bytearray(record.signature)
    changed[at] ^= 1
    head = record.entry.rpartition(b".")[0]

    other = parse_entry(head + b"." + to_b64url(bytes(changed)).encode())

    with pytest.raises(BadSignatureError):
        verify_signature(other, private_key(alg).public)


def test_high_s_is_refused_though_libraries_accept_it() -> None:
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    record = issue({"dataset_digest": "5f" * 32, "files": 1}, "ES256")
    low = int.from_bytes(record.signature[32:], "big")
    high = record.signature[:32] + (order - low).to_bytes(32, "big")
    head = record.entry.rpartition(b".")[0]

    other = parse_entry(head + b"." + to_b64url(high).encode())

    assert low <= order // 2
    with pytest.raises(BadSignatureError):
        verify_signature(other, private_key("ES256").public)


def test_alg_of_the_header_is_bound_to_the_key() -> None:
    header = {**header_of("deposit"), "alg": "ES256"}
    record = parse_record(forge(deposit(), header=header), complete=True)

    with pytest.raises(BadSignatureError) as caught:
        verify_signature(record, KEY.public)

    assert caught.value.field == "header.alg"


def test_record_for_another_log_is_refused() -> None:
    record = issue({"dataset_digest": "5f" * 32, "files": 1})

    records.check_audience(record, ORIGIN)
    with pytest.raises(WrongAudienceError) as caught:
        records.check_audience(record, "other.example/log")
    assert caught.value.field == "aud"


# --- issuing ------------------------------------------------------------------------------


@given(claims=deposits(), alg=algorithms)
def test_issued_deposit_says_what_was_claimed(claims: dict[str, Any], alg: Algorithm) -> None:
    record = issue(claims, alg)

    verify_signature(record, private_key(alg).public)
    assert record.payload == {**claims, "aud": ORIGIN, "iat": 1_790_000_000, "v": 1}
    assert parse_record(record.compact, complete=True) == record


@given(claims=deposits())
def test_flat_reading_agrees_with_the_rfcs(claims: dict[str, Any]) -> None:
    """The record's own fast matching of digests, against the RFC's recursive rules."""
    record = issue(claims)

    found = sdjwt.process(record.claims, record.disclosures)

    assert found.claims == record.payload
    assert sdjwt.process(record.claims, ()).withheld == parse_entry(record.entry).withheld


@given(claims=deposits(), data=st.data())
def test_nothing_held_is_in_the_public_form(claims: dict[str, Any], data: st.DataObject) -> None:
    names = [name for name in ("title", "identifiers", "contributors") if name in claims]
    hold = data.draw(st.sets(st.sampled_from(names))) if names else set()
    record = issue(claims, hold=hold)

    public = parse_record(record.public(), complete=False)

    for name in names:
        shown = public.payload.get(name)
        assert (shown in (None, [])) is (name in hold)


def test_single_contributor_can_be_held() -> None:
    people = [{"name": name} for name in ("first", "second", "third")]
    claims = {"dataset_digest": "5f" * 32, "files": 1, "contributors": people}

    record = issue(claims, hold=["contributors[1]"])

    public = parse_record(record.public(), complete=False)
    assert public.payload["contributors"] == [people[0], people[2]]
    names = [one and one.name for one in records.deposit_of(public).contributors]
    assert names == ["first", None, "third"]


@pytest.mark.parametrize("name", ["files", "contributors[3]", "title", ""])
def test_only_what_is_hidden_can_be_held(name: str) -> None:
    claims = {"dataset_digest": "5f" * 32, "files": 1, "contributors": [{"name": "x"}]}

    with pytest.raises(MalformedError) as caught:
        issue(claims, hold=[name])

    assert caught.value.field == name


@pytest.mark.parametrize("name", ["aud", "iat", "v", "_sd", "_sd_alg", "held"])
def test_caller_does_not_state_what_every_record_has(name: str) -> None:
    with pytest.raises(MalformedError) as caught:
        issue({"dataset_digest": "5f" * 32, "files": 1, name: 1})

    assert caught.value.field == name


def test_unknown_type_cannot_be_issued() -> None:
    with pytest.raises(UnsupportedVersionError):
        issue_record("endorsement", {}, private_key=KEY, aud=ORIGIN, iat=1, salts=salts())


def test_short_salts_are_refused() -> None:
    with pytest.raises(MalformedError):
        issue({"dataset_digest": "5f" * 32, "files": 1, "title": "x"}, random=iter([b"short"]))


def test_signing_again_makes_another_record() -> None:
    claims = {"dataset_digest": "5f" * 32, "files": 1, "title": "x"}

    assert issue(claims).id != issue(claims, random=salts(2)).id


# --- typed values -------------------------------------------------------------------------


def test_deposit_is_read_as_typed_values() -> None:
    found = records.deposit_of(parse_record(CASES["deposit-full"].compact, complete=True))

    assert found.dataset_digest == bytes.fromhex("5f" * 32)
    assert (found.declared_digest, found.files, found.length) == (None, 3, 100)
    assert found.title == "Palmer penguins"
    gorman, wang = found.contributors
    assert gorman is not None
    assert (gorman.orcid, gorman.ror) == ("0000-0002-1825-0097", ("05dxps055",))
    assert gorman.roles == ("investigation", "data-curation")
    assert wang is not None
    assert (wang.name, wang.orcid, wang.ror) == ("王小明", None, ())
    assert [(one.type, one.value) for one in found.identifiers] == [
        ("doi", "10.5281/zenodo.3960218")
    ]
    assert (found.license, found.access) == ("CC0-1.0", "open")
    assert found.relations[0].record == bytes.fromhex("cd" * 32)
    assert found.relations[0].identifier is None
    assert found.block is not None
    assert found.block.block_hash == bytes.fromhex("ab" * 32)


def test_declared_deposit_has_no_dataset_digest() -> None:
    found = records.deposit_of(parse_record(CASES["deposit-declared"].compact, complete=True))

    assert found.dataset_digest is None
    assert found.length is None
    assert found.declared_digest is not None
    assert found.declared_digest.algorithm == "md5"


def test_withheld_parts_are_none_not_guessed() -> None:
    case = CASES["deposit-partly-withheld"]
    found = records.deposit_of(parse_record(case.compact, complete=False))

    assert found.title is None
    assert [one is None for one in found.contributors] == [False, True]
    assert len(found.identifiers) == 1


def test_key_binding_is_read() -> None:
    found = records.key_binding_of(parse_record(CASES["key"].compact, complete=True))

    assert found.key == KEY.public
    assert (found.name, found.orcid, found.ror) == ("Kristen Gorman", None, ())
    assert found.recovery == OTHER_KEY.public.thumbprint
    assert found.claims_identity


def test_operator_records_are_read() -> None:
    genesis = records.genesis_of(parse_record(CASES["genesis"].compact, complete=True))
    change = records.configuration_of(parse_record(CASES["configuration"].compact, complete=True))
    beacon = records.beacon_of(parse_record(CASES["beacon"].compact, complete=True))

    assert genesis.root_key == KEY.public
    assert genesis.beacon_key == OTHER_KEY.public
    assert list(genesis.checkpoint_keys) == GENESIS["checkpoint_keys"]
    assert genesis.chains[0].contract == bytes.fromhex("22" * 20)
    assert genesis.chains[0].roots_slot == 2
    assert change.from_tree_size == CHANGE["from_tree_size"]
    assert change.add.beacon_keys == (KEY.public,)
    assert change.retire.chains == genesis.chains
    assert change.retire.checkpoint_keys == ()
    assert (beacon.block.number, beacon.timestamp) == (BEACON["number"], BEACON["timestamp"])


@pytest.mark.parametrize(
    "read",
    [
        records.deposit_of,
        records.key_binding_of,
        records.genesis_of,
        records.configuration_of,
        records.beacon_of,
    ],
)
def test_record_of_another_type_is_not_read(read: Callable[[Record], object]) -> None:
    own = read.__name__.removesuffix("_of").removesuffix("_binding")
    for case in GOOD:
        record = parse_record(case.compact, complete=case.complete)
        if record.type == own:
            read(record)
        else:
            with pytest.raises(MalformedError) as caught:
                read(record)
            assert caught.value.field == "header.typ"


# --- decoders leak nothing ----------------------------------------------------------------


@given(octets=st.binary(max_size=200))
def test_random_bytes_raise_only_errors_of_ours(octets: bytes) -> None:
    with pytest.raises(MalformedError):
        parse_record(octets, complete=True)
    with pytest.raises(MalformedError):
        parse_entry(octets)


def accept(compact: bytes) -> Record:
    """Everything that can be asked of a record alone."""
    record = parse_record(compact, complete=False)
    verify_signature(record, P256_KEY.public if record.alg == "ES256" else KEY.public)
    return record


@given(case=st.sampled_from(GOOD), data=st.data(), octet=st.integers(0, 255))
def test_changed_byte_is_always_refused(case: Case, data: st.DataObject, octet: int) -> None:
    at = data.draw(st.integers(0, len(case.compact) - 1))
    changed = case.compact[:at] + bytes([octet]) + case.compact[at + 1 :]
    if changed == case.compact:
        return

    with pytest.raises(ProvenanceError):
        accept(changed)


@given(case=st.sampled_from(GOOD), data=st.data())
def test_cut_record_is_refused_or_a_presentation(case: Case, data: st.DataObject) -> None:
    compact = case.compact[: data.draw(st.integers(0, len(case.compact) - 1))]

    if compact.endswith(b"~"):  # cut between disclosures: fewer are shown, all else is the same
        whole, part = accept(case.compact), accept(compact)
        assert part.id == whole.id
        assert part.parts == whole.parts[: len(part.parts)]
        assert part.withheld > whole.withheld
        with pytest.raises(MalformedError):
            parse_record(compact, complete=True)
    else:
        with pytest.raises(MalformedError):
            accept(compact)


@given(name=lines, value=st.none() | st.integers() | lines)
def test_unknown_member_is_refused_by_name(name: str, value: object) -> None:
    known = {*deposit(), *TYPES["deposit"].plain, "_sd", "held", "contributors"}
    if name in known:
        return

    with pytest.raises(MalformedError) as caught:
        parse_record(forge(deposit(**{name: value})), complete=True)

    assert caught.value.field is not None
    assert name.isprintable() is False or caught.value.field.startswith(name[:40])
