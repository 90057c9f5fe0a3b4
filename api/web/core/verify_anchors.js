/**
 * Checks 9 to 11: that the entry existed no later than a block of a chain; mirrors
 * `provenance/verify_anchors.py`.
 *
 *     (9)  anchor     a checkpoint's root lies in the contract's storage in some block, or the
 *                     contract said there that it took it; or the operator says so, unproved
 *     (10) block      somebody the reader believes knows that block
 *     (11) not after  one such anchor is on a chain that is not the operator's own
 *
 * The block's time is the upper end of the interval. No clock and no word of the operator or of
 * the depositor enters.
 */

import { verifyProof, verifyStatement } from "./anchor.js";
import { readStatement } from "./anchor_statement.js";
import { equal, toHex } from "./bytes.js";
import { toEvmHex } from "./digests.js";
import { CodeMismatchError, LedgerError } from "./errors.js";
import { RPC_AWAY, rootKey } from "./given.js";
import { Check, Outcome } from "./verdict.js";
import {
  ChainBlock,
  blocksOf,
  checkBound,
  evidenceBlock,
  readHeader,
  rootName,
} from "./verify_blocks.js";

// By the kind of evidence: what it shows on an independent chain, and on any other.
const SHOWN = {
  storage: ["root-on-chain", "root-on-dev-chain"],
  receipt: ["event-on-chain", "event-on-dev-chain"],
  "trusted-rpc": ["root-stated", "root-stated-dev-chain"],
};

/**
 * One anchor after check 9.
 *
 * @typedef {object} AnchorReading
 * @property {import("./receipt.js").ReceiptAnchor} anchor
 * @property {import("./header.js").BlockHeader | null} header of the evidence block; null when its
 *   bytes are not a header, or it has none to show
 * @property {ChainBlock | null} block the evidence block, if a contract of the policy is shown or
 *   said to hold the root there
 * @property {Check} check
 * @property {boolean} isProof whether one block hash, vouched for, would prove it
 */

// --- (9) anchor ---------------------------------------------------------------------------

/**
 * Check the evidence of every anchor; empty when the receipt has none.
 *
 * @param {import("./receipt_parts.js").Parts} parts
 * @param {import("./policy.js").Policy} policy
 * @returns {Promise<AnchorReading[]>}
 */
export async function checkAnchors(parts, policy) {
  const readings = [];
  for (const [i, state] of parts.anchored.entries()) {
    for (const [j, anchor] of parts.receipt.anchored[i].anchors.entries()) {
      const subject = `${state.name}.anchors[${j}]`;
      readings.push(await readAnchor({ state, policy, anchor, subject }));
    }
  }
  return readings;
}

async function readAnchor(scene) {
  const { state, policy, anchor, subject } = scene;
  const { evidence } = anchor;
  const isStated = evidence.kind === "trusted-rpc";
  const header = isStated ? null : readHeader(evidence.header);
  const reading = { anchor, header, block: null, isProof: false };
  if (isStated && !state.isByAny(policy.keysAt(state.checkpoint.treeSize))) {
    // check 6 says so; whoever signed the checkpoint may have signed a statement as well
    const check = new Check("anchor", Outcome.NOT_CHECKED, "not-reached", { subject });
    return { ...reading, check };
  }
  let chain;
  try {
    chain = await checkEvidence(scene);
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    const facts = { error: error.code, detail: error.message };
    const check = new Check("anchor", Outcome.FALSE, "anchor-false", { facts, subject });
    return { ...reading, check };
  }
  const facts = { chain_id: anchor.chainId, contract: toEvmHex(anchor.contract) };
  const block = evidenceBlock(evidence);
  if (chain === null || block === null) {
    const more = { facts, subject };
    const check = new Check("anchor", Outcome.NOT_CHECKED, "anchor-not-in-policy", more);
    return { ...reading, check };
  }
  const isProof = header !== null && chain.evidence === "proof";
  facts.tree_size = state.checkpoint.treeSize;
  facts.chain = chain.name;
  facts.level = isProof ? "proof" : "trusted-rpc";
  const check = judgeAnchor({ evidence, chain, facts, subject, isProof });
  const name = { chainId: chain.chainId, number: block.number, blockHash: block.blockHash };
  const shown = new ChainBlock(chain, name, block.timestamp);
  return { anchor, header, block: shown, check, isProof };
}

