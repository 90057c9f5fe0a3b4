/**
 * The manifest of a dataset, read and written; the part of `provenance/fingerprint.py` that has
 * lines (`docs/formats.md`, §3). A header, then one line a file:
 *
 *     {"format":"provenance-manifest","v":1,"files":2,"bytes":4,"digest":"f87109c4…"}
 *     {"path":"a.csv","sha256":"9c6536d3…","length":4}
 *     {"path":"b/c.csv","sha256":"e3b0c442…","length":0}
 *
 * @typedef {import("./fingerprint.js").FileEntry} FileEntry
 * @typedef {import("./fingerprint.js").Summary} Summary
 *
 * @typedef {object} Manifest a manifest that was read and checked to its end
 * @property {Summary} header what its first line says, and what its entries are
 * @property {Uint8Array | null} salts of a sealed dataset, 32 bytes
 * @property {FileEntry[]} entries
 */

import { concat, utf8 } from "./bytes.js";
import { fromHex, toHex } from "./digests.js";
import { MalformedError, ManifestMismatchError, UnsupportedVersionError } from "./errors.js";
import { inOrder, MAX_PATH_BYTES, sorted, summarize, Tally } from "./fingerprint.js";
import { ascii } from "./show.js";
import { Members, parse } from "./strict_json.js";

/** Bytes of one manifest line: a path written entirely in escapes, and the other members. */
export const MAX_LINE_BYTES = 6 * MAX_PATH_BYTES + 4_096;

const FORMAT = "provenance-manifest";
const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

// --- writing ------------------------------------------------------------------------------

/** Collects the files of a dataset in any order, then gives its manifest. */
export class ManifestBuilder {
  #entries = [];

  /** @param {FileEntry} entry */
  add(entry) {
    this.#entries.push(entry);
  }

