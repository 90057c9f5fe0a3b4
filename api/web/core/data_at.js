/**
 * Look at files that were hashed, as the verifier wants them: whole, a part, or one file; mirrors
 * `provenance/files/data_at.py` for files that a browser was given.
 *
 * Which part of a dataset the files are need not be said where they tell it themselves: a file by
 * the end of its path or by its content, a folder by the files in it.
 */

import { equal } from "./bytes.js";
import { choosePart, compare, isEqual, samplesOf, under } from "./comparison.js";
import { MalformedError, NotFoundError } from "./errors.js";
import { summarize } from "./fingerprint.js";
import { ascii } from "./show.js";

/**
 * @typedef {import("./fingerprint.js").FileEntry} FileEntry
 * @typedef {import("./fingerprint.js").Summary} Summary
 * @typedef {import("./comparison.js").Comparison} Comparison
 */

/**
 * Compare a folder with the whole dataset, or with that part of it which its files are.
 * @param {FileEntry[]} entries in order
 * @param {import("./manifest.js").Manifest | null} manifest null compares by the digest alone
 * @returns {import("./given.js").Data}
 */
export function folderData(entries, manifest) {
  const found = summarize(entries);
  if (manifest === null) return { kind: "whole", found, comparison: null };
  const comparison = compare(manifest.entries, entries);
  const whole = { kind: "whole", found, comparison };
  if (isEqual(comparison)) return whole;
  const part = choosePart(manifest.entries, samplesOf(entries));
  if (!part) return whole;
  return {
    kind: "part",
    manifest: manifest.header,
    comparison: compare(under(manifest.entries, part), entries, manifest.entries),
    part,
  };
}

/**
 * Compare files that were given without their folder, each with the listed file that it is: the one
 * whose path ends like its own, else one of its content. Those that nobody gave are not missing.
 *
 * Where a file is listed by its name, another content is a change, also when that content is
 * listed elsewhere: two files that were swapped must not pass for each other.
 *
 * @param {FileEntry[]} entries
 * @param {import("./manifest.js").Manifest} manifest
 * @returns {import("./given.js").Data}
 * @throws {NotFoundError} neither name nor content of one is listed
 */
export function filesData(entries, manifest) {
  const matches = entries.map((entry) => matchOf(entry, manifest.entries));
  const comparison = {
    matched: matches.filter(({ isSame }) => isSame).length,
    changed: matches.filter(({ isSame }) => !isSame).map(({ listed }) => listed.path),
    missing: [],
    added: [],
    renamed: [],
    wrongLength: [],
    duplicated: matches
      .filter(({ isSame, same }) => !isSame && same !== undefined)
      .map(({ listed, same }) => ({ before: same.path, after: listed.path })),
  };
  const part = matches.map(({ listed }) => listed.path).join(", ");
  return { kind: "part", manifest: manifest.header, comparison, part };
}

/**
 * Prove one file with the proof that names no other.
 * @param {FileEntry[]} entries of which there has to be one
 * @param {import("./fingerprint.js").FileProof} proof
 * @returns {import("./given.js").Data}
 */
export function proofData(entries, proof) {
  return { kind: "file", proof, sha256: onlyOne(entries).sha256 };
}

/**
 * Prove one file of a sealed dataset with what opens it alone.
 * @param {FileEntry[]} entries of which there has to be one
 * @param {import("./salted.js").FileOpening} opening
 * @returns {import("./given.js").Data}
 */
export function sealedData(entries, opening) {
  return { kind: "sealed-file", opening, sha256: onlyOne(entries).sha256 };
}

function onlyOne(entries) {
  if (entries.length !== 1) throw new MalformedError("expected one file", "PATH");
  return entries[0];
}

function matchOf(entry, listed) {
  const same = listed.find(({ sha256 }) => equal(sha256, entry.sha256));
  const parts = entry.path.split("/");
  let named;
  for (let depth = 0; depth < parts.length && named === undefined; depth += 1) {
    const tail = parts.slice(depth).join("/");
    named = listed.find(({ path }) => path === tail);
  }
  named ??= onlyEnding(listed, parts.at(-1));
  if (named !== undefined) {
    return { listed: named, isSame: equal(named.sha256, entry.sha256), same };
  }
  if (same !== undefined) return { listed: same, isSame: true, same };
  const name = ascii(parts.at(-1), 200);
  const message = `the manifest lists no file called ${name}, and none of this content`;
  throw new NotFoundError(message, "path");
}

/** A browser does not tell in which folders a file lies: its name has to be listed just once. */
function onlyEnding(listed, name) {
  const ending = listed.filter(({ path }) => path.endsWith(`/${name}`));
  return ending.length === 1 ? ending[0] : undefined;
}
