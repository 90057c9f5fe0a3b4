"""Whose key it is, and from which entry on it may speak."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import ORIGIN, private_key, salts

from provenance.errors import MalformedError, UnknownKeyError
from provenance.identity import (
    KEY_CODES,
    REVOCATION_CODE,
    BoundKey,
    Institution,
    Level,
    standing_of,
)
from provenance.record import Record, issue_record, parse_entry
from provenance.wordings import WORDINGS

ALICE, BOB = private_key("Ed25519", 1), private_key("ES256", 2)
ALICE_KID, BOB_KID = ALICE.public.thumbprint, BOB.public.thumbprint
ACADEMY = {ALICE_KID: Institution("Academy of Sciences", ALICE.public)}


def key_record(number: int = 1, **claims: object) -> Record:
    return issue_record(
        "key",
        claims,
        private_key=ALICE if number == 1 else BOB,
        aud=ORIGIN,
        iat=1,
        salts=salts(),
    )


BARE = key_record()
NAMED = key_record(name="Alice", orcid="0000-0002-1825-0097")
OTHER = key_record(2, name="Bob")


@pytest.mark.parametrize(
    ("record", "level"),
    [
        (BARE, Level.UNBOUND),
        (NAMED, Level.SELF_ASSERTED),
        (key_record(name="Alice"), Level.SELF_ASSERTED),
        (key_record(orcid="0000-0002-1825-0097"), Level.SELF_ASSERTED),
        (key_record(ror=["05dxps055"]), Level.SELF_ASSERTED),
        (key_record(recovery=BOB_KID), Level.UNBOUND),
    ],
    ids=["bare", "named", "name", "orcid", "ror", "recovery"],
)
def test_level_is_what_the_key_record_claims(record: Record, level: Level) -> None:
    standing = standing_of(ALICE_KID, 9, [BoundKey(record, 3)], {})

    assert standing.level is level
    assert standing.code == KEY_CODES[level]
    assert standing.key == ALICE.public
    assert standing.leaf_index == 3
    assert standing.binder is None


@pytest.mark.parametrize("record", [BARE, NAMED], ids=["bare", "named"])
def test_key_that_the_policy_names_is_the_institutions(record: Record) -> None:
    standing = standing_of(ALICE_KID, 9, [BoundKey(record, 3)], ACADEMY)

    assert standing.level is Level.INSTITUTION_BOUND
    assert standing.binder == "Academy of Sciences"


def test_institution_of_another_key_binds_nothing() -> None:
    standing = standing_of(BOB_KID, 9, [BoundKey(OTHER, 3)], ACADEMY)

    assert standing.level is Level.SELF_ASSERTED
    assert standing.binder is None


def test_what_the_holder_claims_is_told() -> None:
    binding = standing_of(ALICE_KID, 9, [BoundKey(NAMED, 3)], {}).binding

    assert (binding.name, binding.orcid) == ("Alice", "0000-0002-1825-0097")


def test_identity_that_was_erased_is_no_longer_shown() -> None:
    erased = parse_entry(NAMED.entry)

    assert standing_of(ALICE_KID, 9, [BoundKey(erased, 3)], {}).level is Level.UNBOUND


def test_key_speaks_from_its_own_entry_on() -> None:
    bound = [BoundKey(NAMED, 5)]

    assert standing_of(ALICE_KID, 5, bound, {}).leaf_index == 5  # the key record itself
    assert standing_of(ALICE_KID, 6, bound, {}).leaf_index == 5
    with pytest.raises(UnknownKeyError):
        standing_of(ALICE_KID, 4, bound, {})


def test_policy_does_not_replace_the_key_record() -> None:
    with pytest.raises(UnknownKeyError):
        standing_of(ALICE_KID, 9, [], ACADEMY)
    with pytest.raises(UnknownKeyError):
        standing_of(ALICE_KID, 9, [BoundKey(OTHER, 3)], ACADEMY)


@given(indexes=st.lists(st.integers(0, 20), min_size=1, unique=True), data=st.data())
def test_lowest_key_record_counts_in_any_order(indexes: list[int], data: st.DataObject) -> None:
    """The first one says who holds the key; a later one cannot lend an older record a name."""
    bound = [BoundKey(NAMED if index > min(indexes) else BARE, index) for index in indexes]
    shuffled = data.draw(st.permutations([*bound, BoundKey(OTHER, 0)]))

    standing = standing_of(ALICE_KID, 20, shuffled, {})

    assert standing.leaf_index == min(indexes)
    assert standing.level is Level.UNBOUND


def test_record_of_another_type_is_no_key_record() -> None:
    deposit = issue_record(
        "deposit",
        {"dataset_digest": "5f" * 32, "files": 1},
        private_key=ALICE,
        aud=ORIGIN,
        iat=1,
        salts=salts(),
    )

    with pytest.raises(MalformedError) as caught:
        standing_of(ALICE_KID, 9, [BoundKey(deposit, 3)], {})

    assert caught.value.field == "keys"


def test_every_level_has_its_fixed_wording() -> None:
    assert KEY_CODES.keys() == set(Level)
    assert {*KEY_CODES.values(), REVOCATION_CODE} <= WORDINGS.keys()
    assert WORDINGS[KEY_CODES[Level.UNBOUND]] == "no binding shown"
    assert WORDINGS[KEY_CODES[Level.SELF_ASSERTED]] == "self-asserted by the key holder"
    assert [level.value for level in Level] == ["unbound", "self-asserted", "institution-bound"]
