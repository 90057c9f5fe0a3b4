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

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


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


class FileAccessError(MalformedError):
    """A file that a person named and that cannot be opened, read or written there."""

    code = "file-access"
    title = "The file cannot be read or written"


class UnusableDatasetError(MalformedError):
    """A dataset with links, unreadable or changing files, or names that no path may have."""

    code = "unusable-dataset"
    title = "The dataset cannot be fingerprinted as it is"

    def __init__(self, problems: Sequence[tuple[str, str, str]]) -> None:
        """Keep every problem met, as (path, what is wrong, detail), in the order of the paths."""
        super().__init__("; ".join(f"{path}: {what} {detail}" for path, what, detail in problems))
        self.problems = tuple(problems)


class MissingChecksumError(MalformedError):
    """Stored objects without a checksum that could stand for their content."""

    code = "missing-checksum"
    title = "Files have no stored SHA-256 of their whole content; fingerprint the URL instead"

    def __init__(self, files: Sequence[tuple[str, str]]) -> None:
        """Keep every file with the checksum that it has instead; show the first ten."""
        shown = "; ".join(f"{path}: {has}" for path, has in files[:10])
        super().__init__(f"{shown} ..." if len(files) > 10 else shown)
        self.files = tuple(files)


class EmptyDatasetError(MalformedError):
    """A dataset without a single file: there is nothing to have a digest of."""

    code = "empty-dataset"
    title = "The dataset has no files"


class NameCollisionError(MalformedError):
    """Two names in one folder that some file systems cannot tell apart."""

    code = "name-collision"
    title = "Two names are equal after Unicode normalization or case folding"


class WrongPassphraseError(MalformedError):
    """A key file that the passphrase does not open, or that was damaged."""

    code = "wrong-passphrase"
    title = "The passphrase does not open the key file"


class CheckDigitError(MalformedError):
    """An ORCID iD or ROR id whose check digits do not fit the others: a typing error."""

    code = "check-digit"
    title = "The identifier has a typing error: its check digits do not fit"


class UnknownLicenseError(MalformedError):
    """Not an SPDX licence expression over identifiers of the committed list."""

    code = "unknown-license"
    title = "The licence is not an SPDX expression of known identifiers"


class HashOfNothingError(MalformedError):
    """The digest of an empty input, or of a text that programs write where data should be."""

    code = "hash-of-nothing"
    title = "The digest is that of nothing: the program that made it did not read the data"


class WrongAudienceError(MalformedError):
    """A record whose ``aud`` is another ledger's origin (no replay between ledgers)."""

    code = "wrong-audience"
    title = "The record is addressed to another ledger"


class OperatorTypeError(MalformedError):
    """A record of a type that only the ledger itself adds, sent in by somebody."""

    code = "operator-type"
    title = "Only the ledger itself adds records of this type"


class ClockAheadError(MalformedError):
    """A new record whose ``iat`` lies further ahead of the service's clock than is allowed."""

    code = "clock-ahead"
    title = "The record says it was signed in the future"


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


class ManifestMismatchError(VerificationError):
    """A manifest whose digest, file count or sum of lengths is not what was signed."""

    code = "manifest-mismatch"
    title = "The manifest is not the one that was signed"


class UnsoundSourceError(VerificationError):
    """A bag, an object or another source that contradicts itself, before any file is read."""

    code = "unsound-source"
    title = "The source is not what it says of itself"


class SourceMismatchError(VerificationError):
    """Files that were re-hashed and are not what an imported source says of them."""

    code = "source-mismatch"
    title = "Files are not what the source says of them"

    def __init__(self, problems: Sequence[tuple[str, str, str]]) -> None:
        """Keep every file that disagrees, as (path, what is wrong, detail), by path."""
        super().__init__("; ".join(f"{path}: {what} {detail}" for path, what, detail in problems))
        self.problems = tuple(problems)


class UntrueReceiptError(VerificationError):
    """A receipt that does not hold under the given policy, and so is not passed on."""

    code = "untrue-receipt"
    title = "The receipt does not hold, so it is not exported"


class SignerMismatchError(VerificationError):
    """An external signer's answer that is not exactly the transaction it was asked to sign."""

    code = "signer-mismatch"
    title = "The external signer signed something else than it was asked to"


class NotEthereumHeaderError(VerificationError):
    """A block whose hash is not keccak-256 of its header's RLP: lied about, or another chain's."""

    code = "not-ethereum-header"
    title = "The block's hash is not that of its header"


class WrongChainError(VerificationError):
    """The node serves another chain, contract or log than the ledger is pinned to."""

    code = "wrong-chain"
    title = "The blockchain node serves another chain or contract than this ledger uses"


class DamagedDisclosureError(VerificationError):
    """A stored disclosure that its record's key does not open: bits have changed on disk."""

    code = "damaged-disclosure"
    title = "A stored part of the record is damaged"


class DamagedReceiptError(VerificationError):
    """A receipt that our own verifier refuses before it is sent: something stored has changed."""

    code = "damaged-receipt"
    title = "The ledger cannot prove this record: something it has stored is damaged"