/** Say what evidence that holds together amounts to on this chain. */
function judgeAnchor({ evidence, chain, facts, subject, isProof }) {
  let [onChain, onDevChain] = SHOWN[evidence.kind];
  if (!isProof && evidence.kind !== "trusted-rpc") {
    [onChain, onDevChain] = ["chain-without-proofs", "chain-without-proofs-dev-chain"];
  }
  const code = chain.independent ? onChain : onDevChain;
  if (!isProof) return new Check("anchor", Outcome.NOT_CHECKED, code, { facts, subject });
  return new Check("anchor", Outcome.PROVED, code, { trust: "policy", facts, subject });
}

/**
 * Check an anchor's evidence; return the chain of the policy it is on, null for none of them.
 *
 * In a contract that the policy does not know it proves nothing here. On a chain the policy does
 * know, the evidence must still fit the names beside it, as far as the known contract's code tells:
 * a receipt in which a name was altered is refused, rather than being silently worth less. A
 * statement names all of them by itself.
 */
async function checkEvidence({ state, policy, anchor }) {
  const chain = policy.chain(anchor.chainId, anchor.contract, anchor.logId);
  const pattern = policy.chainNamed(anchor.chainId);
  if (anchor.evidence.kind === "trusted-rpc") {
    await checkStatement(state, policy, anchor);
  } else if (chain !== null) {
    verifyEvidence(state, anchor, chain);
  } else if (pattern !== null) {
    try {
      verifyEvidence(state, anchor, pattern);
    } catch (error) {
      // another version of the contract, unknown here
      if (!(error instanceof CodeMismatchError)) throw error;
    }
  }
  return chain;
}

function verifyEvidence(state, { contract, logId, evidence }, { codeHash, rootsSlot }) {
  const { treeSize, rootHash } = state.checkpoint;
  verifyProof(evidence, { contract, codeHash, logId, treeSize, rootHash, rootsSlot });
}

async function checkStatement(state, policy, { chainId, contract, logId, evidence }) {
  const { treeSize, rootHash } = state.checkpoint;
  const expected = { origin: policy.origin, chainId, contract, logId, treeSize, rootHash };
  await verifyStatement(evidence, policy.keysAt(treeSize), expected);
}

// --- (10) block ---------------------------------------------------------------------------

/**
 * Check that every evidence block is vouched for, and that all that was given fits.
 *
 * @param {import("./receipt_parts.js").Parts} parts
 * @param {import("./policy.js").Policy} policy
 * @param {import("./given.js").Given} given
 * @param {AnchorReading[]} readings
 * @returns {Check[]}
 */
export function checkBlocks(parts, policy, given, readings) {
  const said = readings.map((reading) => reading.block?.rpcSays(given));
  const noneFinal = !said.includes("final");
  const checks = readings.map((reading) => checkBlock(reading, given, noneFinal));
  if (readings.length === 0) checks.push(new Check("block", Outcome.NOT_YET, "not-anchored"));
  return [...checks, ...checkRpc(policy, given), ...checkUnmatched(parts, given)];
}

function checkBlock(reading, given, noneFinal) {
  const { block } = reading;
  const { subject } = reading.check;
  if (block === null) return new Check("block", Outcome.NOT_CHECKED, "not-reached", { subject });
  const facts = block.facts();
  const said = block.rpcSays(given);
  if (said === "differs") return block.differs("block", given, subject);
  if (said === "not-final") {
    // The reader asked for this node's word. Without it for a single anchor the answer is 3, even
    // if the reader vouches too: what was asked for and not confirmed is never a 0.
    const more = { trust: "rpc", facts, needed: noneFinal, subject };
    return new Check("block", Outcome.NOT_YET, "block-not-final", more);
  }
  const trust = block.trust(given);
  if (trust === null) {
    return new Check("block", Outcome.NOT_CHECKED, "block-not-vouched", { facts, subject });
  }
  if (said !== "final") {
    return new Check("block", Outcome.VOUCHED, "block-vouched", { trust, facts, subject });
  }
  return checkFinal(reading, given, { trust, facts, subject });
}

