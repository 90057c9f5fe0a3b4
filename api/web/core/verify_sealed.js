/**
 * Check 14 of a sealed deposit: what was sealed, what an opening shows, and the data against it;
 * mirrors `provenance/verify_sealed.py`.
 *
 *     sealed, nothing opened        not checked: nobody but the owner knows the digests
 *     opened by a record            the opened digest takes the place of the one in the record
 *     one file opened by its owner  an inclusion path to the salted digest, no record needed
 */

import { equal, toHex } from "./bytes.js";
import { fromHex } from "./digests.js";
import { LedgerError, MalformedError } from "./errors.js";
import { verifyFileOpening } from "./salted.js";
import { checkOpening, openClaims } from "./sealed.js";
import { Check, Outcome } from "./verdict.js";

/**
 * @param {import("./record_values.js").Deposit} deposit
 * @param {import("./given.js").Given} given
 * @returns {Check | null} that what was given cannot be compared with what is sealed; null if it
 *   can be
 */
export function checkUnopened(deposit, given) {
  if (Object.keys(deposit.sealed).length === 0 || given.opening !== null) return null;
  const needed = given.data !== null;
  return new Check("dataset", Outcome.NOT_CHECKED, "dataset-sealed", { needed });
}

/**
 * @param {import("./receipt_parts.js").Parts} parts
 * @param {import("./record_values.js").Deposit} deposit
 * @param {import("./given.js").GivenOpening} given
 * @returns {import("./record_values.js").Deposit | Check} the deposit with what its opening shows;
 *   or the check that says why it is none
 */
export function openDeposit(parts, deposit, given) {
  if (given.record === null || given.state !== "logged") {
    const outcome = given.state === "false" ? Outcome.FALSE : Outcome.NOT_CHECKED;
    return refused(outcome, `opening-${given.state}`, given.because);
  }
  try {
    checkOpening(given.record, parts.record);
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    return refused(Outcome.FALSE, "opening-false", error.message);
  }
  const sealedAt = parts.receipt.record.leafIndex;
  if (given.leafIndex <= sealedAt) {
    const because = `entry ${given.leafIndex} is not after entry ${sealedAt}`;
    return refused(Outcome.FALSE, "opening-false", because);
  }
  const { dataset_digest: digest, files, bytes, title } = given.record.payload;
  if (digest === undefined) {
    return refused(Outcome.NOT_CHECKED, "opening-shows-no-digest", "");
  }
  return {
    ...deposit,
    datasetDigest: fromHex(digest.sha256),
    files: files ?? deposit.files,
    length: bytes ?? deposit.length,
    title: deposit.title ?? title ?? null,
  };
}

function refused(outcome, code, because) {
  return new Check("dataset", outcome, code, { facts: { because }, needed: true });
}

/**
 * Say of a comparison with opened digests that they were opened, and when.
 *
 * @param {Check | null} check
 * @param {import("./receipt_parts.js").Parts} parts
 * @param {import("./given.js").GivenOpening} given
 * @returns {Check}
 */
export function asOpened(check, parts, given) {
  const entries = { sealed: parts.receipt.record.leafIndex, opened: given.leafIndex };
  if (check === null) {
    return new Check("dataset", Outcome.NOT_CHECKED, "opened-not-compared", { facts: entries });
  }
  const codes = { "dataset-same": "opened-same", "part-same": "opened-part-same" };
  if (!Object.hasOwn(codes, check.code)) return check;
  return check.with({ code: codes[check.code], facts: { ...check.facts, ...entries } });
}

/**
 * Compare one file with the salted digest that its owner shows of a sealed deposit.
 *
 * @param {{opening: import("./salted.js").FileOpening, sha256: Uint8Array}} data
 * @param {import("./receipt_parts.js").Parts} parts
 * @param {import("./record_values.js").Deposit} deposit
 * @returns {Check}
 */
export function checkFileOpening({ opening, sha256 }, parts, deposit) {
  const trust = "files";
  const { entry } = opening;
  if (!equal(sha256, entry.sha256)) {
    const facts = { found: toHex(sha256), expected: toHex(entry.sha256) };
    return new Check("dataset", Outcome.FALSE, "file-differs", { trust, facts });
  }
  try {
    const shown = openClaims(opening.disclosures, parts.record);
    if (!Object.hasOwn(shown, "salted_digest")) {
      throw new MalformedError("expected its disclosure, got none", "salted_digest");
    }
    const digest = fromHex(shown.salted_digest.sha256);
    verifyFileOpening(opening, { digest, files: shown.files ?? deposit.files });
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    const facts = { error: error.code, detail: error.message };
    return new Check("dataset", Outcome.FALSE, "file-proof-false", { trust, facts });
  }
  const facts = { path: entry.path, sealed: parts.receipt.record.leafIndex };
  const more = { trust, facts, needed: true };
  return new Check("dataset", Outcome.PROVED, "sealed-file-same", more);
}
