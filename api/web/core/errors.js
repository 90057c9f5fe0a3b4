/**
 * Every error that the core raises on purpose, split by what the caller can do about it; the same
 * classes and codes as `provenance/errors.py`.
 *
 *     LedgerError
 *     |-- MalformedError      the bytes do not parse: mend the input
 *     |-- VerificationError   a check failed: do not trust it
 *     |-- ConflictError       the state has moved on, or forbids it
 *     |-- NotYetError         too early: ask again
 *     `-- UnavailableError    a node or a service is away
 *
 * `code` is the API's problem type, `message` holds the facts in English; what a person reads
 * first is the title, by code, in `words.en.js` and `words.zh.js`.
 */

import { toHex } from "./bytes.js";

/** Base of every error of the core. */
export class LedgerError extends Error {
  static code = "error";

  /**
   * @param {string} message the facts
   * @param {string | null} [field] the offending member, as `contributors[2].orcid`
   */
  constructor(message, field = null) {
    super(field === null ? message : `${field}: ${message}`);
    this.name = new.target.name;
    /** @type {string} */
    this.code = new.target.code;
    /** @type {string | null} */
    this.field = field;
  }
}

/** Bytes that do not parse, or parse to something no version of ours allows. */
export class MalformedError extends LedgerError {
  static code = "malformed";
}

/** Not JSON, or JSON outside the strict profile (RFC 8259 plus `docs/formats.md`). */
export class MalformedJSONError extends MalformedError {
  static code = "malformed-json";
}

/** A string that is not NFC, or holds a code point whose NFC depends on the runtime. */
export class NotNormalizedError extends MalformedError {
  static code = "not-normalized";
}

/** A format tag or version this release does not know. */
export class UnsupportedVersionError extends MalformedError {
  static code = "unsupported-version";
}

/** More bytes, items or levels than the limit allows. */
export class TooLargeError extends MalformedError {
  static code = "too-large";

  /**
   * @param {{limit: number, length: number, unit: string, field?: string | null}} numbers both
   *   numbers, in `unit` (`bytes`, `records` ...)
   */
  constructor({ limit, length, unit, field = null }) {
    super(`limit ${limit} ${unit}, got ${length}`, field);
    this.limit = limit;
    this.length = length;
  }
}

/** A request body of a media type that the resource does not take. */
export class MediaTypeError extends MalformedError {
  static code = "media-type";
}

/** None of the media types asked for can be served. */
export class NotAcceptableError extends MalformedError {
  static code = "not-acceptable";
}

/** A service answered a request with a problem document (RFC 9457). */
export class RefusedByServiceError extends MalformedError {
  static code = "refused-by-service";

  /**
   * @param {{status: number, code: string, detail: string, field?: string | null}} problem what
   *   the service said; its own `code` is kept
   */
  constructor({ status, code, detail, field = null }) {
    super(detail);
    this.status = status;
    this.code = code;
    this.field = field;
  }
}

/** A file that a person named and that cannot be opened, read or written there. */
export class FileAccessError extends MalformedError {
  static code = "file-access";
}

/** A dataset with links, unreadable or changing files, or names that no path may have. */
export class UnusableDatasetError extends MalformedError {
  static code = "unusable-dataset";
}

/** Stored objects without a checksum that could stand for their content. */
export class MissingChecksumError extends MalformedError {
  static code = "missing-checksum";
}

/** A dataset without a single file: there is nothing to have a digest of. */
export class EmptyDatasetError extends MalformedError {
  static code = "empty-dataset";
}

/** Two names in one folder that some file systems cannot tell apart. */
export class NameCollisionError extends MalformedError {
  static code = "name-collision";
}

/** A key file that the passphrase does not open, or that was damaged. */
export class WrongPassphraseError extends MalformedError {
  static code = "wrong-passphrase";
}

/** An ORCID iD or ROR id whose check digits do not fit the others: a typing error. */
export class CheckDigitError extends MalformedError {
  static code = "check-digit";
}

/** Not an SPDX licence expression over identifiers of the committed list. */
export class UnknownLicenseError extends MalformedError {
  static code = "unknown-license";
}

/** The digest of an empty input, or of a text that programs write where data should be. */
export class HashOfNothingError extends MalformedError {
  static code = "hash-of-nothing";
}

/** A record whose `aud` is another ledger's origin (no replay between ledgers). */
export class WrongAudienceError extends MalformedError {
  static code = "wrong-audience";
}

/** A record of a type that only the ledger itself adds, sent in by somebody. */
export class OperatorTypeError extends MalformedError {
  static code = "operator-type";
}

/** A new record whose `iat` lies further ahead of the service's clock than is allowed. */
export class ClockAheadError extends MalformedError {
  static code = "clock-ahead";
}

/** A check failed: what was claimed is not what was found. */
export class VerificationError extends LedgerError {
  static code = "verification-failed";
}

