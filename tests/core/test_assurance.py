from __future__ import annotations

from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import assurances, json_values

from provenance.assurance import (
    DEPOSIT_LEVELS,
    EXACT_DRAWS,
    LEVELS,
    SOURCES,
    Assurance,
    chance_of_missing,
    check_assurance,
    check_counts,
    percent_text,
    read_assurance,
)
from provenance.errors import MalformedError

# --- the claim ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("claim", "level"),
    [
        ({"rehashed": 3}, "rehashed"),
        ({"source": "bagit", "imported": 90, "rehashed": 10}, "sampled"),
        ({"source": "s3", "imported": 1}, "imported"),
        ({"source": "dvc", "declared": 5}, "declared"),
    ],
)
def test_level_of_a_deposit_follows_from_its_counts(claim: dict[str, object], level: str) -> None:
    check_assurance(claim, "assurance")

    assurance = read_assurance(claim)

    assert assurance.level == level
    assert level in DEPOSIT_LEVELS
    assert assurance.to_claim() == claim


@given(files=st.integers(1, 2**53 - 1), data=st.data())
def test_claim_that_adds_up_is_taken_and_comes_back(files: int, data: st.DataObject) -> None:
    claim = data.draw(assurances(files))

    check_assurance(claim, "assurance")
    check_counts({"assurance": claim, "files": files, "dataset_digest": "5f" * 32})

    assert read_assurance(claim).files == files
    assert read_assurance(read_assurance(claim).to_claim()) == read_assurance(claim)


@given(value=json_values)
def test_whatever_else_is_refused_under_its_own_name(value: object) -> None:
    with pytest.raises(MalformedError) as caught:
        check_assurance(value, "assurance")
    assert (caught.value.field or "").startswith("assurance")


@pytest.mark.parametrize("files", [2, 4])
def test_counts_must_be_those_of_the_files(files: int) -> None:
    claims = {"assurance": {"rehashed": 3}, "files": files, "dataset_digest": "5f" * 32}

    with pytest.raises(MalformedError) as caught:
        check_counts(claims)
    assert caught.value.field == "assurance"


def test_nothing_is_asked_of_a_deposit_that_does_not_say() -> None:
    check_counts({"files": 3, "dataset_digest": "5f" * 32})
    check_counts({"files": 3, "declared_digest": {}})


def test_a_depositor_cannot_claim_to_be_witnessed() -> None:
    assert "witnessed" not in LEVELS
    assert DEPOSIT_LEVELS[-1] == "witnessed"
    assert all(Assurance(source, imported=1).level != "witnessed" for source in SOURCES)


# --- samples ------------------------------------------------------------------------------


@pytest.mark.parametrize("files", range(1, 8))
def test_chance_of_missing_is_the_share_of_samples_without_a_bad_file(files: int) -> None:
    """Against counting every sample there is."""
    for bad in range(files + 1):
        for size in range(files + 1):
            samples = list(combinations(range(files), size))
            clean = [one for one in samples if not set(one) & set(range(bad))]

            assert chance_of_missing(files, size, bad) == Fraction(len(clean), len(samples))


@pytest.mark.parametrize(("sample", "caught"), [(300, "0.95"), (460, "0.99")])
def test_the_figures_of_the_paper_hold(sample: int, caught: str) -> None:
    """Ateniese et al. 2007: 1 % of 10,000 blocks are found by 300 with 95 %, by 460 with 99 %."""
    missed = chance_of_missing(10_000, sample, 100)

    assert 1 - missed >= Fraction(caught)
    assert 1 - chance_of_missing(10_000, sample - 10, 100) < Fraction(caught) + Fraction(1, 500)


@settings(max_examples=50)
@given(files=st.integers(1, 2_000), data=st.data())
def test_more_looking_never_misses_more(files: int, data: st.DataObject) -> None:
    sample, bad = (data.draw(st.integers(0, files - 1)) for _ in range(2))
    chance = chance_of_missing(files, sample, bad)

    assert 0 <= chance_of_missing(files, sample + 1, bad) <= chance <= 1
    assert chance == chance_of_missing(files, bad, sample)


def test_a_chance_too_long_to_compute_is_never_understated() -> None:
    draws = EXACT_DRAWS + 1
    exact = 1.0
    for drawn in range(draws):
        exact *= 1 - draws / (10_000_000 - drawn)

    bound = chance_of_missing(10_000_000, draws, draws)

    assert exact <= bound < exact * 1.01


@pytest.mark.parametrize("files", [2**53 - 1, 10**9])
def test_what_a_hostile_record_counts_is_answered_at_once(files: int) -> None:
    assert chance_of_missing(files, files, files) == 0
    assert chance_of_missing(files, files - 1, files // 100) < Fraction(1, 10**9)
    assert 0 < chance_of_missing(files, EXACT_DRAWS, files // 100) < 1


@pytest.mark.parametrize(("sample", "bad", "field"), [(11, 1, "sample"), (1, -1, "bad")])
def test_numbers_that_are_none_of_the_files_are_refused(sample: int, bad: int, field: str) -> None:
    with pytest.raises(MalformedError) as caught:
        chance_of_missing(10, sample, bad)
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("chance", "text"),
    [
        (Fraction(0), "0 %"),
        (Fraction(1, 10**30), "< 0.001 %"),
        (Fraction(1, 100_000), "0.001 %"),
        (Fraction(366, 1000), "36.6 %"),
        (Fraction(1), "100 %"),
    ],
)
def test_a_chance_is_written_for_people(chance: Fraction, text: str) -> None:
    assert percent_text(chance) == text