class AuditError(VerificationError):
    """The audit found something that is not as the log's signed heads say."""

    code = "audit-failed"
    title = "The log is damaged"

    def __init__(self, message: str, *, place: str) -> None:
        """Name the first wrong ``place``, as ``entry 17`` or ``tile 0/3``."""
        super().__init__(f"{place}: {message}")
        self.place = place


class AnchorTroubleError(AuditError):
    """The log holds together; a node that was asked contradicts one of its anchors."""

    code = "anchor-unconfirmed"
    title = "The log holds together, but the chain does not confirm its anchors"


class BadTrieProofError(VerificationError):
    """Nodes that do not lead from a state, storage or receipts root to an answer (EIP-1186)."""

    code = "bad-trie-proof"
    title = "The proof from the chain does not hold together"


class NotAnchoredError(VerificationError):
    """The state of the block proves that no root, or no contract, lies in the place named."""

    code = "not-anchored"
    title = "The block proves that this was not anchored there"


class CodeMismatchError(VerificationError):
    """Another program lies at the contract's address than the one that is trusted."""

    code = "code-mismatch"
    title = "The contract is not the one that is trusted"

    def __init__(self, *, expected: bytes, found: bytes) -> None:
        """Keep both code hashes (32 bytes each)."""
        super().__init__(f"expected code hash {expected.hex()}, found {found.hex()}")
        self.expected = expected
        self.found = found


class HistoryMismatchError(VerificationError):
    """The history contract names another block at that number (EIP-2935)."""

    code = "history-mismatch"
    title = "The block is not an ancestor of the one that was to prove it"


# --- the state has moved on, or forbids it ------------------------------------------------


class ConflictError(ProvenanceError):
    """The request was well formed, but the present state does not allow it."""

    code = "conflict"
    title = "The present state does not allow this"


class UnknownKeyError(ConflictError):
    """A record whose ``kid`` has no ``key`` record at a lower index or earlier in the request."""

    code = "unknown-key"
    title = "The signing key is not known to the log"


class NotAuthorisedError(ConflictError):
    """The record speaks of what is not its signer's to speak of, as a stranger's key."""

    code = "not-authorised"
    title = "The signing key may not say this"


class KeyRevokedError(ConflictError):
    """A record, or a binding in it, by a key that an entry at a lower index has revoked."""

    code = "key-revoked"
    title = "The signing key has been revoked"


class InstitutionRequiredError(ConflictError):
    """Only a key that an institution of the service's policy has bound may sign this."""

    code = "institution-required"
    title = "Only a key bound by an institution may sign this"


class UnknownRecordError(ConflictError):
    """A record that the new one is about is not an entry at a lower index, or of another type."""

    code = "unknown-record"
    title = "The record that this one is about is not known to the log"


class UnfinishedChangeError(ConflictError):
    """A change of the log's own keys was begun and has to be finished before anything else."""

    code = "unfinished-change"
    title = "A change of keys has to be finished first"


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


class ErasedError(ConflictError):
    """What was erased on the operator's order is not taken again."""

    code = "erased"
    title = "It was erased on the operator's order and does not come back"


class AlreadyExistsError(ConflictError):
    """A key or file of that name is there already, and is never written over."""

    code = "already-exists"
    title = "Something of that name exists already"


class AnchorRefusedError(ConflictError):
    """The contract would revert this anchor (seen by ``eth_call``, so nothing was spent)."""

    code = "anchor-refused"
    title = "The contract would refuse this anchor"


class LeaseLostError(ConflictError):
    """Another process has taken over the anchoring of this chain; nothing was written."""

    code = "lease-lost"
    title = "Another process anchors on this chain now"


class FeeCeilingError(ConflictError):
    """The chain asks for more than the operator's ceiling allows; nothing is sent above it."""

    code = "fee-ceiling"
    title = "The chain's fees are above the ceiling that was set"


class UnconfirmedChainError(ConflictError):
    """A chain whose id or first block is neither confirmed in its profile nor given."""

    code = "unconfirmed-chain"
    title = "The chain's id or first block is not confirmed and has to be given"


class SignerMovedError(ConflictError):
    """Another process had the signer sign meanwhile: look at the newest head and ask again."""

    code = "signer-moved"
    title = "Another process has signed meanwhile"


class StatementExpiredError(ConflictError):
    """A holder's statement outside its 120 seconds; the holder signs another one."""

    code = "statement-expired"
    title = "The signed statement is no longer, or not yet, good"


class StatementUsedError(ConflictError):
    """A holder's statement that was answered before; the holder signs another one."""

    code = "statement-used"
    title = "The signed statement has been used already"


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


class ChainStalledError(UnavailableError):
    """A chain makes no new blocks, or calls none of them final."""

    code = "chain-stalled"
    title = "The blockchain makes no progress"


class NodeRefusedError(UnavailableError):
    """The node answered with a JSON-RPC error object."""

    code = "node-refused"
    title = "The blockchain node refused the request"

    def __init__(self, method: str, number: int, message: str, data: object = None) -> None:
        """Keep the node's error number, message (first 300 characters) and data (a revert's)."""
        super().__init__(f"{method}: {message[:300]} ({number})")
        self.number = number
        self.message = message[:300]
        self.data = data