/** Say of a block that a node calls final how final it is, and what the node's contract holds. */
function checkFinal({ anchor, block }, given, { trust, facts, subject }) {
  const { depth } = block.chain;
  facts.depth = depth ?? 0;
  let code = depth === null ? "block-final" : "block-deep";
  if (anchor.evidence.kind === "trusted-rpc") {
    const stated = readStatement(anchor.evidence.note);
    const found = given.view.roots.get(rootKey(rootName(stated)));
    if (found !== undefined && !equal(found, stated.rootHash)) {
      const wrong = { ...facts, found: toEvmHex(found), tree_size: stated.treeSize };
      const more = { trust: "rpc", facts: wrong, subject };
      return new Check("block", Outcome.FALSE, "root-differs", more);
    }
    if (found !== undefined) code = "root-at-node";
  }
  return new Check("block", Outcome.VOUCHED, code, { trust, facts, subject });
}

function checkRpc(policy, { rpc, view }) {
  if (rpc === RPC_AWAY) {
    return [new Check("block", Outcome.UNAVAILABLE, "rpc-away", { trust: "rpc", needed: true })];
  }
  if (view === null) return [];
  const chain = policy.chainNamed(view.chainId);
  const isOurs =
    chain !== null && (view.genesisHash === null || equal(view.genesisHash, chain.genesisHash));
  if (isOurs) return [];
  const more = { trust: "rpc", facts: { chain_id: view.chainId } };
  return [new Check("block", Outcome.UNUSABLE, "rpc-other-chain", more)];
}

function checkUnmatched(parts, { blocks }) {
  if (blocks.length === 0) return [];
  const hashes = new Set(blocksOf(parts).map((name) => toHex(name.blockHash)));
  const unmatched = blocks.filter((block) => !hashes.has(toHex(block.blockHash)));
  return unmatched.map(({ blockHash }) => {
    const more = { trust: "you", facts: { block_hash: toEvmHex(blockHash) } };
    return new Check("block", Outcome.FALSE, "block-unmatched", more);
  });
}

// --- (11) not after -----------------------------------------------------------------------

/**
 * @param {AnchorReading[]} readings
 * @param {import("./given.js").Given} given
 * @returns {import("./verdict.js").Bound[]} of every proved anchor whose block somebody vouches for
 */
export function endsOf(readings, given) {
  return readings
    .filter((reading) => reading.isProof && reading.block !== null)
    .map(({ block }) => {
      const trust = block.trust(given);
      return trust === null ? null : block.bound(trust);
    })
    .filter((bound) => bound !== null);
}

/**
 * Check that at least one anchor counts; the earliest is the end of the interval.
 *
 * @param {AnchorReading[]} readings
 * @param {import("./given.js").Given} given
 * @returns {[Check, import("./verdict.js").Bound | null]}
 */
export function checkNotAfter(readings, given) {
  const ends = endsOf(readings, given);
  const counted = ends.filter((end) => end.independent || given.allowDevChain);
  if (counted.length > 0) {
    const end = counted.reduce(sooner);
    return [checkBound("not-after", end, true), end];
  }
  if (ends.length > 0) {
    const more = { facts: { chain: ends[0].chain }, needed: true };
    return [new Check("not-after", Outcome.NOT_CHECKED, "dev-chain", more), null];
  }
  const [outcome, code] = whyNoEnd(readings, given);
  return [new Check("not-after", outcome, code, { needed: true }), null];
}

/** Return an independent chain's word before a development chain's, then the earliest. */
function sooner(one, other) {
  if (one.independent !== other.independent) return one.independent ? one : other;
  return other.timeUnix < one.timeUnix ? other : one;
}

function whyNoEnd(readings, given) {
  const blocks = readings.map((reading) => reading.block).filter((block) => block !== null);
  if (readings.length === 0) return [Outcome.NOT_YET, "not-anchored"];
  if (blocks.length === 0) return [Outcome.NOT_CHECKED, "no-anchor-of-policy"];
  if (!readings.some((reading) => reading.isProof)) {
    return [Outcome.NOT_CHECKED, "trusted-rpc-only"];
  }
  if (given.rpc === RPC_AWAY) return [Outcome.UNAVAILABLE, "undecided"];
  if (blocks.some((block) => block.rpcSays(given) === "not-final")) {
    return [Outcome.NOT_YET, "not-final"];
  }
  return [Outcome.NOT_CHECKED, "no-block-given"];
}
