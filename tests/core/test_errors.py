"""The tree of errors: codes, families and what each instance keeps."""

from __future__ import annotations

import inspect
import re

import pytest

from provenance import errors

FAMILIES = {
    errors.MalformedError,
    errors.VerificationError,
    errors.ConflictError,
    errors.NotYetError,
    errors.UnavailableError,
    errors.FatalError,
}
CLASSES = [cls for _, cls in inspect.getmembers(errors, inspect.isclass)]


@pytest.mark.parametrize("cls", CLASSES)
def test_each_error_has_a_code_a_title_and_a_docstring_of_its_own(cls: type[Exception]) -> None:
    own = vars(cls)

    assert cls.__name__.endswith("Error")
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", own["code"])
    assert re.fullmatch(r"[A-Z].*[^.!]", own["title"])
    assert own["__doc__"].splitlines()[0].endswith(".")


def test_codes_are_unique() -> None:
    codes = [vars(cls)["code"] for cls in CLASSES]

    assert len(codes) == len(set(codes))


@pytest.mark.parametrize("cls", [c for c in CLASSES if c is not errors.ProvenanceError])
def test_each_error_belongs_to_exactly_one_family(cls: type[Exception]) -> None:
    assert len([family for family in FAMILIES if issubclass(cls, family)]) == 1


def test_the_drawing_shows_every_family() -> None:
    drawn = set(re.findall(r"[|`]-- (\w+)", errors.__doc__ or ""))

    assert drawn == {family.__name__ for family in FAMILIES}


def test_an_error_names_its_field_in_front_of_the_facts() -> None:
    error = errors.MalformedError("expected X, got Y", field="contributors[2].orcid")

    assert str(error) == "contributors[2].orcid: expected X, got Y"
    assert error.field == "contributors[2].orcid"
    assert errors.MalformedError("expected X, got Y").field is None


def test_a_limit_keeps_both_numbers() -> None:
    error = errors.TooLargeError(limit=5, length=7, unit="bytes", field="title")

    assert (error.limit, error.length, error.field) == (5, 7, "title")
    assert str(error) == "title: limit 5 bytes, got 7"


def test_a_root_mismatch_keeps_both_roots() -> None:
    error = errors.RootMismatchError(expected=b"\1" * 32, calculated=b"\2" * 32)

    assert (error.expected, error.calculated) == (b"\1" * 32, b"\2" * 32)


def test_not_yet_says_when_to_ask_again() -> None:
    assert errors.NotYetError("not final", retry_at=1_789_000_000).retry_at == 1_789_000_000
    assert errors.NotYetError("not final").retry_at is None
