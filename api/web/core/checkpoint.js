/**
 * Checkpoints: what a log signs about itself (c2sp.org/tlog-checkpoint v1.0.0); mirrors
 * `provenance/checkpoint.py`.
 *
 *     example.com/log/testdata                      origin: the log's name line
 *     3                                             tree size, decimal
 *     Wqx3HImawpLnS/Gv4ubjAvi1WIOy0b8Ze0amvqbavKk=  root hash, padded base64
 */

import { cut, equal, simplest } from "./bytes.js";
import { fromB64 } from "./digests.js";
import { MalformedError } from "./errors.js";
import { EMPTY_ROOT, MAX_TREE_SIZE } from "./merkle.js";
import { ED25519, Note } from "./note.js";
import { ascii } from "./show.js";

const TREE_SIZE = /^(?:0|[1-9][0-9]{0,18})$/;
const CONTROL = /[\x00-\x1f]/;

/**
 * A log's root hash at a tree size.
 *
 * @typedef {object} Checkpoint
 * @property {string} origin the log's name: one line, not empty
 * @property {number | bigint} treeSize
 * @property {Uint8Array} rootHash
 * @property {string[]} extensions further lines of the signed text: none in our logs
 */

/**
 * Read the text of a note.
 *
 * @param {string} text
 * @returns {Checkpoint}
 * @throws {MalformedError} another number of lines, a tree size with a leading zero or a sign, a
 *   root that is not the padded base64 of 32 bytes
 */
export function parseCheckpoint(text) {
  const [origin, ...rest] = text.split("\n");
  if (rest.length < 3 || rest.pop() !== "") {
    throw new MalformedError(`expected three lines, got ${ascii(cut(text, 80))}`, "checkpoint");
  }
  const [size, root, ...extensions] = rest;
  if (!TREE_SIZE.test(size)) {
    throw new MalformedError(`expected a tree size, got ${ascii(cut(size, 40))}`, "checkpoint");
  }
  const rootHash = fromB64(root, { length: 32, field: "checkpoint" });
  for (const line of [origin, ...extensions]) {
    if (line === "" || CONTROL.test(line)) {
      throw new MalformedError(`expected a line, got ${ascii(cut(line, 80))}`, "checkpoint");
    }
  }
  const treeSize = simplest(BigInt(size));
  if (treeSize > MAX_TREE_SIZE) {
    throw new MalformedError(`tree size ${treeSize} out of range`, "checkpoint");
  }
  if (treeSize === 0 && !equal(rootHash, EMPTY_ROOT)) {
    throw new MalformedError("expected the root of no entries", "checkpoint");
  }
  return Object.freeze({ origin, treeSize, rootHash, extensions });
}

/**
 * Read a signed checkpoint of the log `origin` and check that a known key of it signed.
 *
 * @param {string} noteText
 * @param {string} origin
 * @param {import("./note.js").NoteVerifier[]} verifiers the log's own keys, type 01
 * @returns {Promise<Checkpoint>}
 * @throws {MalformedError} not a signed checkpoint, or one of another log
 * @throws {import("./errors.js").BadSignatureError} a known key's line does not verify, or no known
 *   key signed
 */
export async function openCheckpoint(noteText, origin, verifiers) {
  const signed = Note.parse(noteText);
  const checkpoint = parseCheckpoint(signed.text);
  if (checkpoint.origin !== origin) {
    const message = `expected ${ascii(origin)}, got ${ascii(cut(checkpoint.origin, 80))}`;
    throw new MalformedError(message, "checkpoint.origin");
  }
  await signed.verifiedBy(verifiers.filter((one) => one.type === ED25519));
  return checkpoint;
}
