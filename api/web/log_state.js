/**
 * The log's newest state, checked here: its signature by the policy, and that it extends the state
 * that this browser saw last. A log that shows two readers different histories is found out by
 * whoever comes back.
 */

import { getCheckpoint, getConsistency, getInclusion, getTile } from "./client.js";
import { openCheckpoint, parseCheckpoint } from "./core/checkpoint.js";
import { fromB64, toB64 } from "./core/digests.js";
import { MalformedError } from "./core/errors.js";
import { rootFromInclusion, verifyConsistency } from "./core/merkle.js";
import { Note } from "./core/note.js";
import { Policy } from "./core/policy.js";
import { judgeOfServer } from "./own_policy.js";
import { keep, load } from "./store.js";

const TILE_WIDTH = 256;
const HASH_LENGTH = 32;

/**
 * @typedef {object} Seen a state as it is kept in this browser
 * @property {number} treeSize
 * @property {string} rootHash padded base64
 * @property {string} note the signed checkpoint
 * @property {number} seenAt POSIX seconds, by this computer's clock
 *
 * @typedef {object} LogState
 * @property {import("./own_policy.js").Judge} judge by whose policy it was checked
 * @property {number} treeSize
 * @property {Uint8Array} rootHash
 * @property {string} note the signed checkpoint
 * @property {Seen | null} before what this browser had seen last
 * @property {"first" | "same" | "grown" | "older"} since how it stands to that; `older`: the server
 *   lags behind what was seen, and nothing can be said
 */

/**
 * Fetch the newest state and check it.
 * @param {{signal?: AbortSignal}} [given]
 * @returns {Promise<LogState>}
 * @throws {import("./core/errors.js").VerificationError} it is not signed by a key of the policy, or
 *   contradicts what was seen before: then the log has two histories
 */
export async function readLogState(given = {}) {
  const [judge, octets] = await Promise.all([judgeOfServer(given), getCheckpoint(given)]);
  const note = new TextDecoder("utf-8", { fatal: true }).decode(octets);
  const { treeSize, rootHash } = await openSigned(note, judge);
  const before = await seenBefore(judge);
  const state = { judge, treeSize, rootHash, note, before };
  const since = await compare(before, state, given);
  if (since !== "older") await remember(judge, state);
  return { ...state, since };
}

/**
 * Return the root hash that the log had at a size, proved from the newest state.
 * @param {LogState} state
 * @param {number} size of 1 up to the newest
 * @param {{signal?: AbortSignal}} [given]
 * @returns {Promise<Uint8Array>} 32 bytes
 * @throws {import("./core/errors.js").VerificationError} the proof does not hold
 */
export async function rootAtSize(state, size, given = {}) {
  const [leaf, inclusion, consistency] = await Promise.all([
    firstLeaf(state.treeSize, given),
    getInclusion(0, size, given),
    getConsistency(size, state.treeSize, given),
  ]);
  // whatever the first leaf is said to be: only the log's own leads to a root that is consistent
  const root = rootFromInclusion(leaf, 0, size, hashes(inclusion.path));
  verifyConsistency(size, state.treeSize, hashes(consistency.path), root, state.rootHash);
  return root;
}

async function openSigned(note, { octets, origin }) {
  const { treeSize } = parseCheckpoint(Note.parse(note).text);
  const opened = await openCheckpoint(note, origin, new Policy(octets).keysAt(treeSize));
  return { treeSize: Number(treeSize), rootHash: opened.rootHash };
}

async function compare(before, { treeSize, rootHash }, given) {
  if (before === null) return "first";
  if (before.treeSize > treeSize) return "older";
  const root = fromB64(before.rootHash);
  const isSame = before.treeSize === treeSize;
  const { path } = isSame ? { path: [] } : await getConsistency(before.treeSize, treeSize, given);
  verifyConsistency(before.treeSize, treeSize, hashes(path), root, rootHash);
  return isSame ? "same" : "grown";
}

async function firstLeaf(treeSize, given) {
  const width = Math.min(treeSize, TILE_WIDTH);
  const tile = await getTile(width < TILE_WIDTH ? `tile/0/000.p/${width}` : "tile/0/000", given);
  if (tile.length !== width * HASH_LENGTH) {
    throw new MalformedError(`expected ${width} hashes, got ${tile.length} bytes`, "tile");
  }
  return tile.subarray(0, HASH_LENGTH);
}

function hashes(path) {
  return path.map((node) => fromB64(node, { length: HASH_LENGTH, field: "path" }));
}

// by the policy too: what another policy's keys signed says nothing against this one's
function placeOf({ origin, digest }) {
  return `${origin} ${digest}`;
}

async function seenBefore(judge) {
  try {
    return (await load("states", placeOf(judge))) ?? null;
  } catch {
    return null; // a private window
  }
}

async function remember(judge, { treeSize, rootHash, note }) {
  const seen = { treeSize, rootHash: toB64(rootHash), note, seenAt: Math.floor(Date.now() / 1000) };
  try {
    await keep("states", placeOf(judge), seen);
  } catch {
    // the next visit begins anew
  }
}
