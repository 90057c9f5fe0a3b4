/**
 * How the digests of a deposit came about, level by level, and what a sample can miss; mirrors
 * `provenance/assurance.py`.
 *
 *     declared   a source gave a digest of another algorithm than SHA-256: it identifies nothing
 *     imported   a source gave the SHA-256; the depositor did not read the content
 *     rehashed   the depositor read the content and hashed it
 *
 * The deposit's claim counts its files by level. It is the depositor's own word, so a verdict
 * repeats it and never calls it proved.
 */

import { compareText, simplest } from "./bytes.js";
import { MalformedError } from "./errors.js";
import { joinPath, repr } from "./show.js";
import { isObject, namesOf } from "./strict_json.js";

/** What can be said of one file, weakest first. */
const LEVELS = Object.freeze(["declared", "imported", "rehashed"]);

/** What can be said of a whole deposit, weakest first; a deposit may also say nothing. */
export const DEPOSIT_LEVELS = Object.freeze([
  "declared",
  "imported",
  "sampled",
  "rehashed",
  "witnessed",
]);

/** Where digests may have been taken from. */
export const SOURCES = Object.freeze([
  "bagit",
  "croissant",
  "datacite",
  "dataverse",
  "dvc",
  "eln",
  "frictionless",
  "git-annex",
  "invenio",
  "ocfl",
  "provenance-manifest",
  "ro-crate",
  "s3",
  "sha256sums",
]);

/** Up to here a chance is computed exactly. */
const EXACT_DRAWS = 4_096;

/**
 * @typedef {object} Assurance
 * @property {string | null} source null exactly when every file was hashed by the depositor
 * @property {number} declared
 * @property {number} imported
 * @property {number} rehashed
 * @property {number | bigint} files of all levels together
 * @property {string} level the deposit's, of `DEPOSIT_LEVELS`
 */

/**
 * Read a claim that `checkAssurance` has passed.
 *
 * @param {object} claim
 * @returns {Assurance}
 */
export function readAssurance(claim) {
  const { source = null, declared = 0, imported = 0, rehashed = 0 } = claim;
  const files = BigInt(declared) + BigInt(imported) + BigInt(rehashed);
  const level = levelOf(claim);
  return { source, declared, imported, rehashed, files: simplest(files), level };
}

function levelOf({ declared = 0, imported = 0, rehashed = 0 }) {
  if (declared) return "declared";
  if (!imported) return "rehashed";
  return rehashed ? "sampled" : "imported";
}

/**
 * Check the claim by itself; what it has to agree with is the rule of `checkCounts`.
 *
 * @param {unknown} value
 * @param {string} where
 * @throws {MalformedError} unknown members, counts below 1, or a source that is missing or too many
 */
export function checkAssurance(value, where) {
  if (!isObject(value)) throw new MalformedError("expected an object", where);
  for (const name of namesOf(value)) checkMember(value, name, where);
  if (!LEVELS.some((level) => Object.hasOwn(value, level))) {
    throw new MalformedError("expected how many files are of each level", where);
  }
  const isTaken = Object.hasOwn(value, "declared") || Object.hasOwn(value, "imported");
  if (Object.hasOwn(value, "source") !== isTaken) {
    const message = "expected it exactly when digests were taken from somewhere";
    throw new MalformedError(message, `${where}.source`);
  }
}

function checkMember(value, name, where) {
  const member = value[name];
  if (name === "source") {
    if (!SOURCES.includes(member)) {
      const known = [...SOURCES].sort(compareText).join(", ");
      const message = `expected one of ${known}; got ${repr(member, 80)}`;
      throw new MalformedError(message, `${where}.source`);
    }
  } else if (!LEVELS.includes(name)) {
    throw new MalformedError("unknown member", joinPath(where, name));
  } else if (typeof member !== "number" || member < 1) {
    throw new MalformedError("expected files, or no such member", `${where}.${name}`);
  }
}

/**
 * Check that the claim of a deposit agrees with its other claims, if it is made.
 *
 * @param {object} claims
 * @throws {MalformedError} the counts are not those of `files`, or not of the digest's kind
 */
export function checkCounts(claims) {
  if (claims.assurance === undefined) return;
  const assurance = readAssurance(claims.assurance);
  if (assurance.files !== claims.files) {
    const message = `expected ${claims.files} files in all, got ${assurance.files}`;
    throw new MalformedError(message, "assurance");
  }
  const ofDeclared = "declared_digest" in claims ? assurance.files : 0;
  if (assurance.declared !== ofDeclared) {
    const message = `expected ${ofDeclared}, got ${assurance.declared}`;
    throw new MalformedError(message, "assurance.declared");
  }
}

// --- samples ------------------------------------------------------------------------------

/**
 * Return the chance that a sample shows none of the bad files.
 *
 * Drawing without replacement: C(files - bad, sample) / C(files, sample), exact while the fewer of
 * `sample` and `bad` are at most `EXACT_DRAWS`; above that the chance of drawing with replacement,
 * which is never smaller (Ateniese et al., CCS 2007, §5.1).
 *
 * @param {number} files
 * @param {number} sample how many files are looked at; 0 to `files`
 * @param {number} bad how many of them are not what they should be; 0 to `files`
 * @returns {{above: bigint, below: bigint}} a fraction
 * @throws {MalformedError} `sample` or `bad` is not a number of these files
 */
export function chanceOfMissing(files, sample, bad) {
  for (const [name, number] of Object.entries({ sample, bad })) {
    if (!(number >= 0 && number <= files)) {
      throw new MalformedError(`expected 0 to ${files}, got ${number}`, name);
    }
  }
  const few = Math.min(sample, bad);
  const many = Math.max(sample, bad);
  if (few > EXACT_DRAWS) {
    const chance = many < files ? Math.exp(few * Math.log1p(-many / files)) : 0;
    return fractionOf(chance);
  }
  let above = 1n;
  let below = 1n;
  for (let drawn = 0n; drawn < few; drawn += 1n) {
    above *= BigInt(files - many) - drawn;
    below *= BigInt(files) - drawn;
  }
  return { above: above < 0n ? 0n : above, below };
}

/** Return the fraction that a double is. */
function fractionOf(number) {
  let exponent = 0n;
  let scaled = number;
  while (!Number.isInteger(scaled)) {
    scaled *= 2;
    exponent += 1n;
  }
  return { above: BigInt(scaled), below: 1n << exponent };
}

/**
 * Return a chance with three digits, as `36.6 %`; never rounded down to impossible.
 *
 * @param {{above: bigint, below: bigint}} chance
 * @returns {string}
 */
export function percentText({ above, below }) {
  if (above > 0n && above * 100_000n < below) return "< 0.001 %";
  return `${threeDigits(above * 100n, below)} %`;
}

/** Write a fraction from 0 to 100 with three significant digits, as `%.3g` does. */
function threeDigits(above, below) {
  if (above === 0n) return "0";
  const scale = 10n ** 25n;
  const number = Number((above * scale) / below) / Number(scale);
  const text = number.toPrecision(3);
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}