class WitnessAheadError(UnavailableError):
    """A witness cosigned another tree size last than we thought; ``size`` is the one it names."""

    code = "witness-ahead"
    title = "The witness has seen another state of the log"

    def __init__(self, size: int) -> None:
        """Keep the tree size that the witness names."""
        super().__init__(f"the witness cosigned tree size {size} last")
        self.size = size


class WitnessRefusedError(UnavailableError):
    """A witness will not cosign this checkpoint, and asking again changes nothing."""

    code = "witness-refused"
    title = "The witness refuses the log's checkpoint"


class NoFundsError(UnavailableError):
    """The account that pays for anchors holds too little; somebody has to send it coins."""

    code = "no-funds"
    title = "The sending key has too few coins to pay with"


class NodeBehindError(UnavailableError):
    """A node answers from an older block than one this ledger has seen."""

    code = "node-behind"
    title = "The blockchain node is behind"


class NodeMissingError(UnavailableError):
    """The program of the local development chain is nowhere to be found, or did not start."""

    code = "node-missing"
    title = "The local blockchain node could not be started"


class ClockSkewError(UnavailableError):
    """The local clock is far behind the chain's finalized time: one of the two is wrong."""

    code = "clock-skew"
    title = "The clock of this machine disagrees with the chain"


class AddressUnusableError(UnavailableError):
    """Another program listens there already, or the address is not one of this machine's."""

    code = "address-unusable"
    title = "It cannot be listened on that address"


class LockedError(UnavailableError):
    """Another process holds what only one may hold."""

    code = "locked"
    title = "Another process is already doing this"


class StorageFullError(UnavailableError):
    """No space is left for the log's database: nothing was stored, reading goes on."""

    code = "storage-full"
    title = "The ledger has no space left to store anything"


class StorageUnusableError(UnavailableError):
    """The database's files cannot be opened or written where they lie; nothing of them is wrong."""

    code = "storage-unusable"
    title = "The ledger's files cannot be used where they lie"


class SignerAwayError(UnavailableError):
    """The signer process did not answer: nothing is signed, so nobody is answered."""

    code = "signer-away"
    title = "The signer of the log did not answer"


class SignerRefusedError(SignerAwayError):
    """The signer process answered that it will not sign for this caller: token or policy."""

    code = "signer-refused"
    title = "The signer of the log refused"


class ReadOnlyError(UnavailableError):
    """The ledger is in read-only mode: nothing was promised, reading goes on."""

    code = "read-only"
    title = "The ledger takes no records at the moment; reading goes on"


class DamagedLogError(UnavailableError):
    """The scrub found stored data that has changed: nothing is signed until a person looked."""

    code = "log-damaged"
    title = "The ledger takes no records: something it has stored is damaged"


class OutcomeUnknownError(UnavailableError):
    """The connection to the database went in COMMIT: it may have happened. Asking again tells."""

    code = "outcome-unknown"
    title = "Nobody knows yet whether this was stored: ask again"


class DriverMissingError(UnavailableError):
    """An optional package or program that this ledger's settings need is not installed."""

    code = "driver-missing"
    title = "Something that is needed is not installed"


class ClusterMismatchError(UnavailableError):
    """Workers of a cluster run other versions than the one who asks them to hash."""

    code = "cluster-mismatch"
    title = "The machines of the cluster do not run the same versions"


class SlowRequestError(UnavailableError):
    """A request body that did not arrive within the service's time limit."""

    code = "request-timeout"
    title = "The request took too long to arrive"


class OverloadedError(UnavailableError):
    """More records wait than the writer takes on: nothing was promised, nothing was stored."""

    code = "overloaded"
    title = "Too many records are waiting: ask again in a moment"


# --- stop ---------------------------------------------------------------------------------


class FatalError(ProvenanceError):
    """Going on could fork the log or double a spend: the process must stop."""

    code = "fatal"
    title = "Stopped, because going on could damage the log"


class ForeignTransactionError(FatalError):
    """The sender's nonce moved on by a transaction that is not ours: the key has another user."""

    code = "foreign-transaction"
    title = "The sending key was used by somebody else"


class AnchorLostError(FatalError):
    """A finalized anchor is gone, reverted, or the chain holds a head that is not ours."""

    code = "anchor-lost"
    title = "The chain contradicts what was already final"


class FinalityViolatedError(AnchorLostError):
    """A block that the chain called final, and that holds an anchor, was replaced."""

    code = "finality-violated"
    title = "A final block of the chain was replaced"


class RestoredCopyError(FatalError):
    """A chain or a witness has a head of this log that this copy never signed: it is older."""

    code = "restored-copy"
    title = "This is an older copy of the ledger than others have seen"


class OtherPolicyError(FatalError):
    """``policy.json`` says something else than the log it lies beside: nothing is served by it."""

    code = "other-policy"
    title = "The trust policy is not the one of this log"
