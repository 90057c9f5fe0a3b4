"""Every exception of the project, split by what the caller can do about it.

    ProvenanceError
    |-- MalformedError          the bytes do not parse: mend the input      (exit 2, HTTP 4xx)
    |-- VerificationError       a check failed: do not trust it             (exit 1)
    |-- ConflictError           the state has moved on, or forbids it       (exit 2, HTTP 409)
    |-- NotYetError             too early: ask again at ``retry_at``        (exit 3)
    |-- UnavailableError        a node, database or service is away         (exit 4, HTTP 503)
    `-- FatalError              the log would fork: stop the process

Leaf classes stand below their family. ``code`` is used unchanged as the API's problem type,
in the CLI's JSON and in test vectors; ``title`` is the sentence a person reads, a key of the
message catalogues; ``str(error)`` holds the facts.
"""

from __future__ import annotations


class ProvenanceError(Exception):
    """Base of every error the project raises on purpose."""

    code = "error"
    title = "Something went wrong"

    def __init__(self, message: str, *, field: str | None = None) -> None:
        """Keep the facts; ``field`` names the offending member, as ``contributors[2].orcid``."""
        super().__init__(message if field is None else f"{field}: {message}")
        self.field = field


# --- the bytes do not parse ---------------------------------------------------------------


class MalformedError(ProvenanceError):
    """Bytes that do not parse, or parse to something no version of ours allows."""

    code = "malformed"
    title = "The input does not have the expected form"


class MalformedJSONError(MalformedError):
    """Not JSON, or JSON outside the strict profile (RFC 8259 plus ``docs/formats.md``)."""

    code = "malformed-json"
    title = "The input is not strict JSON"


class NotNormalizedError(MalformedError):
    """A string that is not NFC, or holds a code point whose NFC depends on the runtime."""

    code = "not-normalized"
    title = "The text is not in Unicode normal form C"


class UnsupportedVersionError(MalformedError):
    """A format tag or version this release does not know."""

    code = "unsupported-version"
    title = "The format or its version is not known to this release"


class TooLargeError(MalformedError):
    """More bytes, items or levels than the limit allows."""

    code = "too-large"
    title = "The input is larger than the limit"

    def __init__(self, *, limit: int, length: int, unit: str, field: str | None = None) -> None:
        """Name both numbers, in ``unit`` (``bytes``, ``records`` ...)."""
        super().__init__(f"limit {limit} {unit}, got {length}", field=field)
        self.limit = limit
        self.length = length


class MediaTypeError(MalformedError):
    """A request body of a media type that the resource does not take."""

    code = "media-type"
    title = "This kind of content is not taken here"


class NotAcceptableError(MalformedError):
    """None of the media types asked for can be served."""

    code = "not-acceptable"
    title = "None of the formats asked for can be served"


class RefusedByServiceError(MalformedError):
    """A service answered a request with a problem document (RFC 9457)."""

    code = "refused-by-service"
    title = "The service refused the request"

    def __init__(self, *, status: int, code: str, detail: str, field: str | None = None) -> None:
        """Keep the service's own ``code``, so that a script sees what the service said."""
        super().__init__(detail)
        self.status = status
        self.code = code
        self.field = field


# --- a check failed -----------------------------------------------------------------------


class VerificationError(ProvenanceError):
    """A check failed: what was claimed is not what was found."""

    code = "verification-failed"
    title = "A check failed"


class BadSignatureError(VerificationError):
    """A signature that the named key did not make over these bytes."""

    code = "bad-signature"
    title = "The signature does not match"


class ProofShapeError(VerificationError):
    """A proof whose index, size or length is impossible (RFC 9162 §2.1.3.2, §2.1.4.2)."""

    code = "proof-shape"
    title = "The proof has an impossible shape"


class RootMismatchError(VerificationError):
    """A proof leads to another root than the checkpoint signs."""

    code = "root-mismatch"
    title = "The proof leads to another root"

    def __init__(self, *, expected: bytes, calculated: bytes) -> None:
        """Keep both roots (32 bytes each) for the caller to compare."""
        super().__init__(f"expected root {expected.hex()}, calculated {calculated.hex()}")
        self.expected = expected
        self.calculated = calculated


class BadTileError(VerificationError):
    """A tile that is cut short, or narrower than the tree size needs (C2SP tlog-tiles)."""

    code = "bad-tile"
    title = "A tile of the log is damaged or incomplete"


# --- the state has moved on, or forbids it ------------------------------------------------


class ConflictError(ProvenanceError):
    """The request was well formed, but the present state does not allow it."""

    code = "conflict"
    title = "The present state does not allow this"


class UnknownKeyError(ConflictError):
    """A record whose ``kid`` has no ``key`` record at a lower index or earlier in the request."""

    code = "unknown-key"
    title = "The signing key is not known to the log"


class NotFoundError(ConflictError):
    """Nothing with that id, or not (yet) below the newest signed tree size."""

    code = "not-found"
    title = "Nothing here has that name"


class NotAllowedError(ConflictError):
    """The service's write policy does not list the key that signed."""

    code = "not-allowed"
    title = "This service does not take records from that key"


class MethodNotAllowedError(ConflictError):
    """The resource exists, but not for this HTTP method."""

    code = "method-not-allowed"
    title = "This cannot be done to that resource"


# --- too early ----------------------------------------------------------------------------


class NotYetError(ProvenanceError):
    """True so far, but too early to say more."""

    code = "not-yet"
    title = "Not yet: ask again later"

    def __init__(self, message: str, *, retry_at: int | None = None) -> None:
        """Say when to ask again: ``retry_at`` in POSIX seconds, None when unknown."""
        super().__init__(message)
        self.retry_at = retry_at


class RateLimitedError(NotYetError):
    """More requests or records in the present minute than the service takes from one key."""

    code = "rate-limited"
    title = "Too many requests: ask again later"


# --- somebody is away ---------------------------------------------------------------------


class UnavailableError(ProvenanceError):
    """A node, a database or a service did not answer."""

    code = "unavailable"
    title = "A service that is needed did not answer"


# --- stop ---------------------------------------------------------------------------------


class FatalError(ProvenanceError):
    """Going on could fork the log or double a spend: the process must stop."""

    code = "fatal"
    title = "Stopped, because going on could damage the log"
