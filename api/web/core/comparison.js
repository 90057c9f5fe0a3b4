/**
 * Two lists of files side by side: what is the same, changed, gone, new, renamed, copied; mirrors
 * `provenance/comparison.py`.
 *
 * Both lists are in order, so one pass over each is enough. A file that is at no such path in the
 * other list, and whose content is, was renamed; each file is paired once, first with first. What
 * is new and repeats the content of a file that is listed elsewhere is a copy.
 */

import { compareText, equal, toHex } from "./bytes.js";
import { NotFoundError } from "./errors.js";
import { ascii } from "./show.js";

/** @typedef {import("./fingerprint.js").FileEntry} FileEntry */

/**
 * @typedef {{before: string, after: string}} Rename the same content at another path
 *
 * @typedef {object} Comparison what lies there, against what a manifest lists
 * @property {number} matched files whose path and content agree
 * @property {string[]} changed
 * @property {string[]} missing
 * @property {string[]} added
 * @property {Rename[]} renamed
 * @property {string[]} wrongLength matched files whose stated length, which nothing proves, is not
 *   that of the content
 * @property {Rename[]} duplicated files at no listed path, with the content of one that is listed
 */

/** Files by which a folder is recognised as a part of a dataset. */
const MOST_SAMPLES = 1_000;

/**
 * Compare two lists that are in order.
 * @param {FileEntry[]} manifest
 * @param {FileEntry[]} found
 * @param {FileEntry[]} [listed] where copies of files are looked for, if not in `manifest`
 * @returns {Comparison}
 */
export function compare(manifest, found, listed = manifest) {
  const comparison = { matched: 0, changed: [], wrongLength: [] };
  const missing = [];
  const added = [];
  for (const [one, there] of sideBySide(manifest, found)) {
    if (there === null) missing.push(one);
    else if (one === null) added.push(there);
    else if (!equal(one.sha256, there.sha256)) comparison.changed.push(one.path);
    else {
      comparison.matched += 1;
      const isKnown = one.length !== null && there.length !== null;
      if (isKnown && one.length !== there.length) comparison.wrongLength.push(one.path);
    }
  }
  const renamed = pairRenames(missing, added);
  const gone = new Set(renamed.map(({ before }) => before));
  const come = new Set(renamed.map(({ after }) => after));
  const left = added.filter(({ path }) => !come.has(path));
  const duplicated = left.length ? findCopies(listed, left) : [];
  const copies = new Set(duplicated.map(({ after }) => after));
  return {
    ...comparison,
    missing: missing.filter(({ path }) => !gone.has(path)).map(({ path }) => path),
    added: left.filter(({ path }) => !copies.has(path)).map(({ path }) => path),
    renamed,
    duplicated,
  };
}

/**
 * @param {Comparison} comparison
 * @returns {boolean} whether every file matched and no other was found
 */
export function isEqual({ changed, missing, added, renamed, duplicated }) {
  return [changed, missing, added, renamed, duplicated].every((list) => list.length === 0);
}

/**
 * Merge two lists in order by path; null stands where one has no such path.
 * @param {FileEntry[]} left
 * @param {FileEntry[]} right
 * @returns {Generator<[FileEntry | null, FileEntry | null]>}
 */
function* sideBySide(left, right) {
  let at = 0;
  let to = 0;
  while (at < left.length || to < right.length) {
    const order =
      at === left.length
        ? 1
        : to === right.length
          ? -1
          : compareText(left[at].path, right[to].path);
    yield [order <= 0 ? left[at] : null, order >= 0 ? right[to] : null];
    if (order <= 0) at += 1;
    if (order >= 0) to += 1;
  }
}

function pairRenames(missing, added) {
  const places = new Map();
  for (const { path, sha256 } of missing.toReversed()) {
    const key = toHex(sha256);
    places.set(key, [...(places.get(key) ?? []), path]);
  }
  const renamed = [];
  for (const { path, sha256 } of added) {
    const before = places.get(toHex(sha256))?.pop();
    if (before !== undefined) renamed.push({ before, after: path });
  }
  return renamed;
}

function findCopies(listed, added) {
  const wanted = new Set(added.map(({ sha256 }) => toHex(sha256)));
  const first = new Map();
  for (const { path, sha256 } of listed) {
    const key = toHex(sha256);
    if (wanted.has(key) && !first.has(key)) first.set(key, path);
  }
  return added
    .filter(({ sha256 }) => first.has(toHex(sha256)))
    .map(({ path, sha256 }) => ({ before: first.get(toHex(sha256)), after: path }));
}

// --- parts --------------------------------------------------------------------------------

/**
 * Return what lies in a sub-folder, with paths relative to it; `""` is the whole dataset.
 * @param {FileEntry[]} entries
 * @param {string} folder
 * @returns {FileEntry[]}
 * @throws {NotFoundError} nothing does
 */
export function under(entries, folder) {
  const prefix = folder && `${folder.replace(/\/+$/, "")}/`;
  const below = entries
    .filter(({ path }) => path.startsWith(prefix))
    .map((entry) => ({ ...entry, path: entry.path.slice(prefix.length) }));
  if (below.length === 0) {
    throw new NotFoundError(`no file of the dataset lies in ${ascii(folder, 200)}`, "path");
  }
  return below;
}

/**
 * Return the folder of a dataset that files were most likely copied from, "" for the whole.
 *
 * Each sample speaks for every folder of the dataset that lists its path below it; where the
 * content agrees too, it speaks louder than any number of paths. Of equals the whole wins, then
 * the first by name.
 *
 * @param {FileEntry[]} listed the whole dataset
 * @param {FileEntry[]} samples some of the files, at most `MOST_SAMPLES`, with paths as they lie
 * @returns {string}
 */
export function choosePart(listed, samples) {
  const contents = new Map(samples.map(({ path, sha256 }) => [path, sha256]));
  const votes = new Map([["", { same: 0, named: 0 }]]);
  for (const { path, sha256 } of listed) {
    const parts = path.split("/");
    for (let depth = 0; depth < parts.length; depth += 1) {
      const there = contents.get(parts.slice(depth).join("/"));
      if (there === undefined) continue;
      const folder = parts.slice(0, depth).join("/");
      const { same, named } = votes.get(folder) ?? { same: 0, named: 0 };
      votes.set(folder, { same: same + Number(equal(there, sha256)), named: named + 1 });
    }
  }
  let [best, most] = ["", votes.get("")];
  for (const folder of [...votes.keys()].sort(compareText)) {
    const { same, named } = votes.get(folder);
    if (same > most.same || (same === most.same && named > most.named)) {
      [best, most] = [folder, { same, named }];
    }
  }
  return best;
}

/**
 * Thin a list out, evenly, to so many that are left as samples.
 * @param {FileEntry[]} entries
 * @returns {FileEntry[]} at most `MOST_SAMPLES`
 */
export function samplesOf(entries) {
  let step = 1;
  while (Math.ceil(entries.length / step) >= MOST_SAMPLES) step *= 2;
  return entries.filter((_, at) => at % step === 0);
}
