/**
 * Proof that one file is part of a dataset, without naming any other (`docs/formats.md`, §3);
 * `provenance/file_proof.py`.
 *
 * @typedef {object} FileProof
 * @property {import("./fingerprint.js").FileEntry} entry
 * @property {number} index from 0, below `files`
 * @property {number} files
 * @property {Uint8Array[]} path sibling hashes of 32 bytes, lowest level first (RFC 9162 §2.1.3)
 */

import { fromHex } from "./digests.js";
import { ManifestMismatchError } from "./errors.js";
import { entryBytes, MAX_PATH_BYTES, summarize } from "./fingerprint.js";
import { checkFormat, MAX_LINE_BYTES } from "./manifest.js";
import { leafHash, verifyInclusion } from "./merkle.js";
import { Members, parse } from "./strict_json.js";

const FORMAT = "provenance-file-proof";

/**
 * @param {Uint8Array} octets
 * @returns {FileProof}
 * @throws {import("./errors.js").MalformedError} not a file proof of version 1
 */
export function parseFileProof(octets) {
  const members = new Members(parse(octets, { maxBytes: MAX_LINE_BYTES, maxDepth: 2 }));
  checkFormat(members, FORMAT);
  const length = members.nullable("length", (name) => members.integer(name));
  const path = members.text("path", { maxLength: MAX_PATH_BYTES });
  const entry = { path, sha256: members.hex32("sha256"), length, imported: false };
  const index = members.integer("index");
  const files = members.integer("files", { low: 1 });
  const texts = members.texts("proof", { maxLength: 64, maxItems: 64 });
  const siblings = texts.map((text) => fromHex(text, { field: "proof" }));
  members.done();
  summarize([entry]);
  return { entry, index, files, path: siblings };
}

/**
 * Check that the file is part of the dataset that a record signs (RFC 9162 §2.1.3.2).
 *
 * @param {FileProof} proof
 * @param {{digest: Uint8Array, files: number}} signed the dataset digest, and the count: a root
 *   does not fix its tree size
 * @throws {ManifestMismatchError} the proof is for another count of files
 * @throws {import("./errors.js").ProofShapeError} index or number of hashes impossible
 * @throws {import("./errors.js").RootMismatchError} the proof leads to another digest
 */
export function verifyFileProof(proof, { digest, files }) {
  if (proof.files !== files) {
    throw new ManifestMismatchError(`expected ${files}, got ${proof.files}`, "files");
  }
  const leaf = leafHash(entryBytes(proof.entry));
  verifyInclusion(leaf, proof.index, proof.files, proof.path, digest);
}