/** A signature that the named key did not make over these bytes. */
export class BadSignatureError extends VerificationError {
  static code = "bad-signature";
}

/** A proof whose index, size or length is impossible (RFC 9162 §2.1.3.2, §2.1.4.2). */
export class ProofShapeError extends VerificationError {
  static code = "proof-shape";
}

/** A proof leads to another root than the checkpoint signs. */
export class RootMismatchError extends VerificationError {
  static code = "root-mismatch";

  /** @param {{expected: Uint8Array, calculated: Uint8Array}} roots 32 bytes each */
  constructor({ expected, calculated }) {
    super(`expected root ${toHex(expected)}, calculated ${toHex(calculated)}`);
    this.expected = expected;
    this.calculated = calculated;
  }
}

/** A tile that is cut short, or narrower than the tree size needs (C2SP tlog-tiles). */
export class BadTileError extends VerificationError {
  static code = "bad-tile";
}

/** A manifest whose digest, file count or sum of lengths is not what was signed. */
export class ManifestMismatchError extends VerificationError {
  static code = "manifest-mismatch";
}

/** A bag, an object or another source that contradicts itself, before any file is read. */
export class UnsoundSourceError extends VerificationError {
  static code = "unsound-source";
}

/** Files that were re-hashed and are not what an imported source says of them. */
export class SourceMismatchError extends VerificationError {
  static code = "source-mismatch";
}

/** A receipt that does not hold under the given policy, and so is not passed on. */
export class UntrueReceiptError extends VerificationError {
  static code = "untrue-receipt";
}

/** An external signer's answer that is not exactly the transaction it was asked to sign. */
export class SignerMismatchError extends VerificationError {
  static code = "signer-mismatch";
}

/** A block whose hash is not keccak-256 of its header's RLP: lied about, or another chain's. */
export class NotEthereumHeaderError extends VerificationError {
  static code = "not-ethereum-header";
}

/** The node serves another chain, contract or log than the ledger is pinned to. */
export class WrongChainError extends VerificationError {
  static code = "wrong-chain";
}

/** A stored disclosure that its record's key does not open: bits have changed on disk. */
export class DamagedDisclosureError extends VerificationError {
  static code = "damaged-disclosure";
}

/** A receipt that our own verifier refuses before it is sent: something stored has changed. */
export class DamagedReceiptError extends VerificationError {
  static code = "damaged-receipt";
}

/** The audit found something that is not as the log's signed heads say. */
export class AuditError extends VerificationError {
  static code = "audit-failed";
}

/** The log holds together; a node that was asked contradicts one of its anchors. */
export class AnchorTroubleError extends AuditError {
  static code = "anchor-unconfirmed";
}

/** Nodes that do not lead from a state, storage or receipts root to an answer (EIP-1186). */
export class BadTrieProofError extends VerificationError {
  static code = "bad-trie-proof";
}

/** The state of the block proves that no root, or no contract, lies in the place named. */
export class NotAnchoredError extends VerificationError {
  static code = "not-anchored";
}

/** Another program lies at the contract's address than the one that is trusted. */
export class CodeMismatchError extends VerificationError {
  static code = "code-mismatch";

  /** @param {{expected: Uint8Array, found: Uint8Array}} hashes 32 bytes each */
  constructor({ expected, found }) {
    super(`expected code hash ${toHex(expected)}, found ${toHex(found)}`);
    this.expected = expected;
    this.found = found;
  }
}

/** The history contract names another block at that number (EIP-2935). */
export class HistoryMismatchError extends VerificationError {
  static code = "history-mismatch";
}

/** The request was well formed, but the present state does not allow it. */
export class ConflictError extends LedgerError {
  static code = "conflict";
}

/** A record whose `kid` has no `key` record at a lower index or earlier in the request. */
export class UnknownKeyError extends ConflictError {
  static code = "unknown-key";
}

/** The record speaks of what is not its signer's to speak of, as a stranger's key. */
export class NotAuthorisedError extends ConflictError {
  static code = "not-authorised";
}

/** A record, or a binding in it, by a key that an entry at a lower index has revoked. */
export class KeyRevokedError extends ConflictError {
  static code = "key-revoked";
}

/** Only a key that an institution of the service's policy has bound may sign this. */
export class InstitutionRequiredError extends ConflictError {
  static code = "institution-required";
}

/** A record that the new one is about is not an entry at a lower index, or of another type. */
export class UnknownRecordError extends ConflictError {
  static code = "unknown-record";
}

/** A change of the log's own keys was begun and has to be finished before anything else. */
export class UnfinishedChangeError extends ConflictError {
  static code = "unfinished-change";
}

/** Nothing with that id, or not (yet) below the newest signed tree size. */
export class NotFoundError extends ConflictError {
  static code = "not-found";
}

/** The service's write policy does not list the key that signed. */
export class NotAllowedError extends ConflictError {
  static code = "not-allowed";
}

/** The resource exists, but not for this HTTP method. */
export class MethodNotAllowedError extends ConflictError {
  static code = "method-not-allowed";
}

