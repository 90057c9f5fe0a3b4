/**
 * Every error that the core raises on purpose, split by what the caller can do about it; names and
 * codes are those of `provenance/errors.py`, of which these are the part that a page meets.
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

/** A dataset with links, unreadable or changing files, or names that no path may have. */
export class UnusableDatasetError extends MalformedError {
  static code = "unusable-dataset";
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

/** A manifest whose digest, file count or sum of lengths is not what was signed. */
export class ManifestMismatchError extends VerificationError {
  static code = "manifest-mismatch";
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

/** Nothing with that id, or not (yet) below the newest signed tree size. */
export class NotFoundError extends ConflictError {
  static code = "not-found";
}

/** True so far, but too early to say more. */
export class NotYetError extends LedgerError {
  static code = "not-yet";
}

/** A node, a database or a service did not answer. */
export class UnavailableError extends LedgerError {
  static code = "unavailable";
}
