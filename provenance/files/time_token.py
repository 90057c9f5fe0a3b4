"""RFC 3161 time-stamp tokens: a second clock, of an authority that the depositor chose.

A token says that the authority saw 32 bytes no later than a time: the id of a record, or the
digest of a dataset. Asking for one is left to the depositor's own tools::

    openssl ts -query -digest <record id> -sha256 -cert -out ask.tsq

It is checked offline against the authority's root certificates, which the reader has to have; no
list of authorities is believed. Certificates need only be valid at the time that the token says,
and nobody is asked whether one was revoked: the sentence that shows a token must say so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from cryptography import x509

from provenance.attribution_types import MAX_TOKEN_BYTES
from provenance.errors import (
    BadSignatureError,
    DriverMissingError,
    MalformedError,
    TooLargeError,
    VerificationError,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from rfc3161_client import TimeStampResponse
    from rfc3161_client.tsp import Accuracy

__all__ = ["TimeToken", "check_digest", "read_roots", "read_token", "token_of", "verify_token"]

_SHA256: Final = "2.16.840.1.101.3.4.2.1"

_CERTIFICATES: Final = 0xA0
"""Tag of SignedData's certificates, which may be left out."""

_GRANTED: Final = b"\x30\x03\x02\x01\x00"
"""DER of a PKIStatusInfo that says: granted."""


@dataclass(frozen=True, slots=True)
class TimeToken:
    """What a token says; proved only where ``verify_token`` returned it."""

    digest: bytes
    """The 32 bytes that the authority saw."""
    time_unix: int
    """The authority's clock, POSIX seconds."""
    accuracy_ms: int | None
    """How far its clock may be off, in milliseconds; None when it does not say."""
    authority: str
    """Subject of the certificate that signed, as RFC 4514 writes it."""
    policy: str
    """OID of the authority's own policy."""
    serial: int


def token_of(octets: bytes) -> bytes:
    """Return the token, DER, from an authority's whole answer or from a token alone.

    Raises:
        MalformedError: neither of them, or an answer that grants no token.
        TooLargeError: more than a record may carry.
        DriverMissingError: the package ``rfc3161-client`` is not installed.
    """
    if len(octets) > 4 * MAX_TOKEN_BYTES:
        raise TooLargeError(limit=MAX_TOKEN_BYTES, length=len(octets), unit="bytes")
    token = bytes(octets)
    if _answer(octets) is not None:
        start, stop = list(_elements(octets, *_inside(octets, 0)))[1]
        token = octets[start:stop]  # as it stands there: a signature is over its parts
    if len(token) > MAX_TOKEN_BYTES:
        raise TooLargeError(
            limit=MAX_TOKEN_BYTES, length=len(token), unit="bytes", field="--time-token"
        )
    read_token(token)
    return token


def read_token(token: bytes) -> TimeToken:
    """Read what a token says, without believing it.

    Raises:
        MalformedError: no token, or one over something else than a SHA-256 digest.
        DriverMissingError: the package ``rfc3161-client`` is not installed.
    """
    answer = _answer(_granted(token))
    if answer is None:
        raise MalformedError("expected an RFC 3161 token", field="time_token")
    return _said(answer)


def verify_token(
    token: bytes, digests: Collection[bytes], roots: Sequence[x509.Certificate]
) -> TimeToken:
    """Check a token offline: over one of these digests, by an authority under one of the roots.

    Args:
        digests: record id, dataset digest; 32 bytes each.
        roots: of the authorities that the reader believes; at least one.

    Raises:
        MalformedError: no token, or no root.
        VerificationError: over something else.
        BadSignatureError: not signed by an authority under these roots, or not for time-stamping.
        DriverMissingError: the package ``rfc3161-client`` is not installed.
    """
    said = read_token(token)
    check_digest(said, digests)
    if not roots:
        raise MalformedError("expected a root certificate, got none", field="--tsa-root")
    from rfc3161_client import VerificationError as Refused  # noqa: PLC0415 -- see _answer
    from rfc3161_client import VerifierBuilder  # noqa: PLC0415 -- see _answer

    builder = VerifierBuilder(roots=list(dict.fromkeys(roots)))
    answer = _answer(_granted(token))
    try:
        if answer is None or not builder.build().verify(answer, said.digest):
            raise BadSignatureError("the token is not signed", field="time_token")
    except (Refused, ValueError) as error:
        raise BadSignatureError(f"{error}", field="time_token") from error
    return said


