/**
 * A dataset as a list of files, each with its digest, and one digest over them all; the same
 * bytes and the same refusals as `provenance/fingerprint.py` (`docs/formats.md`, §3).
 *
 * @typedef {object} FileEntry one file; its length is stated, never proved
 * @property {string} path relative, `/` between parts, NFC
 * @property {Uint8Array} sha256 of the content, 32 bytes
 * @property {number | null} length bytes of the content; null where a source did not say
 * @property {boolean} [imported] the digest was taken from a source, without reading the content
 *
 * @typedef {object} Summary what a deposit signs of a dataset
 * @property {Uint8Array} digest 32 bytes
 * @property {number} files
 * @property {number | null} length sum of lengths; null when one is not known
 * @property {number} imported files whose digest was taken from a source
 *
 * @typedef {object} Manifest
 * @property {Summary} header what its first line says, and its entries are
 * @property {Uint8Array | null} salts of a sealed dataset, 32 bytes
 * @property {FileEntry[]} entries
 *
 * @typedef {object} FileProof proof that one file is part of a dataset, naming no other
 * @property {FileEntry} entry
 * @property {number} index from 0
 * @property {number} files
 * @property {Uint8Array[]} path sibling hashes of 32 bytes, lowest level first
 */

const soon = () => {
  throw new Error("not yet");
};

/** Collects files in any order, then gives manifest and digest. */
export class ManifestBuilder {
  /** @param {FileEntry} entry */
  add(entry) {
    soon(entry);
  }
  /**
   * @param {{salts?: Uint8Array | null}} [given] of a sealed dataset, 32 random bytes
   * @returns {{summary: Summary, manifest: Uint8Array, entries: FileEntry[]}}
   */
  finish(given) {
    return soon(given);
  }
}
/** @param {Iterable<FileEntry>} entries in order @returns {Uint8Array} the dataset digest */
export function datasetDigest(entries) {
  return soon(entries);
}
/** @param {Iterable<FileEntry>} entries in order @returns {Summary} */
export function summarize(entries) {
  return soon(entries);
}
/** @param {Uint8Array} octets a whole manifest @returns {Manifest} checked to its end */
export function parseManifest(octets) {
  return soon(octets);
}
/** @param {Uint8Array} octets a whole declared manifest @returns {Manifest} with algorithm */
export function parseDeclaredManifest(octets) {
  return soon(octets);
}
/** @param {FileEntry[]} entries in order @param {Uint8Array | null} [salts] @returns {Uint8Array} */
export function renderManifest(entries, salts = null) {
  return soon(entries, salts);
}
/** @param {Summary} manifest @param {Summary} signed */
export function checkPublished(manifest, signed) {
  soon(manifest, signed);
}
/** @param {FileEntry[]} entries @param {string} path @returns {FileProof} */
export function fileProof(entries, path) {
  return soon(entries, path);
}
/** @param {Uint8Array} octets @returns {FileProof} */
export function parseFileProof(octets) {
  return soon(octets);
}
/** @param {FileProof} proof @returns {Uint8Array} one line of JSON */
export function renderFileProof(proof) {
  return soon(proof);
}
/** @param {FileProof} proof @param {{digest: Uint8Array, files: number}} signed */
export function verifyFileProof(proof, signed) {
  soon(proof, signed);
}
