/**
 * The reader's files, made into what the verifier compares; and what a receipt says of itself,
 * before anything of it is checked.
 */

import { isEqual } from "../core/comparison.js";
import { filesData, folderData, proofData, sealedData } from "../core/data_at.js";
import { MalformedError } from "../core/errors.js";
import { parseFileProof } from "../core/file_proof.js";
import { parseManifest } from "../core/manifest.js";
import { HEAD_BYTES } from "../core/recognize.js";
import { parseFileOpening } from "../core/salted.js";
import { partReceipts } from "./verify_material.js";

/**
 * Make the reader's files into what the verifier compares with the record.
 * @param {import("./verify_material.js").Material} material
 * @param {Uint8Array} receipt
 * @returns {import("../core/given.js").Data | null} null when no files were given
 * @throws {import("../core/errors.js").LedgerError} a document that cannot be read, or files of
 *   which it cannot be said which part of the dataset they are
 */
export function dataOf({ data, manifest, fileProof, fileOpening }, receipt) {
  if (data === null) return null;
  const { entries, isFolder } = data;
  if (fileOpening !== null) return sealedData(entries, parseFileOpening(fileOpening.octets));
  if (fileProof !== null) return proofData(entries, parseFileProof(fileProof.octets));
  const listed = manifest === null ? null : parseManifest(manifest.octets);
  if (isFolder) return folderData(entries, listed);
  if (listed !== null) return looseData(entries, listed);
  if (Number(payloadOf(receipt).files) > entries.length) throw new NeedsManifestError();
  return folderData(entries, null);
}

/** Files without their folder: all of the dataset, or else each on its own. */
function looseData(entries, listed) {
  const whole = folderData(entries, listed);
  const isWhole = whole.kind === "whole" && isEqual(whole.comparison);
  return isWhole ? whole : filesData(entries, listed);
}

/**
 * Whether the list of files that was given says itself that it is of other data than the record.
 * @param {import("./verify_material.js").Material} material
 * @param {Uint8Array} receipt
 * @returns {boolean} false too where the record seals its digest
 */
export function listsAnother({ manifest }, receipt) {
  const signed = payloadOf(receipt).dataset_digest;
  if (manifest === null || typeof signed !== "string") return false;
  const [head] = new TextDecoder().decode(manifest.octets.subarray(0, HEAD_BYTES)).split("\n", 1);
  try {
    return JSON.parse(head).digest !== signed;
  } catch {
    return false; // nothing was compared with it
  }
}

/** Not all files were given: only a list of files can tell which of them these are. */
export class NeedsManifestError extends MalformedError {
  constructor() {
    super("fewer files were given than the record is of", "--manifest");
  }
}

/**
 * The log that the receipt says it is of.
 * @param {import("./verify_material.js").Material} material
 * @returns {string | null}
 */
export function originOf(material) {
  const { main } = partReceipts(material);
  const { aud } = main === null ? {} : payloadOf(main.octets);
  return typeof aud === "string" ? aud : null;
}

/** The signed payload of a receipt's record, unchecked; empty where it cannot be read. */
function payloadOf(octets) {
  try {
    const { record } = JSON.parse(new TextDecoder().decode(octets));
    const text = record.sd_jwt.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
    const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes)) ?? {};
  } catch {
    return {}; // the verdict says why
  }
}
