/**
 * Checks 12 and 13: that something happened no earlier than a block of a chain; mirrors
 * `provenance/verify_start.py`.
 *
 *     (12) not before         the entry came into this log after the block that a beacon below names
 *     (13) signed not before  the signed record itself names a block, so it was signed after that
 *
 * Of the beacon record only its place in the log and its block's hash count: whoever wrote it could
 * not know the hash before the block existed, and the order of the log does the rest. The block's
 * hash is vouched for by the reader, by a node, or by the evidence block's memory (EIP-2935).
 */

import { verifyHistory } from "./anchor.js";
import { equal, toHex } from "./bytes.js";
import { LedgerError, VerificationError } from "./errors.js";
import { Check, Outcome } from "./verdict.js";
import { endsOf } from "./verify_anchors.js";
import { ChainBlock, beaconBlock, checkBound, ownBlock, readHeader } from "./verify_blocks.js";

// --- (12) not before ----------------------------------------------------------------------

/**
 * Check the lower end of the interval.
 *
 * @param {import("./receipt_parts.js").Parts} parts
 * @param {import("./policy.js").Policy} policy
 * @param {import("./given.js").Given} given
 * @param {import("./verify_anchors.js").AnchorReading[]} readings
 * @returns {[Check, import("./verdict.js").Bound | null]}
 */
export function checkNotBefore(parts, policy, given, readings) {
  const needed = given.require.includes("not-before");
  const name = beaconBlock(parts);
  let provedIn;
  let header;
  try {
    provedIn = checkHistories(name, readings);
    header = beaconHeader(parts, name, given);
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    const facts = { error: error.code, detail: error.message };
    return [new Check("not-before", Outcome.FALSE, "beacon-false", { facts }), null];
  }
  if (name === null) {
    return [new Check("not-before", Outcome.NOT_CHECKED, "no-beacon", { needed }), null];
  }
  const [chain] = policy.chains;
  if (name.chainId !== chain.chainId) {
    const more = { facts: { chain_id: name.chainId }, needed };
    return [new Check("not-before", Outcome.NOT_CHECKED, "beacon-other-chain", more), null];
  }
  const block = new ChainBlock(chain, name, header?.timestamp ?? null);
  if (block.rpcSays(given) === "differs") return [block.differs("not-before", given), null];
  const trust = block.trust(given) ?? (endsOf(provedIn, given).length > 0 ? "history" : null);
  return judge("not-before", block, { trust, given, needed });
}

/** Check every history proof; return the anchors whose evidence block remembers `name`. */
function checkHistories(name, readings) {
  const withProof = readings.filter((reading) => reading.anchor.history !== null);
  for (const { anchor, header } of withProof) {
    if (name === null || anchor.chainId !== name.chainId) {
      throw new VerificationError("a history proof, but no beacon of that chain");
    }
    if (header === null) {
      throw new VerificationError("a history proof, but no header to start from");
    }
    verifyHistory(header.stateRoot, anchor.history, name.number, name.blockHash);
  }
  return withProof;
}

function beaconHeader({ receipt }, name, given) {
  if (name === null) return null;
  if (receipt.beacon.header === null) return given.header(name.blockHash);
  const header = readHeader(receipt.beacon.header);
  if (header === null) {
    throw new VerificationError("what is given as the beacon's header is none");
  }
  if (!equal(header.hash, name.blockHash)) {
    const message = `expected the header of ${toHex(name.blockHash)}, got that of`;
    throw new VerificationError(`${message} ${toHex(header.hash)}`);
  }
  return header;
}

function judge(check, block, { trust, given, needed }) {
  const bound = trust === null ? null : block.bound(trust);
  if (bound !== null && (bound.independent || given.allowDevChain)) {
    return [checkBound(check, bound, needed), bound];
  }
  let code = `${check}-not-vouched`;
  if (trust !== null) code = bound === null ? `${check}-no-header` : "dev-chain";
  const more = { facts: block.facts(), needed };
  return [new Check(check, Outcome.NOT_CHECKED, code, more), null];
}

// --- (13) signed not before ---------------------------------------------------------------

/**
 * Check the block that the depositor named: it existed before the record was signed.
 *
 * @param {import("./receipt_parts.js").Parts} parts
 * @param {import("./policy.js").Policy} policy
 * @param {import("./given.js").Given} given
 * @returns {[Check, import("./verdict.js").Bound | null]}
 */
export function checkOwnBlock(parts, policy, given) {
  const check = "signed-not-before";
  const name = ownBlock(parts);
  if (name === null) return [new Check(check, Outcome.NOT_CHECKED, "no-own-block"), null];
  const chain = policy.chainNamed(name.chainId);
  if (chain === null) {
    const more = { facts: { chain_id: name.chainId } };
    return [new Check(check, Outcome.NOT_CHECKED, "own-block-other-chain", more), null];
  }
  const header = given.header(name.blockHash) ?? beaconsHeader(parts, name);
  const block = new ChainBlock(chain, name, header?.timestamp ?? null);
  if (block.rpcSays(given) === "differs") return [block.differs(check, given), null];
  return judge(check, block, { trust: block.trust(given), given, needed: false });
}

/** Return the header of the record's own block where the receipt carries it for the beacon. */
function beaconsHeader({ receipt }, name) {
  const octets = receipt.beacon?.header ?? null;
  const header = octets === null ? null : readHeader(octets);
  return header !== null && equal(header.hash, name.blockHash) ? header : null;
}
