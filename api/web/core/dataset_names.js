/**
 * From names as they are on a disk to the paths of a manifest; what `provenance/files/tree.py`
 * does with the names of a folder.
 *
 * Names are turned into NFC, and the original is kept for opening. All that keeps a dataset from
 * being fingerprinted is found in one pass, so that a person can mend it in one go.
 *
 * @typedef {"bad-name" | "changed" | "not-readable" | "same-name" | "too-long"} Trouble
 *
 * @typedef {object} Problem one thing that keeps a dataset from being fingerprinted
 * @property {string} path
 * @property {Trouble} what
 * @property {string} detail facts in English; may be empty
 *
 * @typedef {object} Named
 * @property {string} path in the manifest
 * @property {number} at place of the file in what was given
 */

import { compareText, utf8 } from "./bytes.js";
import { casefoldKey, toldApart } from "./casefold.js";
import { LedgerError } from "./errors.js";
import { MAX_PATH_BYTES } from "./fingerprint.js";
import { isPrintable, repr } from "./show.js";
import { checkPath, nfc } from "./text.js";

/**
 * Give every file its path in the manifest.
 *
 * @param {string[]} originals paths as on the disk, relative to the folder, `/` between parts
 * @returns {{files: Named[], problems: Problem[]}} files by the bytes of their paths
 */
export function nameFiles(originals) {
  const found = { files: [], problems: [] };
  nameFolder(treeOf(originals, found.problems), "", found);
  found.files.sort((one, other) => compareText(one.path, other.path));
  found.problems.sort(
    (one, other) => compareText(one.path, other.path) || compareText(one.what, other.what),
  );
  return found;
}

/**
 * @param {string} path
 * @param {Trouble} what
 * @param {string} [detail]
 * @returns {Problem} with a path that a person can read
 */
export function problem(path, what, detail = "") {
  return { path: isPrintable(path) ? path : repr(path).slice(1, -1), what, detail };
}

function treeOf(originals, problems) {
  const root = { files: new Map(), folders: new Map() };
  originals.forEach((original, at) => {
    const parents = original.split("/");
    const name = parents.pop();
    let folder = root;
    for (const parent of parents) {
      const { folders } = folder;
      if (!folders.has(parent)) folders.set(parent, { files: new Map(), folders: new Map() });
      folder = folders.get(parent);
    }
    // no disk has two, but a person may drop the files of two folders together
    if (folder.files.has(name)) problems.push(problem(original, "same-name"));
    folder.files.set(name, at);
  });
  return root;
}

function nameFolder(folder, prefix, found) {
  /** Folded name to the original of the name that has it. */
  const seen = new Map();
  function claim(original, mark) {
    const name = nameOf(original, prefix, found.problems);
    if (name === null) return null;
    const folded = casefoldKey(name);
    if (seen.has(folded)) {
      const detail = toldApart(original, seen.get(folded));
      found.problems.push(problem(prefix + name + mark, "same-name", detail));
      return null;
    }
    seen.set(folded, original);
    return name;
  }
  for (const original of [...folder.files.keys()].sort(compareText)) {
    const name = claim(original, "");
    if (name !== null) found.files.push({ path: prefix + name, at: folder.files.get(original) });
  }
  for (const original of [...folder.folders.keys()].sort(compareText)) {
    const name = claim(original, "/");
    if (name !== null) nameFolder(folder.folders.get(original), `${prefix}${name}/`, found);
  }
}

/** Return a name in NFC, or null after noting why there is none. */
function nameOf(original, prefix, problems) {
  let name;
  try {
    name = nfc(original);
    checkPath(name);
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    problems.push(problem(prefix + original, "bad-name", error.message));
    return null;
  }
  const length =
    (prefix.length + name.length) * 3 > MAX_PATH_BYTES ? utf8(prefix + name).length : 0;
  if (length > MAX_PATH_BYTES) {
    const detail = `${length} bytes, limit ${MAX_PATH_BYTES}`;
    problems.push(problem(prefix + name, "too-long", detail));
    return null;
  }
  return name;
}
