"""Which representation an Accept header asks for (RFC 9110 §12.5.1)."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from provenance_api.negotiation import negotiate

from provenance.errors import NotAcceptableError

OFFERS = ("application/json", "text/plain")


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("*/*", "application/json"),
        ("text/*", "text/plain"),
        ("text/plain;q=0.9, application/json;q=0.8", "text/plain"),
        ("text/plain;q=0.8, application/json;q=0.8", "application/json"),
        ("*/*;q=0.5, application/json;q=0.4", "text/plain"),
        ("application/json;q=0, */*", "text/plain"),
        ("text/plain;version=1;q=0.3, application/json;q=0.2", "text/plain"),
        ("text/html, text/plain", "text/plain"),
        ("TEXT/PLAIN", "text/plain"),
        ("text/plain;q=1.000", "text/plain"),
        ("  ", "application/json"),
    ],
)
def test_the_heaviest_offer_is_taken(accept: str, expected: str) -> None:
    assert negotiate(accept, *OFFERS) == expected


@pytest.mark.parametrize(
    "accept", ["text/html", "*/*;q=0", "text/plain;q=0, application/*;q=0.000", "nonsense", ",,"]
)
def test_none_of_the_offers_is_an_error(accept: str) -> None:
    with pytest.raises(NotAcceptableError):
        negotiate(accept, *OFFERS)


@given(st.text(st.characters(max_codepoint=255)) | st.text("a*/;,q=01. ", max_size=60))
def test_any_header_is_read_or_refused(accept: str) -> None:
    taken = ""
    with contextlib.suppress(NotAcceptableError):
        taken = negotiate(accept, *OFFERS)
    assert taken in {"", *OFFERS}