  /**
   * @param {{salts?: Uint8Array | null}} [sealed] of a sealed dataset, 32 random bytes
   * @returns {{summary: Summary, manifest: Uint8Array, entries: FileEntry[]}} entries in order
   * @throws {MalformedError} see `inOrder` of `fingerprint.js`
   */
  finish({ salts = null } = {}) {
    const entries = sorted(this.#entries);
    const summary = summarize(entries);
    return { summary, manifest: written(entries, summary, salts), entries };
  }
}

/**
 * @param {FileEntry[]} entries in order
 * @param {{salts?: Uint8Array | null}} [sealed]
 * @returns {Uint8Array} the whole manifest
 * @throws {MalformedError} see `summarize` of `fingerprint.js`
 */
export function renderManifest(entries, { salts = null } = {}) {
  return written(entries, summarize(entries), salts);
}

function written(entries, summary, salts) {
  // joined in pieces: one string of a million lines would be longer than a string may be
  const pieces = [headerLine(summary, salts)];
  for (let at = 0; at < entries.length; at += 10_000) {
    pieces.push(
      utf8(
        entries
          .slice(at, at + 10_000)
          .map(entryText)
          .join(""),
      ),
    );
  }
  return concat(...pieces);
}

/** Return the first line of a manifest. */
function headerLine(summary, salts) {
  const header = {
    format: FORMAT,
    v: 1,
    files: summary.files,
    bytes: summary.length,
    digest: toHex(summary.digest),
    ...(summary.imported > 0 && { imported: summary.imported }),
    ...(salts !== null && { salts: toHex(salts) }),
  };
  return utf8(`${JSON.stringify(header)}\n`);
}

function entryText(entry) {
  const digest = toHex(entry.sha256);
  const mark = entry.imported ? ',"assurance":"imported"' : "";
  const path = JSON.stringify(entry.path);
  return `{"path":${path},"sha256":"${digest}","length":${entry.length}${mark}}\n`;
}

// --- reading ------------------------------------------------------------------------------

/**
 * Read a whole manifest; what comes back has told the truth about itself.
 *
 * @param {Uint8Array} octets
 * @returns {Manifest}
 * @throws {UnsupportedVersionError} a declared manifest, or no manifest of version 1
 * @throws {MalformedError} a line, a path or the order is not as it must be
 * @throws {ManifestMismatchError} the entries are not those of the header
 */
export function parseManifest(octets) {
  const lines = linesOf(octets);
  const members = headerOf(lines);
  const imported = members.has("imported") ? members.integer("imported", { low: 1 }) : 0;
  const salts = members.has("salts") ? members.hex32("salts") : null;
  const header = { ...summaryOf(members), imported };
  const tally = new Tally();
  const entries = [];
  for (const entry of inOrder(entriesOf(lines))) {
    tally.add(entry);
    entries.push(entry);
  }
  checkSame(tally.summary(), header);
  return { header, salts, entries };
}

function* linesOf(octets) {
  for (let start = 0; start < octets.length;) {
    const end = octets.indexOf(10, start);
    const next = end === -1 ? octets.length : end + 1;
    yield octets.subarray(start, next);
    start = next;
  }
}

function* entriesOf(lines) {
  let number = 1;
  for (const line of lines) {
    number += 1;
    yield plainEntry(line) ?? strictEntry(line, `line ${number}`);
  }
}

/**
 * Read a line that is written as we write it: then it is strict JSON with nothing besides, and
 * a manifest of a million such lines is read some times faster. Null for any other line.
 */
function plainEntry(line) {
  if (line.length > MAX_LINE_BYTES) return null;
  let text;
  let value;
  try {
    text = DECODER.decode(line);
    value = JSON.parse(text);
  } catch {
    return null;
  }
  const digest = typeof value?.sha256 === "string" && /^[0-9a-f]{64}$/.test(value.sha256);
  const isLength =
    value?.length === null || (Number.isSafeInteger(value?.length) && value.length >= 0);
  if (!digest || !isLength || !isPath(value.path)) return null;
  const imported = value.assurance === "imported";
  const entry = { path: value.path, sha256: fromHex(value.sha256), length: value.length, imported };
  return entryText(entry) === text ? entry : null;
}

function isPath(value) {
  return typeof value === "string" && value !== "" && value.length <= MAX_PATH_BYTES;
}

function strictEntry(line, field) {
  const members = membersOf(line, field);
  const path = members.text("path", { maxLength: MAX_PATH_BYTES });
  const sha256 = members.hex32("sha256");
  const length = members.nullable("length", (name) => members.integer(name));
  const imported = members.has("assurance");
  if (imported) members.literal("assurance", "imported");
  members.done();
  return { path, sha256, length, imported };
}

/**
 * Check that a manifest's digest, counts and sum of lengths are those of the signed record; one
 * that signs no sum of lengths is contradicted by none.
 *
 * @param {Summary} manifest
 * @param {Summary} signed
 * @throws {ManifestMismatchError} with the first that is not as `field`
 */
export function checkPublished(manifest, signed) {
  checkSame(manifest, { ...signed, length: signed.length ?? manifest.length });
}

function checkSame(manifest, signed) {
  const pairs = [
    ["digest", toHex(signed.digest), toHex(manifest.digest)],
    ["files", signed.files, manifest.files],
    ["bytes", signed.length, manifest.length],
    ["imported", signed.imported, manifest.imported],
  ];
  for (const [field, expected, got] of pairs) {
    if (expected !== got) {
      const [wanted, found] = [expected ?? "None", got ?? "None"];
      throw new ManifestMismatchError(`expected ${wanted}, got ${found}`, field);
    }
  }
}

function headerOf(lines) {
  const { value, done } = lines.next();
  const members = membersOf(done ? new Uint8Array(0) : value, "line 1");
  checkFormat(members, FORMAT);
  return members;
}

/**
 * @param {Members} members of a line that names its format
 * @param {string} expected its tag
 * @throws {UnsupportedVersionError} another one, or not version 1
 */
export function checkFormat(members, expected) {
  const [tag, version] = [members.value("format"), members.value("v")];
  if (tag !== expected || version !== 1) {
    const got = `${ascii(tag, 80)} version ${ascii(version, 20)}`;
    const message = `expected ${expected} version 1, got ${got}`;
    throw new UnsupportedVersionError(message, members.path("format"));
  }
}

function summaryOf(members) {
  const summary = {
    digest: members.hex32("digest"),
    files: members.integer("files", { low: 1 }),
    length: members.nullable("bytes", (name) => members.integer(name)),
  };
  members.done();
  return summary;
}

function membersOf(line, field) {
  if (line.at(-1) !== 10) {
    throw new MalformedError("expected a line that ends in a line feed", field);
  }
  return new Members(parse(line, { maxBytes: MAX_LINE_BYTES, maxDepth: 1 }), field);
}