def check_digest(said: TimeToken, digests: Collection[bytes]) -> None:
    """Check that a token is over one of these digests.

    Raises:
        VerificationError: it is over something else.
    """
    if said.digest not in digests:
        raise VerificationError(
            f"the token is over {said.digest.hex()}, which is neither the record nor its dataset",
            field="time_token",
        )


def read_roots(octets: bytes) -> list[x509.Certificate]:
    """Read the PEM certificates of authorities that the reader believes.

    Raises:
        MalformedError: none, or one that does not parse.
    """
    try:
        return x509.load_pem_x509_certificates(octets)
    except ValueError as error:
        raise MalformedError(f"expected PEM certificates: {error}", field="--tsa-root") from error


# --- the package --------------------------------------------------------------------------


def _answer(octets: bytes) -> TimeStampResponse | None:
    """Read an authority's answer; None when it is none."""
    # imported here: only who uses tokens needs the package
    try:
        from rfc3161_client import decode_timestamp_response  # noqa: PLC0415 -- see above
    except ImportError as error:
        raise DriverMissingError("install the package rfc3161-client") from error
    try:
        return decode_timestamp_response(_in_order(octets))
    except ValueError:
        return None


def _in_order(answer: bytes) -> bytes:
    """Return an answer with the certificates that are sent along in the order of DER.

    OpenSSL writes them as they come, which the package refuses to read. No signature is over
    them (RFC 5652 §5.4), and sorting changes no length, so that it is done in place.
    """
    try:
        start = 0  # of TimeStampResp; then token, [0] content, SignedData, [0] certificates
        for step in (1, 1, 0, 3):
            start = list(_elements(answer, *_inside(answer, start)))[step][0]
        begin, end = _inside(answer, start)
        found = sorted(answer[one:after] for one, after in _elements(answer, begin, end))
    except IndexError:
        return answer
    if answer[start] != _CERTIFICATES:
        return answer
    return answer[:begin] + b"".join(found) + answer[end:]


def _inside(octets: bytes, start: int) -> tuple[int, int]:
    """Return where the content of the DER element at ``start`` begins and ends.

    Raises:
        IndexError: it is cut off.
    """
    first, begin = octets[start + 1], start + 2
    if first < 0x80:
        length = first
    else:
        count = first & 0x7F
        length = int.from_bytes(octets[begin : begin + count], "big")
        begin += count
    if begin + length > len(octets):
        raise IndexError
    return begin, begin + length


def _elements(octets: bytes, start: int, stop: int) -> Iterator[tuple[int, int]]:
    """Yield where each element between two places begins and ends."""
    while start < stop:
        end = _inside(octets, start)[1]
        yield start, end
        start = end


def _granted(token: bytes) -> bytes:
    """Put a token into the answer that granted it, which is the form that is read."""
    body = _GRANTED + token
    length = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    head = bytes([len(body)]) if len(body) < 128 else bytes([0x80 | len(length)]) + length
    return b"\x30" + head + body


def _said(answer: TimeStampResponse) -> TimeToken:
    try:
        info = answer.tst_info
        imprint = info.message_imprint
        certificates = [
            x509.load_der_x509_certificate(one) for one in answer.signed_data.certificates
        ]
        signers = answer.signed_data.signer_infos
        digest = bytes(imprint.message)
        # an authority need not state it, whatever the package's types say
        accuracy = cast("Accuracy | None", info.accuracy)
        algorithm = imprint.hash_algorithm.dotted_string
        subjects = [
            one.subject.rfc4514_string()
            for one in certificates
            for signer in signers
            if (one.issuer, one.serial_number) == (signer.issuer, signer.serial_number)
        ]
        said = TimeToken(
            digest=digest,
            time_unix=int(info.gen_time.timestamp()),
            accuracy_ms=None
            if accuracy is None
            else 1000 * (accuracy.seconds or 0) + (accuracy.millis or 0),
            authority=subjects[0] if subjects else "",
            policy=info.policy.dotted_string,
            serial=info.serial_number,
        )
    # KeyError: a name whose text is of a type that ASN.1 does not have
    except (ValueError, TypeError, KeyError, OverflowError, x509.InvalidVersion) as error:
        raise MalformedError(f"expected an RFC 3161 token: {error}", field="time_token") from error
    if algorithm != _SHA256 or len(digest) != 32:
        raise MalformedError(f"expected SHA-256, got {algorithm}", field="time_token")
    return said
