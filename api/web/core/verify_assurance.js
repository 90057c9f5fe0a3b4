/**
 * Check 16: how the digests of a deposit came about, and who else hashed the files; mirrors
 * `provenance/verify_assurance.py`.
 *
 * The first line repeats what the depositor says of itself, which is never called proved. Each
 * `fixity` record that the reader brings has a line of its own. One by another key makes the
 * deposit *witnessed*: vouched for by the holder of that key, who need not be another person.
 */

import { chanceOfMissing, percentText } from "./assurance.js";
import { equal, toHex } from "./bytes.js";
import { depositOf, fixityOf } from "./parse_record.js";
import { Check, Outcome } from "./verdict.js";

/** What is said of a deposit, by its level. */
const CLAIMED = {
  rehashed: "assurance-rehashed",
  sampled: "assurance-sampled",
  imported: "assurance-imported",
  declared: "assurance-declared",
};

/** What is said of a `fixity` record that is not shown to be an entry of the log, by its state. */
const REFUSED = {
  unusable: [Outcome.UNUSABLE, "fixity-unusable"],
  false: [Outcome.FALSE, "fixity-false"],
  "not-logged": [Outcome.NOT_CHECKED, "fixity-not-logged"],
};

/** A sample is judged by what it would miss if one file of so many were bad. */
const BAD_SHARE = 100;

/**
 * Make check 16 on the record itself, then on each `fixity` record given.
 *
 * @param {import("./receipt_parts.js").Parts} parts
 * @param {import("./given.js").Given} given
 * @returns {Check[]}
 */
export function checkAssurance(parts, given) {
  const others = given.fixity.map((one, at) => checkFixity(parts, one, `fixity[${at}]`));
  return [checkOwn(parts.record), ...others];
}

function checkOwn(record) {
  if (record.type === "deposit") return checkClaim(depositOf(record));
  if (record.type !== "fixity") {
    return new Check("assurance", Outcome.NOT_CHECKED, "no-assurance");
  }
  const fixity = fixityOf(record);
  const facts = { record: toHex(fixity.record), ...counts(fixity) };
  const more = { trust: "key-holder", facts };
  return new Check("assurance", Outcome.NOT_CHECKED, "fixity-claimed", more);
}

/** Repeat what the depositor says; a declared digest says it without a claim. */
function checkClaim(deposit) {
  const facts = { files: deposit.files };
  const claim = deposit.assurance;
  let code = "assurance-not-stated";
  if (deposit.declaredDigest !== null) {
    Object.assign(facts, { level: "declared", algorithm: deposit.declaredDigest.algorithm });
    code = "assurance-declared-only";
  }
  if (claim !== null) {
    Object.assign(facts, { level: claim.level, rehashed: claim.rehashed });
    code = CLAIMED[claim.level];
    if (claim.source !== null) facts.source = claim.source;
  }
  return new Check("assurance", Outcome.NOT_CHECKED, code, { trust: "depositor", facts });
}

/** Judge one record: its receipt, then what it speaks of, then what it found, then whose. */
function checkFixity(parts, given, subject) {
  const { fixity } = given;
  if (fixity === null || given.state in REFUSED) {
    const [outcome, code] = REFUSED[given.state] ?? REFUSED.unusable;
    const more = { facts: { because: given.because }, needed: true, subject };
    return new Check("assurance", outcome, code, more);
  }
  const another = otherSubject(parts, fixity);
  if (another !== null) {
    return new Check("assurance", Outcome.FALSE, "fixity-of-another", { facts: another, subject });
  }
  const facts = { key: given.key, identity: given.identity, ...counts(fixity) };
  const isOwn = given.key === parts.record.kid;
  const more = { trust: isOwn ? "depositor" : "other-key", facts, subject };
  if (!fixity.isSound) return new Check("assurance", Outcome.FALSE, "fixity-failed", more);
  if (isOwn) return new Check("assurance", Outcome.NOT_CHECKED, "fixity-same-key", more);
  facts.level = "witnessed";
  if (fixity.checked === fixity.files) {
    return new Check("assurance", Outcome.VOUCHED, "fixity-witnessed", more);
  }
  facts.bad = Math.ceil(fixity.files / BAD_SHARE);
  facts.missed = percentText(chanceOfMissing(fixity.files, fixity.checked, facts.bad));
  return new Check("assurance", Outcome.VOUCHED, "fixity-witnessed-sample", more);
}

/** Return what the fixity record speaks of and what lies here; null when they are one. */
function otherSubject({ record }, fixity) {
  if (record.type !== "deposit" || !equal(fixity.record, record.id)) {
    return { found: toHex(fixity.record), expected: record.idHex };
  }
  const { datasetDigest, files } = depositOf(record);
  const digest = datasetDigest ?? new Uint8Array(0);
  if (equal(fixity.datasetDigest, digest) && fixity.files === files) return null;
  const found = `${toHex(fixity.datasetDigest)} (${fixity.files})`;
  return { found, expected: `${toHex(digest)} (${files})` };
}

function counts({ files, checked, failed, missing }) {
  return { files, checked, failed, missing };
}
