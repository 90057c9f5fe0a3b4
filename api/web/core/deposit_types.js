/**
 * Types of record about a dataset itself: that somebody had it, and that it is still the same;
 * mirrors `provenance/deposit_types.py`.
 *
 *               signed in the clear                             behind a digest (disclosures)
 *     deposit       dataset_digest | declared_digest files bytes    title version identifiers
 *                   assurance additional_digests                    each contributor
 *                   license access relations block held
 *                   sealed
 *     opening       record                                          dataset_digest salted_digest
 *                                                                   title files bytes
 *     fixity        record dataset_digest files checked failed
 *                   missing started ended sample_seed
 *                   report_digest
 */

import { checkAssurance, checkCounts } from "./assurance.js";
import { HashOfNothingError, MalformedError } from "./errors.js";
import {
  BLOCK,
  MAX_TITLE,
  MAX_VERSION,
  arrayOf,
  checkAdditionalDigests,
  checkContributor,
  checkDatasetDigest,
  checkDeclaredDigest,
  checkHex32,
  checkIdentifierValue,
  checkLicense,
  checkRelation,
  checkThumbprint,
  integer,
  lineOf,
  objectOf,
  oneOf,
  recordType,
} from "./record_checks.js";
import { namesOf } from "./strict_json.js";

/** The access rights of COAR, as DataCite and most repositories use them. */
const ACCESS_LEVELS = Object.freeze(["open", "embargoed", "restricted", "closed"]);

// Somebody read the files of a deposit again: how many of them, and how many were not as signed.
const FIXITY = {
  record: checkHex32,
  dataset_digest: checkDatasetDigest,
  files: integer(1),
  checked: integer(1),
  failed: integer(0),
  missing: integer(0),
  started: integer(0),
  ended: integer(0),
  sample_seed: checkHex32,
  report_digest: checkDatasetDigest,
};

// A digest with the key that seals it: whoever copies the commitment shows whose it is.
const sealedDigest = objectOf({ sha256: checkDatasetDigest, key: checkThumbprint });

/** What a deposit may seal, and an `opening` discloses. */
export const SEALABLE = Object.freeze({
  dataset_digest: sealedDigest,
  salted_digest: sealedDigest,
  title: lineOf(MAX_TITLE),
  files: integer(1),
  bytes: integer(1),
});

/** Sealed both or not at all, each with the key that seals it. */
export const SEALED_DIGESTS = Object.freeze(["dataset_digest", "salted_digest"]);

const sealedMembers = objectOf(
  Object.fromEntries(Object.keys(SEALABLE).map((name) => [name, checkThumbprint])),
  Object.keys(SEALABLE),
);

/** Check the digests of what is sealed; both digests of the dataset, or neither is hidden. */
function checkSealed(value, where) {
  sealedMembers(value, where);
  const digests = Object.values(value);
  if (digests.length === 0) {
    throw new MalformedError("expected both digests, or no such member", where);
  }
  for (const name of SEALED_DIGESTS) {
    if (!Object.hasOwn(value, name)) {
      throw new MalformedError("expected the member, got none", `${where}.${name}`);
    }
  }
  if (new Set(digests).size !== digests.length) {
    throw new MalformedError("expected each digest once", where);
  }
}

function checkDeposit(claims) {
  const has = (name) => Object.hasOwn(claims, name);
  if (["dataset_digest", "declared_digest", "sealed"].filter(has).length !== 1) {
    const message = "expected one of dataset_digest, declared_digest and sealed";
    throw new MalformedError(message, "dataset_digest");
  }
  const sealed = namesOf(claims.sealed ?? {});
  const twice = sealed.find(has);
  if (twice !== undefined) {
    throw new MalformedError("expected it sealed or shown, not both", twice);
  }
  if (!has("files") && !sealed.includes("files")) {
    throw new MalformedError("expected the member, got none", "files");
  }
  if (claims.bytes === 0) {
    throw new HashOfNothingError("expected data: every file of the dataset is empty", "bytes");
  }
  checkBesides(has, sealed);
  checkCounts(claims);
}

function checkBesides(has, sealed) {
  if (sealed.length > 0 && has("additional_digests")) {
    const message = "expected none beside a sealed digest: it says the same";
    throw new MalformedError(message, "additional_digests");
  }
  if (sealed.includes("files") && has("assurance")) {
    throw new MalformedError("expected none beside a sealed count of files", "assurance");
  }
  if (has("additional_digests") && has("declared_digest")) {
    throw new MalformedError("expected a dataset_digest beside it", "additional_digests");
  }
}

function checkOpening(claims) {
  if (!Object.hasOwn(claims, "_sd")) throw new MalformedError("expected what is opened", "_sd");
}

/** Check that the counts of a re-hash can be true of one dataset, and the times of one clock. */
function checkFixity({ files, checked, failed, missing, started, ended, sample_seed: seed }) {
  if (checked > files) {
    throw new MalformedError(`expected 1 to ${files}, got ${checked}`, "checked");
  }
  if (BigInt(failed) + BigInt(missing) > checked) {
    const found = BigInt(failed) + BigInt(missing);
    const message = `expected at most ${checked} with those that failed, got ${found}`;
    throw new MalformedError(message, "missing");
  }
  if (ended < started) {
    throw new MalformedError(`expected ${started} or later, got ${ended}`, "ended");
  }
  if ((seed !== undefined) === (checked === files)) {
    throw new MalformedError("expected it exactly when not every file is", "sample_seed");
  }
}

/** Types of record about a dataset. */
export const DEPOSIT_RECORDS = [
  recordType({
    name: "deposit",
    plain: {
      dataset_digest: checkDatasetDigest,
      declared_digest: checkDeclaredDigest,
      files: integer(1),
      bytes: integer(0),
      assurance: checkAssurance,
      additional_digests: checkAdditionalDigests,
      license: checkLicense,
      access: oneOf(ACCESS_LEVELS),
      relations: arrayOf(checkRelation),
      block: objectOf(BLOCK),
      sealed: checkSealed,
    },
    disclosable: {
      title: lineOf(MAX_TITLE),
      version: lineOf(MAX_VERSION),
      identifiers: arrayOf(checkIdentifierValue),
    },
    elements: { contributors: checkContributor },
    mayHold: true,
    whole: checkDeposit,
  }),
  recordType({
    name: "opening",
    plain: { record: checkHex32 },
    required: ["record"],
    disclosable: SEALABLE,
    whole: checkOpening,
  }),
  recordType({
    name: "fixity",
    plain: FIXITY,
    required: Object.keys(FIXITY).filter((name) => name !== "sample_seed"),
    whole: checkFixity,
  }),
];
