/**
 * Puts a request of `verdict_requests.py` to the page's verifier, in Node or in a browser; answers
 * with the verdict's JSON as text, or with the error that was thrown.
 */

import { fromHex } from "../../api/web/core/digests.js";
import {
  Given,
  RPC_AWAY,
  blockFromHash,
  blockFromHeader,
  rootKey,
} from "../../api/web/core/given.js";
import { Policy } from "../../api/web/core/policy.js";
import { parseFileOpening } from "../../api/web/core/salted.js";
import { parseFileProof } from "../../api/web/core/file_proof.js";
import { dumpText } from "../../api/web/core/strict_json.js";
import { readFixity, readOpening, verifyOctets } from "../../api/web/core/verify.js";
import { askNode } from "../../api/web/rpc.js";

const hex = (text) => fromHex(text, { length: text.length / 2 });
const orNull = (value, read) => (value === null || value === undefined ? null : read(value));
const ENCODER = new TextEncoder();

/** The policies of the requests so far: thousands of mutants have the same one. */
const policies = new Map();

function policyOf(text) {
  if (!policies.has(text)) policies.set(text, new Policy(ENCODER.encode(text)));
  return policies.get(text);
}

function rpcView(value) {
  if (typeof value === "string") return value;
  return {
    chainId: value.chain_id,
    head: value.head,
    finalized: value.finalized,
    hashes: new Map(Object.entries(value.hashes).map(([number, text]) => [number, hex(text)])),
    genesisHash: orNull(value.genesis_hash, hex),
    roots: new Map(
      value.roots.map((one) => {
        const { chain_id: chainId, tree_size: treeSize } = one;
        const name = { chainId, contract: hex(one.contract), logId: hex(one.log_id), treeSize };
        return [rootKey(name), hex(one.root)];
      }),
    ),
  };
}

function summary({ digest, ...counts }) {
  return { digest: hex(digest), ...counts };
}

function comparison({ wrong_length: wrongLength, ...lists }) {
  const pairs = (list) => list.map(([before, after]) => ({ before, after }));
  const { renamed, duplicated } = lists;
  return { ...lists, wrongLength, renamed: pairs(renamed), duplicated: pairs(duplicated) };
}

function dataOf(value) {
  const { kind } = value;
  if (kind === "whole") {
    const found = summary(value.found);
    return { kind, found, comparison: orNull(value.comparison, comparison) };
  }
  if (kind === "part") {
    const manifest = summary(value.manifest);
    return { kind, manifest, comparison: comparison(value.comparison), part: value.part };
  }
  const sha256 = orNull(value.sha256, hex);
  if (kind === "file") return { kind, proof: parseFileProof(hex(value.proof)), sha256 };
  if (kind === "sealed-file") {
    return { kind, opening: parseFileOpening(hex(value.opening)), sha256 };
  }
  const file = { ...value.file, hashes: value.file.hashes.map(hex) };
  const { first } = value;
  return { kind, chunks: summary(value.chunks), file, first, found: value.found.map(hex) };
}

function keyStatus({ tree_size: treeSize, revoked_at: revokedAt, words, bound_later }) {
  const word = ({ leaf_index: leafIndex, right, revocation }) => {
    const { compromised_since_unix: compromisedSinceUnix, ...rest } = revocation;
    return { leafIndex, right, revocation: { ...rest, compromisedSinceUnix } };
  };
  return { treeSize, revokedAt, words: words.map(word), boundLater: bound_later };
}

/**
 * @param {object} request `receipt` and `policy` with what is given beside them
 * @param {Uint8Array} [octets] another receipt than the request's
 * @returns {Promise<string>} the verdict
 */
export async function judge(request, octets = hex(request.receipt)) {
  const policy = policyOf(request.policy);
  const now = request.now_unix;
  const fixity = [];
  for (const text of request.fixity) fixity.push(await readFixity(hex(text), policy, now));
  const opening = request.opening && (await readOpening(hex(request.opening), policy, now));
  const given = new Given({
    blocks: [
      ...request.block_hashes.map(blockFromHash),
      ...request.headers.map((text) => blockFromHeader(hex(text))),
    ],
    rpc: orNull(request.rpc, rpcView),
    data: orNull(request.data, dataOf),
    keyStatus: orNull(request.key_status, keyStatus),
    require: request.require,
    allowDevChain: request.allow_dev_chain,
    fixity,
    opening,
    authorities: request.authorities,
  });
  return dumpText((await verifyOctets(octets, policy, given, now)).toJson());
}

/**
 * Judge altered copies of a request's receipt.
 *
 * @param {object} request
 * @param {[number, number, string][]} edits each replaces so many bytes, from a position on, by
 *   others in hex
 * @returns {Promise<string[]>}
 */
export async function judgeMutants(request, edits) {
  const whole = hex(request.receipt);
  const verdicts = [];
  for (const [position, count, text] of edits) {
    const mutant = new Uint8Array(whole.length - count + text.length / 2);
    mutant.set(whole.subarray(0, position));
    mutant.set(hex(text), position);
    mutant.set(whole.subarray(position + count), position + text.length / 2);
    verdicts.push(await judge(request, mutant));
  }
  return verdicts;
}

/**
 * Ask a node what a receipt needs, by `rpc.js`.
 *
 * @param {string} url
 * @param {string} receipt hex
 * @returns {Promise<object | string>}
 */
export async function askView(url, receipt) {
  const view = await askNode(url, hex(receipt));
  if (view === RPC_AWAY) return view;
  const { chainId, head, finalized, hashes, genesisHash, roots } = view;
  return { chainId, head, finalized, hashes, genesisHash, roots };
}
