/**
 * Asks an Ethereum node of the reader's own choice for the blocks a receipt names; as `--rpc` of
 * the command line does (`provenance/client/node.py`).
 */

import { concat, fromInteger, simplest, utf8 } from "./core/bytes.js";
import { fromEvmHex, toEvmHex } from "./core/digests.js";
import { LedgerError, UnavailableError } from "./core/errors.js";
import { RPC_AWAY, rootKey } from "./core/given.js";
import { keccak256 } from "./core/keccak.js";
import { blocksToLookUp, rootsToAsk } from "./core/verify.js";

const MILLISECONDS = 20_000; // for one whole exchange
const MAX_CHARACTERS = 1 << 20; // a block without transactions' bodies
const ROOTS = keccak256(utf8("roots(bytes32,uint64)")).subarray(0, 4);

/** The node answered with a JSON-RPC error. */
class Refused extends Error {}

/**
 * Ask for the hash at each height that a receipt speaks of, for the roots that it only states, and
 * how far the chain is final.
 *
 * @param {string} url
 * @param {Uint8Array} receipt
 * @param {{signal?: AbortSignal}} [how]
 * @returns {Promise<import("./core/given.js").RpcView | "unreachable">} for `rpc` of
 *   `verifyReceipt`; `unreachable` when it does not answer as a node does
 * @throws {import("./core/errors.js").MalformedError} the receipt cannot be read
 */
export async function askNode(url, receipt, { signal } = {}) {
  const blocks = blocksToLookUp(receipt);
  const roots = rootsToAsk(receipt);
  return orAway(async () => {
    const node = new Node(url, signal);
    const view = await node.view();
    for (const { chainId, number } of blocks) {
      const found = chainId === view.chainId ? await node.block(toQuantity(number)) : null;
      if (found !== null) view.hashes.set(String(number), found.hash);
    }
    for (const name of roots.filter((one) => one.chainId === view.chainId)) {
      const root = await node.root(name);
      if (root !== null) view.roots.set(rootKey(name), root);
    }
    return view;
  });
}

async function orAway(ask) {
  try {
    return await ask();
  } catch (error) {
    // what is no node's answer ends in one of these; a mistake of ours in none
    const isAnswer = error instanceof LedgerError || error instanceof Refused;
    if (isAnswer) return RPC_AWAY;
    throw error;
  }
}

/** One node, asked by JSON-RPC over HTTP. */
class Node {
  #url;
  #signal;

  constructor(url, signal) {
    this.#url = url;
    this.#signal = signal;
  }

  /** Return what the node says of its chain, without any hash but that of block 0. */
  async view() {
    const chainId = toNumber(await this.#call("eth_chainId"));
    const head = await this.block("latest");
    const finalized = await this.block("finalized");
    const genesis = await this.block("0x0");
    if (head === null) throw new UnavailableError("the node has no newest block");
    return {
      chainId,
      head: head.number,
      finalized: finalized?.number ?? null,
      hashes: new Map(),
      genesisHash: genesis?.hash ?? null,
      roots: new Map(),
    };
  }

  /** Return number and hash of a block; null on a chain without that tag or block. */
  async block(which) {
    let block;
    try {
      block = await this.#call("eth_getBlockByNumber", which, false);
    } catch (error) {
      if (error instanceof Refused) return null;
      throw error;
    }
    if (typeof block !== "object" || block === null) return null;
    return { number: toNumber(block.number), hash: toOctets(block.hash, 32) };
  }

  /**
   * Call `roots(log id, tree size)` of a contract; null where the node refuses.
   *
   * A root never changes once it is there. The newest state is asked for where the node knows no
   * `finalized` one, or has it no more.
   */
  async root({ contract, logId, treeSize }) {
    const data = toEvmHex(concat(ROOTS, logId, fromInteger(treeSize, 32)));
    for (const state of ["finalized", "latest"]) {
      try {
        const call = { to: toEvmHex(contract), data };
        const answer = toOctets(await this.#call("eth_call", call, state));
        // an account without code answers with no bytes at all
        return answer.length === 32 ? answer : new Uint8Array(32);
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
      }
    }
    return null;
  }

  async #call(method, ...params) {
    const body = await this.#post({ jsonrpc: "2.0", id: 1, method, params });
    if (typeof body !== "object" || body === null) throw new UnavailableError("no answer's form");
    if ("error" in body) throw new Refused(method);
    if (!("result" in body)) throw new UnavailableError("an answer without a result");
    return body.result;
  }

  async #post(request) {
    const limit = AbortSignal.timeout(MILLISECONDS);
    const signal = this.#signal ? AbortSignal.any([limit, this.#signal]) : limit;
    try {
      const answer = await fetch(this.#url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(request),
        credentials: "omit",
        referrerPolicy: "no-referrer",
        redirect: "error",
        signal,
      });
      return JSON.parse(await readText(answer));
    } catch (error) {
      if (this.#signal?.aborted) throw error; // the reader no longer wants to know
      throw new UnavailableError(`the node did not answer: ${error.message}`);
    }
  }
}

/** Read an answer's text, as far as any answer of a node goes. */
async function readText(answer) {
  const decoder = new TextDecoder();
  const reader = answer.body.getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    text += decoder.decode(value, { stream: true });
    if (text.length > MAX_CHARACTERS) {
      await reader.cancel();
      throw new UnavailableError("a very long answer");
    }
  }
}

function toQuantity(number) {
  return `0x${BigInt(number).toString(16)}`;
}

function toNumber(text) {
  if (typeof text !== "string" || !/^0x[0-9a-fA-F]+$/.test(text)) {
    throw new UnavailableError("expected a number in hex");
  }
  return simplest(BigInt(text));
}

function toOctets(text, length = null) {
  if (typeof text !== "string") throw new UnavailableError("expected hex");
  return fromEvmHex(text, { length });
}
