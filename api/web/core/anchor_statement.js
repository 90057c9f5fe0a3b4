/**
 * What an operator says of an anchor on a chain that has no Ethereum proofs; mirrors
 * `provenance/anchor_statement.py`.
 *
 *     provenance-anchor-statement/v1                      never the first line of a checkpoint
 *     origin ledger.example/log
 *     chain 1030
 *     contract 0xc0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0
 *     log 0x5f2e...                                       the contract's name for the log
 *     size 13
 *     root yWhYgNxVoTv1Qx3xQOSUNCDqTMWr0g2NxYlvR6WpC8o=   padded base64, as in the checkpoint
 *     block 1000030 0x3b1c...                             that the log's nodes agree is final
 *     time 1780000201                                     of that block, POSIX seconds
 *     transaction 0x9a40...
 *
 * It is signed as a note, with one signature line, by the log's checkpoint key of that tree size. A
 * statement proves nothing: it says what was asked, so that a reader can ask a node of his own.
 */

import { cut, simplest } from "./bytes.js";
import { fromB64, fromEvmHex, toB64, toEvmHex } from "./digests.js";
import { BadSignatureError, MalformedError } from "./errors.js";
import { MAX_TREE_SIZE } from "./merkle.js";
import { Note } from "./note.js";
import { ascii } from "./show.js";
import { MAX_INTEGER } from "./strict_json.js";
import { checkLine } from "./text.js";

const FIRST_LINE = "provenance-anchor-statement/v1";

const LABELS = [
  "origin",
  "chain",
  "contract",
  "log",
  "size",
  "root",
  "block",
  "time",
  "transaction",
];
const NUMBER = /^(?:0|[1-9][0-9]{0,18})$/;

/**
 * Where and when the log's nodes say that a root was anchored.
 *
 * @typedef {object} AnchorStatement
 * @property {string} origin
 * @property {number} chainId
 * @property {Uint8Array} contract
 * @property {Uint8Array} logId
 * @property {number | bigint} treeSize
 * @property {Uint8Array} rootHash
 * @property {number} blockNumber
 * @property {Uint8Array} blockHash its name on that chain; it need not be the hash of any header
 * @property {number} timestamp
 * @property {Uint8Array} txHash
 */

/**
 * Read a signed statement without asking who signed it.
 *
 * @param {string} noteText
 * @returns {AnchorStatement}
 * @throws {MalformedError} not a note of one signature line, or not a statement's
 */
export function readStatement(noteText) {
  return parseStatement(oneSignature(noteText).text);
}

/**
 * Read a signed statement and check that one of the log's own keys signed it.
 *
 * @param {string} noteText
 * @param {import("./note.js").NoteVerifier[]} verifiers the log's keys for the statement's size
 * @returns {Promise<AnchorStatement>}
 * @throws {MalformedError} not a note of one signature line, or not a statement's
 * @throws {BadSignatureError} the line is of another key, or does not verify
 */
export async function openStatement(noteText, verifiers) {
  const signed = oneSignature(noteText);
  try {
    await signed.verifiedBy(verifiers);
  } catch (error) {
    if (error instanceof BadSignatureError) error.field = "statement";
    throw error;
  }
  return parseStatement(signed.text);
}

/** Read the note; a second line could be anybody's, and would be read by nobody. */
function oneSignature(noteText) {
  const signed = Note.parse(noteText);
  if (signed.signatures.length !== 1) {
    const message = `expected one signature, got ${signed.signatures.length}`;
    throw new MalformedError(message, "statement");
  }
  return signed;
}

/** Read the signed text, which has one form. */
function parseStatement(text) {
  const values = readValues(text);
  if (values.origin === "") throw new MalformedError("expected a log's name", "statement.origin");
  checkLine(values.origin, "statement.origin");
  const [number, blockHash] = partition(values.block);
  const statement = {
    origin: values.origin,
    chainId: readNumber(values.chain, "chain", { low: 1 }),
    contract: fromEvmHex(values.contract, { length: 20, field: "statement.contract" }),
    logId: fromEvmHex(values.log, { length: 32, field: "statement.log" }),
    treeSize: readNumber(values.size, "size", { low: 1, high: MAX_TREE_SIZE }),
    rootHash: fromB64(values.root, { length: 32, field: "statement.root" }),
    blockNumber: readNumber(number, "block"),
    blockHash: fromEvmHex(blockHash, { length: 32, field: "statement.block" }),
    timestamp: readNumber(values.time, "time"),
    txHash: fromEvmHex(values.transaction, { length: 32, field: "statement.transaction" }),
  };
  if (renderStatement(statement) !== text) {
    throw new MalformedError("expected the one form of a statement", "statement");
  }
  return Object.freeze(statement);
}

function renderStatement(one) {
  const values = [
    one.origin,
    one.chainId,
    toEvmHex(one.contract),
    toEvmHex(one.logId),
    one.treeSize,
    toB64(one.rootHash),
    `${one.blockNumber} ${toEvmHex(one.blockHash)}`,
    one.timestamp,
    toEvmHex(one.txHash),
  ];
  return [FIRST_LINE, ...LABELS.map((label, at) => `${label} ${values[at]}`), ""].join("\n");
}

function readValues(text) {
  const [first, ...lines] = text.split("\n");
  if (first !== FIRST_LINE) {
    throw new MalformedError(`expected ${FIRST_LINE}, got ${ascii(cut(first, 80))}`, "statement");
  }
  const rows = lines.slice(0, -1).map(partition);
  if (rows.length !== LABELS.length || rows.some(([label], at) => label !== LABELS[at])) {
    throw new MalformedError("expected a statement's nine lines in order", "statement");
  }
  return Object.fromEntries(rows);
}

function partition(line) {
  const space = line.indexOf(" ");
  return space === -1 ? [line, ""] : [line.slice(0, space), line.slice(space + 1)];
}

function readNumber(text, label, { low = 0, high = MAX_INTEGER } = {}) {
  const field = `statement.${label}`;
  if (!NUMBER.test(text)) {
    throw new MalformedError(`expected a number, got ${ascii(cut(text, 40))}`, field);
  }
  const number = simplest(BigInt(text));
  if (number < low || number > high) {
    throw new MalformedError(`expected ${low} to ${high}, got ${number}`, field);
  }
  return number;
}
