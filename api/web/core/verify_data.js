/**
 * Check 14: the reader's data against the digest in the record, or the one it sealed; mirrors that
 * part of `provenance/verify.py`.
 */

import { compareText, cut, equal, lengthOf, toHex } from "./bytes.js";
import { isEqual } from "./comparison.js";
import { LedgerError } from "./errors.js";
import { verifyFileProof } from "./file_proof.js";
import { depositOf } from "./parse_record.js";
import { Check, Outcome } from "./verdict.js";
import { asOpened, checkFileOpening, checkUnopened, openDeposit } from "./verify_sealed.js";

const CHUNKS = "sha256-chunks";
const CHUNK_BYTES = 16 * 1024 * 1024;
// How many files a sentence names of each kind of difference, and characters of a path.
const NAMED = 3;
const PATH_SHOWN = 120;
const NO_DIGEST = new Uint8Array(0);

/**
 * Compare the reader's data with the digest in the record, or with the one it sealed.
 *
 * @param {import("./receipt_parts.js").Parts} parts
 * @param {import("./given.js").Given} given
 * @returns {Check}
 */
export function checkData(parts, given) {
  const { data, opening } = given;
  const deposit = parts.record.type === "deposit" ? depositOf(parts.record) : null;
  if (deposit !== null && data?.kind === "sealed-file") {
    return checkFileOpening(data, parts, deposit);
  }
  if (opening !== null && deposit !== null) {
    const opened = openDeposit(parts, deposit, opening);
    if (opened instanceof Check) return opened;
    return asOpened(data === null ? null : compareWith(data, opened), parts, opening);
  }
  const unopened = deposit === null ? null : checkUnopened(deposit, given);
  if (unopened !== null) return unopened;
  if (data === null) return new Check("dataset", Outcome.NOT_CHECKED, "dataset-not-given");
  return compareWith(data, deposit);
}

function compareWith(data, deposit) {
  if (deposit === null || deposit.datasetDigest === null || data.kind === "sealed-file") {
    return unchecked("no-dataset-digest");
  }
  if (data.kind === "range") return checkRange(data, deposit);
  if (data.kind === "file") return checkOneFile(data, deposit);
  return data.kind === "part" ? checkPart(data, deposit) : checkWhole(data, deposit);
}

function checkOneFile({ proof, sha256 }, { datasetDigest, files }) {
  if (!equal(sha256, proof.entry.sha256)) {
    return differs(sha256, proof.entry.sha256, "file-differs");
  }
  try {
    verifyFileProof(proof, { digest: datasetDigest, files });
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    return isFalse("file-proof-false", { error: error.code, detail: error.message });
  }
  return proved("file-same", { path: proof.entry.path });
}

/** Compare chunks of a file with hashes that lead to a root in the record. */
function checkRange({ chunks, file, first, found }, deposit) {
  const signed = deposit.additionalDigests.find((one) => one.algorithm === CHUNKS)?.digest ?? null;
  if (signed === null) return unchecked("no-chunks-digest");
  if (!equal(chunks.digest, signed) || chunks.files !== deposit.files) {
    return differs(chunks.digest, signed, "chunks-differ");
  }
  const stop = first + found.length;
  const listed = file.hashes.slice(first, stop);
  if (listed.length === 0) return unchecked("nothing-compared");
  for (let at = 0; at < Math.max(listed.length, found.length); at += 1) {
    if (!equal(listed[at] ?? NO_DIGEST, found[at] ?? NO_DIGEST)) {
      const chunk = first + at;
      return isFalse("range-differs", { chunk, start: chunk * CHUNK_BYTES });
    }
  }
  const bytes = { start: first * CHUNK_BYTES, stop: Math.min(stop * CHUNK_BYTES, file.length) };
  return proved("range-same", { path: file.path, chunks: listed.length, ...bytes });
}

function checkPart({ manifest, comparison, part }, { datasetDigest }) {
  if (!equal(manifest.digest, datasetDigest)) {
    return differs(manifest.digest, datasetDigest, "manifest-differs");
  }
  if (!isEqual(comparison)) return differences(comparison);
  if (comparison.matched === 0) return unchecked("nothing-compared");
  return proved("part-same", { files: comparison.matched, part });
}

function checkWhole({ found, comparison = null }, deposit) {
  if (!equal(found.digest, deposit.datasetDigest)) {
    if (comparison !== null && !isEqual(comparison)) return differences(comparison);
    return differs(found.digest, deposit.datasetDigest, "dataset-differs");
  }
  const counts = [
    ["files", deposit.files, found.files],
    ["bytes", deposit.length, found.length],
  ];
  for (const [unit, claimed, there] of counts) {
    if (claimed !== null && there !== null && claimed !== there) {
      return isFalse("counts-differ", { unit, expected: claimed, found: there });
    }
  }
  return proved("dataset-same", { files: found.files });
}

function proved(code, facts) {
  return new Check("dataset", Outcome.PROVED, code, { trust: "files", facts, needed: true });
}

function isFalse(code, facts) {
  return new Check("dataset", Outcome.FALSE, code, { trust: "files", facts });
}

function unchecked(code) {
  return new Check("dataset", Outcome.NOT_CHECKED, code, { needed: true });
}

function differs(found, expected, code) {
  return isFalse(code, { found: toHex(found), expected: toHex(expected) });
}

/** Say how many files differ in which way, and name the first few of each. */
function differences({ changed, missing, added, renamed, duplicated }) {
  const pair = ({ before, after }) => [before, after];
  const kinds = {
    changed: changed.map((path) => [path]),
    missing: missing.map((path) => [path]),
    added: added.map((path) => [path]),
    renamed: renamed.map(pair),
    duplicated: duplicated.map(pair),
  };
  const lists = Object.entries(kinds);
  const facts = { count: lists.reduce((sum, [, found]) => sum + found.length, 0) };
  for (const [kind, found] of lists) {
    facts[kind] = found.length;
    facts[`first_${kind}`] = firstOf(found);
  }
  if (lists.some(([, found]) => found.length > NAMED)) facts.more = "files-differ-more";
  return isFalse("files-differ", facts);
}

/** Name the first few, a rename as `before -> after`; "" for none. */
function firstOf(found) {
  const ordered = found.toSorted((one, other) => {
    const first = compareText(one[0], other[0]);
    return first === 0 ? compareText(one.at(-1), other.at(-1)) : first;
  });
  const named = ordered.slice(0, NAMED).map((paths) => paths.map(shortened).join(" -> "));
  return (found.length > NAMED ? [...named, "…"] : named).join(", ");
}

/** Cut a long path: its end tells more than its folders do. */
function shortened(path) {
  const length = lengthOf(path);
  if (length <= PATH_SHOWN) return path;
  const head = cut(path, length - (PATH_SHOWN - 1));
  return `…${path.slice(head.length)}`;
}
