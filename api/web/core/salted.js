/**
 * A second fingerprint of the same files that gives away none but the one that is opened; mirrors
 * `provenance/salted.py`.
 *
 *     salt of a file   HMAC-SHA256(32 random bytes, path)[:16]
 *     entry of a file  SHA-256(content) ‖ salt ‖ path
 *     salted digest    RFC 9162 root over the entries, in the order of the manifest
 *
 * One file is opened by a line of JSON, `provenance-file-opening` (`docs/formats.md`, §3).
 *
 * @typedef {import("./fingerprint.js").FileEntry} FileEntry
 *
 * @typedef {object} FileOpening proof that one file is part of a sealed dataset; no other can be
 *   guessed by it
 * @property {FileEntry} entry path and digest; the length is not known
 * @property {Uint8Array} salt 16 bytes
 * @property {number} index from 0, below `files`
 * @property {number} files
 * @property {Uint8Array[]} path sibling hashes of 32 bytes, lowest level first
 * @property {import("./sdjwt.js").Disclosure[]} disclosures of the sealed deposit:
 *   `salted_digest`, and `files` where it is sealed
 */

import { hmac } from "../vendor/hmac.js";
import { sha256 } from "../vendor/sha2.js";
import { concat, utf8 } from "./bytes.js";
import { fromHex } from "./digests.js";
import { ManifestMismatchError, UnsupportedVersionError } from "./errors.js";
import { MAX_PATH_BYTES, summarize } from "./fingerprint.js";
import { MAX_LINE_BYTES } from "./manifest.js";
import { leafHash, RootAccumulator, verifyInclusion } from "./merkle.js";
import { parseDisclosure } from "./sdjwt.js";
import { Members, parse } from "./strict_json.js";

const FORMAT = "provenance-file-opening";
const VERSION = 1;
const SALT_LENGTH = 16;
const MAX_DISCLOSURES = 2;
const MAX_DISCLOSURE = 1_000;

/** A file proof, and two disclosures of fixed form. */
const MAX_OPENING_BYTES = MAX_LINE_BYTES + (1 << 14);

/**
 * @param {Uint8Array} salts the owner's 32 random bytes
 * @param {string} path
 * @returns {Uint8Array} the salt of the file at `path`, 16 bytes
 */
function saltOf(salts, path) {
  return hmac(sha256, salts, utf8(path)).subarray(0, SALT_LENGTH);
}

/**
 * @param {FileEntry} entry
 * @param {Uint8Array} salt
 * @returns {Uint8Array} the tree's entry: SHA-256(content) ‖ salt ‖ path
 */
function saltedEntry(entry, salt) {
  return concat(entry.sha256, salt, utf8(entry.path));
}

/**
 * @param {Iterable<FileEntry>} entries checked and in order
 * @param {Uint8Array} salts the owner's 32 random bytes
 * @returns {Uint8Array} the root, 32 bytes
 */
export function saltedDigest(entries, salts) {
  const tree = new RootAccumulator();
  for (const entry of entries) tree.add(saltedLeaf(entry, salts));
  return tree.root();
}

function saltedLeaf(entry, salts) {
  return leafHash(saltedEntry(entry, saltOf(salts, entry.path)));
}

// --- one file alone -----------------------------------------------------------------------

/**
 * Read an opening strictly.
 *
 * @param {Uint8Array} octets
 * @returns {FileOpening}
 * @throws {import("./errors.js").MalformedError} `field` names the member
 */
export function parseFileOpening(octets) {
  const members = new Members(parse(octets, { maxBytes: MAX_OPENING_BYTES, maxDepth: 2 }));
  if (members.text("format") !== FORMAT || members.integer("v") !== VERSION) {
    throw new UnsupportedVersionError(`expected ${FORMAT} v${VERSION}`, "format");
  }
  const path = members.text("path", { maxLength: MAX_PATH_BYTES });
  const salt = fromHex(members.text("salt"), { length: SALT_LENGTH, field: "salt" });
  const limits = { maxLength: MAX_DISCLOSURE, maxItems: MAX_DISCLOSURES };
  const texts = members.texts("disclosures", limits);
  const proofs = members.texts("proof", { maxLength: 64, maxItems: 64 });
  const opening = {
    entry: { path, sha256: members.hex32("sha256"), length: null, imported: false },
    salt,
    index: members.integer("index"),
    files: members.integer("files", { low: 1 }),
    path: proofs.map((text) => fromHex(text, { field: "proof" })),
    disclosures: texts.map(readDisclosure),
  };
  members.done();
  summarize([opening.entry]);
  return opening;
}

function readDisclosure(text) {
  const read = (octets) => parse(octets, { maxBytes: MAX_DISCLOSURE, maxDepth: 2 });
  return parseDisclosure(text, { field: "disclosures", read });
}

/**
 * Check that the file is part of the dataset that a record sealed (RFC 9162 §2.1.3.2).
 *
 * @param {FileOpening} opening
 * @param {{digest: Uint8Array, files: number}} sealed the salted digest, and the count that is
 *   signed, or was sealed
 * @throws {ManifestMismatchError} the opening is for another count of files
 * @throws {import("./errors.js").ProofShapeError} index or number of hashes impossible
 * @throws {import("./errors.js").RootMismatchError} the proof leads to another digest
 */
export function verifyFileOpening(opening, { digest, files }) {
  if (opening.files !== files) {
    throw new ManifestMismatchError(`expected ${files}, got ${opening.files}`, "files");
  }
  const leaf = leafHash(saltedEntry(opening.entry, opening.salt));
  verifyInclusion(leaf, opening.index, opening.files, opening.path, digest);
}