/** What was erased on the operator's order is not taken again. */
export class ErasedError extends ConflictError {
  static code = "erased";
}

/** A key or file of that name is there already, and is never written over. */
export class AlreadyExistsError extends ConflictError {
  static code = "already-exists";
}

/** The contract would revert this anchor (seen by `eth_call`, so nothing was spent). */
export class AnchorRefusedError extends ConflictError {
  static code = "anchor-refused";
}

/** Another process has taken over the anchoring of this chain; nothing was written. */
export class LeaseLostError extends ConflictError {
  static code = "lease-lost";
}

/** The chain asks for more than the operator's ceiling allows; nothing is sent above it. */
export class FeeCeilingError extends ConflictError {
  static code = "fee-ceiling";
}

/** A chain whose id or first block is neither confirmed in its profile nor given. */
export class UnconfirmedChainError extends ConflictError {
  static code = "unconfirmed-chain";
}

/** Another process had the signer sign meanwhile: look at the newest head and ask again. */
export class SignerMovedError extends ConflictError {
  static code = "signer-moved";
}

/** A holder's statement outside its 120 seconds; the holder signs another one. */
export class StatementExpiredError extends ConflictError {
  static code = "statement-expired";
}

/** A holder's statement that was answered before; the holder signs another one. */
export class StatementUsedError extends ConflictError {
  static code = "statement-used";
}

/** True so far, but too early to say more. */
export class NotYetError extends LedgerError {
  static code = "not-yet";
}

/** More requests or records in the present minute than the service takes from one key. */
export class RateLimitedError extends NotYetError {
  static code = "rate-limited";
}

/** A node, a database or a service did not answer. */
export class UnavailableError extends LedgerError {
  static code = "unavailable";
}

/** A chain makes no new blocks, or calls none of them final. */
export class ChainStalledError extends UnavailableError {
  static code = "chain-stalled";
}

/** The node answered with a JSON-RPC error object. */
export class NodeRefusedError extends UnavailableError {
  static code = "node-refused";
}

/** A witness cosigned another tree size last than we thought; `size` is the one it names. */
export class WitnessAheadError extends UnavailableError {
  static code = "witness-ahead";
}

/** A witness will not cosign this checkpoint, and asking again changes nothing. */
export class WitnessRefusedError extends UnavailableError {
  static code = "witness-refused";
}

/** The account that pays for anchors holds too little; somebody has to send it coins. */
export class NoFundsError extends UnavailableError {
  static code = "no-funds";
}

/** A node answers from an older block than one this ledger has seen. */
export class NodeBehindError extends UnavailableError {
  static code = "node-behind";
}

/** The program of the local development chain is nowhere to be found, or did not start. */
export class NodeMissingError extends UnavailableError {
  static code = "node-missing";
}

/** The local clock is far behind the chain's finalized time: one of the two is wrong. */
export class ClockSkewError extends UnavailableError {
  static code = "clock-skew";
}

/** Another program listens there already, or the address is not one of this machine's. */
export class AddressUnusableError extends UnavailableError {
  static code = "address-unusable";
}

/** Another process holds what only one may hold. */
export class LockedError extends UnavailableError {
  static code = "locked";
}

/** No space is left for the log's database: nothing was stored, reading goes on. */
export class StorageFullError extends UnavailableError {
  static code = "storage-full";
}

/** The database's files cannot be opened or written where they lie; nothing of them is wrong. */
export class StorageUnusableError extends UnavailableError {
  static code = "storage-unusable";
}

/** The signer process did not answer: nothing is signed, so nobody is answered. */
export class SignerAwayError extends UnavailableError {
  static code = "signer-away";
}

/** The signer process answered that it will not sign for this caller: token or policy. */
export class SignerRefusedError extends SignerAwayError {
  static code = "signer-refused";
}

/** The ledger is in read-only mode: nothing was promised, reading goes on. */
export class ReadOnlyError extends UnavailableError {
  static code = "read-only";
}

/** The scrub found stored data that has changed: nothing is signed until a person looked. */
export class DamagedLogError extends UnavailableError {
  static code = "log-damaged";
}

/** The connection to the database went in COMMIT: it may have happened. Asking again tells. */
export class OutcomeUnknownError extends UnavailableError {
  static code = "outcome-unknown";
}

/** An optional package or program that this ledger's settings need is not installed. */
export class DriverMissingError extends UnavailableError {
  static code = "driver-missing";
}

/** Workers of a cluster run other versions than the one who asks them to hash. */
export class ClusterMismatchError extends UnavailableError {
  static code = "cluster-mismatch";
}

/** A request body that did not arrive within the service's time limit. */
export class SlowRequestError extends UnavailableError {
  static code = "request-timeout";
}

/** More records wait than the writer takes on: nothing was promised, nothing was stored. */
export class OverloadedError extends UnavailableError {
  static code = "overloaded";
}
