/**
 * The evidence that a root was anchored, in three kinds, and how each is written in JSON; mirrors
 * `provenance/anchor_evidence.py`.
 *
 *     {"kind":"storage","header":"0x..","account_proof":["0x.."],"storage_proof":["0x.."]}
 *         the contract holds the root in a block's state                        level: proof
 *     {"kind":"receipt","header":"0x..","transaction_index":3,"receipt_proof":["0x.."]}
 *         the contract said in a block that it took the root                    level: proof
 *     {"kind":"trusted-rpc","statement":"provenance-anchor-statement/v1\n..."}
 *         the log's operator says, signed, what the log's nodes said            level: trusted-rpc
 *
 * `anchor.js` judges them.
 *
 * @typedef {object} Evidence
 * @property {"storage" | "receipt" | "trusted-rpc"} kind
 * @property {"proof" | "trusted-rpc"} level what stands behind it: mathematics and one block hash,
 *   or somebody's word
 * @property {Uint8Array} [header] RLP, of a storage or receipt proof
 * @property {Uint8Array[]} [accountProof] RLP nodes, root first
 * @property {Uint8Array[]} [storageProof] RLP nodes, root first
 * @property {number} [transactionIndex]
 * @property {Uint8Array[]} [receiptProof] RLP nodes, root first
 * @property {string} [note] the signed statement, verbatim
 *
 * @typedef {{accountProof: Uint8Array[], storageProof: Uint8Array[]}} HistoryProof EIP-1186 proof of
 *   one slot of the history contract, in the evidence block's state
 */

import { lengthOf } from "./bytes.js";
import { readStatement } from "./anchor_statement.js";
import { fromEvmHex, toEvmHex } from "./digests.js";
import { MalformedError, TooLargeError } from "./errors.js";
import { MAX_HEADER_BYTES, parseHeader } from "./header.js";

/** Nodes of one proof: each takes at least one of the 64 nibbles of a hashed key. */
const MAX_NODES = 65;
/** A branch of state or storage has 532 bytes, a leaf at most some 150. */
const MAX_NODE_BYTES = 1_024;
/** The key is the RLP of an index: at most four bytes, eight nibbles. */
const MAX_RECEIPT_NODES = 12;
/** The leaf holds a whole transaction receipt: 256 bytes of bloom filter and every event. */
const MAX_RECEIPT_NODE_BYTES = 16_384;
/** Far more transactions than any block has gas for. */
const MAX_TRANSACTION_INDEX = 2 ** 24 - 1;
/** Nine short lines and one signature. */
const MAX_STATEMENT_LENGTH = 4_096;

/**
 * Return the block that evidence is of.
 *
 * @param {Evidence} evidence
 * @returns {{number: number | bigint, blockHash: Uint8Array, timestamp: number | bigint}}
 * @throws {MalformedError} its header is not a header, or its statement not a statement
 */
export function blockOf(evidence) {
  if (evidence.kind === "trusted-rpc") {
    const { blockNumber, blockHash, timestamp } = readStatement(evidence.note);
    return { number: blockNumber, blockHash, timestamp };
  }
  const { number, hash, timestamp } = parseHeader(evidence.header);
  return { number, blockHash: hash, timestamp };
}

const READERS = {
  storage: (members) => ({
    kind: "storage",
    level: "proof",
    header: readHeader(members),
    accountProof: readNodes(members, "account_proof"),
    storageProof: readNodes(members, "storage_proof"),
  }),
  receipt: (members) => ({
    kind: "receipt",
    level: "proof",
    header: readHeader(members),
    transactionIndex: members.integer("transaction_index", { high: MAX_TRANSACTION_INDEX }),
    receiptProof: readNodes(members, "receipt_proof", {
      limit: MAX_RECEIPT_NODES,
      nodeBytes: MAX_RECEIPT_NODE_BYTES,
    }),
  }),
  "trusted-rpc": (members) => ({
    kind: "trusted-rpc",
    level: "trusted-rpc",
    note: readStated(members),
  }),
};

/**
 * Read evidence of any kind; the module's first lines show the members of each.
 *
 * @param {import("./strict_json.js").Members} members
 * @returns {Evidence}
 * @throws {MalformedError} an unknown kind, a member missing, unknown, or not of its form, a
 *   statement that is none
 * @throws {TooLargeError} a header, a node or a proof larger than any real one
 */
export function parseEvidence(members) {
  const kind = members.text("kind", { maxLength: 64 });
  if (!Object.hasOwn(READERS, kind)) {
    const expected = Object.keys(READERS).join(", ");
    throw new MalformedError(`expected one of ${expected}, got ${kind}`, members.path("kind"));
  }
  const evidence = READERS[kind](members);
  members.done();
  return Object.freeze(evidence);
}

/** @param {Evidence} evidence @returns {object} its JSON form, in the order of the format */
export function evidenceJson(evidence) {
  const { kind } = evidence;
  if (kind === "trusted-rpc") return { kind, statement: evidence.note };
  const header = toEvmHex(evidence.header);
  if (kind === "storage") return { kind, header, ...historyJson(evidence) };
  const receipt_proof = evidence.receiptProof.map(toEvmHex);
  return { kind, header, transaction_index: evidence.transactionIndex, receipt_proof };
}

/**
 * Read `{"account_proof":["0x.."],"storage_proof":["0x.."]}`.
 *
 * @param {import("./strict_json.js").Members} members
 * @returns {HistoryProof}
 */
export function parseHistory(members) {
  const accountProof = readNodes(members, "account_proof");
  const storageProof = readNodes(members, "storage_proof");
  members.done();
  return Object.freeze({ accountProof, storageProof });
}

/** @param {HistoryProof} proof @returns {object} its JSON form, in the order of the format */
export function historyJson({ accountProof, storageProof }) {
  return {
    account_proof: accountProof.map(toEvmHex),
    storage_proof: storageProof.map(toEvmHex),
  };
}

function readStated(members) {
  const note = members.text("statement", { maxLength: MAX_STATEMENT_LENGTH });
  try {
    readStatement(note);
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    throw new MalformedError(error.message, members.path("statement"));
  }
  return note;
}

function readHeader(members) {
  return readOctets(members.value("header"), members.path("header"), MAX_HEADER_BYTES);
}

function readNodes(members, name, { limit = MAX_NODES, nodeBytes = MAX_NODE_BYTES } = {}) {
  const texts = members.array(name, { maxItems: limit });
  const field = members.path(name);
  return texts.map((text, at) => readOctets(text, `${field}[${at}]`, nodeBytes));
}

function readOctets(value, field, limit) {
  if (typeof value !== "string") throw new MalformedError("expected 0x and hex", field);
  const characters = lengthOf(value);
  if (characters > 2 + 2 * limit) {
    const length = Math.floor(characters / 2) - 1;
    throw new TooLargeError({ limit, length, unit: "bytes", field });
  }
  return fromEvmHex(value, { field });
}
