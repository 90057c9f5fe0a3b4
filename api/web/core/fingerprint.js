/**
 * A dataset as a list of files, each with its digest, and one digest over them all; mirrors
 * `provenance/fingerprint.py` (`docs/formats.md`, §3).
 *
 *     entry of a file   SHA-256(content) ‖ path
 *     dataset digest    RFC 9162 root over the entries, by the bytes of their paths
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
 */

import { compareText, concat, utf8 } from "./bytes.js";
import { casefoldKey } from "./casefold.js";
import { sha256, toHex } from "./digests.js";
import {
  EmptyDatasetError,
  HashOfNothingError,
  MalformedError,
  NameCollisionError,
  TooLargeError,
} from "./errors.js";
import { leafHash, RootAccumulator } from "./merkle.js";
import { ascii, repr } from "./show.js";
import { MAX_INTEGER } from "./strict_json.js";
import { checkPath } from "./text.js";

/** Bytes of UTF-8 in one path: the longest that any common system can name (Windows). */
export const MAX_PATH_BYTES = 32_767;

/** SHA-256 (hex) to what was hashed when a program hashed no content at all; each has been seen. */
const DIGESTS_OF_NOTHING = new Map(
  [
    ...["", "[object ArrayBuffer]", "[object Blob]", "[object File]", "[object Object]"],
    ...["[object Promise]", "undefined", "null", "None", "NaN"],
  ].map((text) => [toHex(sha256(utf8(text))), text]),
);

/**
 * @param {FileEntry} entry
 * @returns {Uint8Array} the tree's entry: SHA-256(content) ‖ path
 */
export function entryBytes(entry) {
  return concat(entry.sha256, utf8(entry.path));
}

/** The summary of entries that come one by one, already checked (see `inOrder`). */
export class Tally {
  #tree = new RootAccumulator();
  #length = 0;
  #imported = 0;

  /** @param {FileEntry} entry to be counted */
  add(entry) {
    this.#tree.add(leafHash(entryBytes(entry)));
    if (this.#length !== null) {
      this.#length = entry.length === null ? null : this.#length + entry.length;
    }
    if (entry.imported) this.#imported += 1;
  }

  /**
   * @returns {Summary} of what was counted
   * @throws {EmptyDatasetError} nothing was
   * @throws {TooLargeError} the sum of lengths is beyond what JSON integers hold (8 PiB)
   */
  summary() {
    if (this.#tree.size === 0) {
      throw new EmptyDatasetError("expected at least one file, got none (folders do not count)");
    }
    if (this.#length > MAX_INTEGER) {
      throw new TooLargeError({ limit: MAX_INTEGER, length: this.#length, unit: "bytes" });
    }
    return {
      digest: this.#tree.root(),
      files: this.#tree.size,
      length: this.#length,
      imported: this.#imported,
    };
  }
}

/**
 * Check entries in order and return their summary.
 *
 * @param {Iterable<FileEntry>} entries
 * @returns {Summary}
 * @throws {MalformedError} see `inOrder`; or no entry at all
 */
export function summarize(entries) {
  const tally = new Tally();
  for (const entry of inOrder(entries)) tally.add(entry);
  return tally.summary();
}

/**
 * Order entries as a manifest has them: by the bytes of their paths.
 *
 * @template {{path: string}} T
 * @param {T[]} entries
 * @returns {T[]} a new array
 */
export function sorted(entries) {
  return entries.toSorted((one, other) => compareText(one.path, other.path));
}

/**
 * Pass entries on, checking each: path, order, uniqueness, and that something was hashed.
 *
 * @param {Iterable<FileEntry>} entries
 * @returns {Generator<FileEntry>}
 * @throws {MalformedError} a path outside the rules, or not after the last by the bytes of its
 *   UTF-8
 * @throws {NameCollisionError} a name equal to another of its folder but for case
 * @throws {HashOfNothingError} the digest of a text like `undefined` with another length
 */
export function* inOrder(entries) {
  const folders = new Folders();
  for (const entry of entries) {
    checkPath(entry.path, "path");
    folders.enter(entry.path);
    checkSomething(entry);
    yield entry;
  }
}

/**
 * The folders on the way to the newest path, each with the names it has shown so far.
 *
 * Sorted by bytes, all that lies in a folder comes in one run, so a closed one is forgotten. The
 * check is by folder and not by whole path: `A/x` and `a/y` would be one folder on a file system
 * without case, and its copy would have another digest.
 */
class Folders {
  #last = "";
  #parents = [];
  #names = [new Map()];

  enter(path) {
    if (compareText(path, this.#last) <= 0) {
      const shown = `${ascii(path, 200)} after ${ascii(this.#last, 200)}`;
      throw new MalformedError(`expected byte order, got ${shown}`);
    }
    const length = path.length * 3 > MAX_PATH_BYTES ? utf8(path).length : 0;
    if (length > MAX_PATH_BYTES) {
      throw new TooLargeError({ limit: MAX_PATH_BYTES, length, unit: "bytes", field: "path" });
    }
    this.#last = path;
    const parents = path.split("/");
    const name = parents.pop();
    this.#changeTo(parents);
    this.#claim(name, path);
  }

  #changeTo(parents) {
    let common = 0;
    while (common < parents.length && parents[common] === this.#parents[common]) common += 1;
    this.#parents.length = common;
    this.#names.length = common + 1;
    for (const parent of parents.slice(common)) {
      this.#claim(parent, [...this.#parents, parent].join("/"));
      this.#parents.push(parent);
      this.#names.push(new Map());
    }
  }

  #claim(name, path) {
    const names = this.#names.at(-1);
    const key = casefoldKey(name);
    if (names.has(key)) {
      const other = [...this.#parents, names.get(key)].join("/");
      const both = `${repr(path, 200)} and ${repr(other, 200)}`;
      throw new NameCollisionError(`${both} differ in case at most`);
    }
    names.set(key, name);
  }
}

function checkSomething({ path, sha256: digest, length }) {
  const text = DIGESTS_OF_NOTHING.get(toHex(digest));
  if (text === undefined) {
    if (length === 0) {
      const shown = ascii(path, 200);
      throw new HashOfNothingError(`${shown}: length 0, but not the digest of nothing`);
    }
  } else if (length !== null && length !== text.length) {
    const what = `this is the digest of ${repr(text)}, not of ${length} bytes`;
    throw new HashOfNothingError(`${ascii(path, 200)}: ${what}`);
  }
}
