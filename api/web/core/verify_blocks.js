/**
 * Whose word there is for a block: the reader's, a node's, or nobody's; mirrors
 * `provenance/verify_blocks.py`.
 *
 * A block hash is the one thing that a receipt cannot prove by itself. Every use of a block's time
 * in checks 10 to 13 comes by here, so that none counts without somebody who vouches for the hash.
 */

import { blockOf } from "./anchor_evidence.js";
import { readStatement } from "./anchor_statement.js";
import { equal, toHex } from "./bytes.js";
import { toEvmHex } from "./digests.js";
import { MalformedError } from "./errors.js";
import { parseHeader } from "./header.js";
import { beaconOf, depositOf } from "./parse_record.js";
import { utcText } from "./times.js";
import { Check, Outcome } from "./verdict.js";

/** A block that the receipt speaks of, on a chain of the policy. */
export class ChainBlock {
  /**
   * @param {import("./policy.js").Chain} chain
   * @param {import("./given.js").BlockName} name
   * @param {number | bigint | null} timeUnix its own timestamp; null when nobody showed its header:
   *   it then has a hash but no time
   */
  constructor(chain, name, timeUnix) {
    this.chain = chain;
    this.name = name;
    this.timeUnix = timeUnix;
    Object.freeze(this);
  }

  /**
   * Above the final block a node may still change its mind: another hash there is no lie yet.
   *
   * @param {import("./given.js").Given} given
   * @returns {"final" | "differs" | "not-final" | null} null when no node of that chain spoke
   */
  rpcSays({ view }) {
    if (view === null || view.chainId !== this.name.chainId) return null;
    const found = view.hashes.get(String(this.name.number));
    if (found === undefined || !isFinal(this.name.number, this.chain, view)) return "not-final";
    return equal(found, this.name.blockHash) ? "final" : "differs";
  }

  /**
   * @param {import("./given.js").Given} given
   * @returns {string | null} whose word there is for the block; null: nobody's
   */
  trust(given) {
    const isFinalThere = this.rpcSays(given) === "final";
    if (given.vouched(this.name.blockHash)) return isFinalThere ? "you-and-rpc" : "you";
    return isFinalThere ? "rpc" : null;
  }

  /** @returns {import("./verdict.js").Facts} what sentences about the block name */
  facts() {
    const facts = {
      chain: this.chain.name,
      chain_id: this.chain.chainId,
      block_number: this.name.number,
      block_hash: toEvmHex(this.name.blockHash),
    };
    if (this.timeUnix === null) return facts;
    return { ...facts, time_unix: this.timeUnix, time: utcText(this.timeUnix) };
  }

  /**
   * @param {string} trust
   * @returns {import("./verdict.js").Bound | null} the block as an end of the interval; null
   *   without a header, so without time
   */
  bound(trust) {
    if (this.timeUnix === null) return null;
    return Object.freeze({
      timeUnix: this.timeUnix,
      chain: this.chain.name,
      chainId: this.chain.chainId,
      blockNumber: this.name.number,
      blockHash: this.name.blockHash,
      trust,
      independent: this.chain.independent,
      blockTime: this.chain.blockTime,
    });
  }

  /**
   * @param {string} check
   * @param {import("./given.js").Given} given
   * @param {string | null} [subject]
   * @returns {Check} the refusal for a node that has another, final block at this height
   */
  differs(check, { view }, subject = null) {
    const found = toEvmHex(view.hashes.get(String(this.name.number)));
    const facts = { ...this.facts(), found };
    return new Check(check, Outcome.FALSE, "block-differs", { trust: "rpc", facts, subject });
  }
}

function isFinal(number, { depth }, { head, finalized }) {
  // confirmations: the block itself is the first
  if (depth !== null) return BigInt(head) - BigInt(number) + 1n >= depth;
  return finalized !== null && number <= finalized;
}

/**
 * @param {string} name
 * @param {import("./verdict.js").Bound} bound
 * @param {boolean} needed
 * @returns {Check} that an end of the interval was proved
 */
export function checkBound(name, bound, needed) {
  const code = bound.independent ? name : `${name}-dev-chain`;
  const facts = {
    chain: bound.chain,
    block_number: bound.blockNumber,
    block_hash: toEvmHex(bound.blockHash),
    time_unix: bound.timeUnix,
    time: utcText(bound.timeUnix),
    block_time: bound.blockTime,
  };
  return new Check(name, Outcome.VOUCHED, code, { trust: bound.trust, facts, needed });
}

/** Return what `read` does; null where the bytes are malformed, which check 9 or 12 refuses. */
function orNull(read) {
  try {
    return read();
  } catch (error) {
    if (error instanceof MalformedError) return null;
    throw error;
  }
}

/** @param {Uint8Array} octets @returns {import("./header.js").BlockHeader | null} */
export function readHeader(octets) {
  return orNull(() => parseHeader(octets));
}

/** @param {object} evidence @returns {ReturnType<typeof blockOf> | null} */
export function evidenceBlock(evidence) {
  return orNull(() => blockOf(evidence));
}

/**
 * @param {import("./receipt_parts.js").Parts} parts
 * @returns {import("./given.js").BlockName | null} the block that the beacon below the record names
 */
export function beaconBlock({ beacon }) {
  return beacon === null ? null : beaconOf(beacon).block;
}

/**
 * @param {import("./receipt_parts.js").Parts} parts
 * @returns {import("./given.js").BlockName | null} the block that the signed record itself names
 */
export function ownBlock({ record }) {
  return record.type === "deposit" ? depositOf(record).block : null;
}

/**
 * Return every block the receipt speaks of: evidence blocks, the beacon's, the record's own.
 *
 * Blocks that a proof hangs on come before those that are only stated.
 *
 * @param {import("./receipt_parts.js").Parts} parts
 * @returns {import("./given.js").BlockName[]}
 */
export function blocksOf(parts) {
  const anchors = parts.receipt.anchored.flatMap((one) => one.anchors);
  const isProof = (anchor) => anchor.evidence.level === "proof";
  const ordered = [...anchors.filter(isProof), ...anchors.filter((one) => !isProof(one))];
  const blocks = ordered.map(({ chainId, evidence }) => {
    const block = evidenceBlock(evidence);
    return block === null ? null : { chainId, number: block.number, blockHash: block.blockHash };
  });
  const named = [...blocks, beaconBlock(parts), ownBlock(parts)].filter((one) => one !== null);
  const keyed = named.map((one) => [`${one.chainId} ${one.number} ${toHex(one.blockHash)}`, one]);
  return [...new Map(keyed).values()];
}

/** @param {import("./anchor_statement.js").AnchorStatement} stated what to ask a node for */
export function rootName({ chainId, contract, logId, treeSize }) {
  return { chainId, contract, logId, treeSize };
}

/**
 * @param {import("./receipt_parts.js").Parts} parts
 * @returns {import("./given.js").RootName[]} every root that nothing but a statement shows
 */
export function rootsOf(parts) {
  const anchors = parts.receipt.anchored.flatMap((one) => one.anchors);
  const stated = anchors.filter((anchor) => anchor.evidence.kind === "trusted-rpc");
  return stated.map((anchor) => rootName(readStatement(anchor.evidence.note)));
}
