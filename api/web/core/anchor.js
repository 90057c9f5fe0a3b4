/**
 * An anchored checkpoint: where its root lies on a chain, and the evidence that it does; mirrors
 * `provenance/anchor.py`.
 *
 * One block hash, vouched for by whoever checks, carries everything else (EIP-1186, EIP-2935):
 *
 *     block hash = Keccak-256(header)
 *         `-- state root
 *               |-- account proof --> the contract: code hash, storage root
 *               |                       `-- storage proof --> roots[log id][tree size] = root hash
 *               `-- account proof --> the history contract: code hash, storage root
 *                                       `-- storage proof --> hash of an earlier block
 *
 * The evidence block's time is the latest at which the checkpoint can have been anchored.
 */

import { openStatement } from "./anchor_statement.js";
import { verifyAnchoredEvent } from "./anchored_event.js";
import { concat, equal, fromInteger, toHex } from "./bytes.js";
import { fromHex, toEvmHex } from "./digests.js";
import {
  BadTrieProofError,
  CodeMismatchError,
  HistoryMismatchError,
  MalformedError,
  NotAnchoredError,
  RootMismatchError,
  VerificationError,
} from "./errors.js";
import { parseHeader } from "./header.js";
import { keccak256 } from "./keccak.js";
import { decode } from "./rlp.js";
import { get } from "./trie.js";

/** Address of the contract that keeps the hashes of recent blocks (EIP-2935). */
const HISTORY_CONTRACT = fromHex("0000f90827f1c53a10cb7a02335b175320002935", {
  length: 20,
});

const HISTORY_CODE =
  "3373fffffffffffffffffffffffffffffffffffffffe14604657602036036042575f" +
  "35600143038111604257611fff81430311604257611fff9006545f5260205ff35b5f5ffd5b" +
  "5f35611fff60014303065500";

/** Keccak-256 of its code, as the EIP prints it. */
const HISTORY_CODE_HASH = keccak256(fromHex(HISTORY_CODE, { length: HISTORY_CODE.length / 2 }));

/** Blocks that it reaches back; block n is kept in slot n mod 8,191. */
const HISTORY_WINDOW = 8_191;

/**
 * What an anchor is checked against.
 *
 * @typedef {object} Place
 * @property {Uint8Array} contract address, 20 bytes
 * @property {Uint8Array} codeHash of the code that must lie there, 32 bytes
 * @property {Uint8Array} logId the log's name in the contract, 32 bytes
 * @property {number | bigint} treeSize
 * @property {Uint8Array} rootHash of the checkpoint at `treeSize`, 32 bytes
 * @property {number} rootsSlot the slot at which the contract declares `roots`
 */

/**
 * Return the slot of `roots[logId][treeSize]`, 32 bytes (Solidity, "Layout of State").
 *
 * @param {Uint8Array} logId
 * @param {number | bigint} treeSize
 * @param {number} rootsSlot
 * @returns {Uint8Array}
 */
function rootStorageSlot(logId, treeSize, rootsSlot) {
  const ofLog = keccak256(concat(logId, fromInteger(rootsSlot, 32)));
  return keccak256(concat(fromInteger(treeSize, 32), ofLog));
}

/** @param {number | bigint} number @returns {Uint8Array} slot of block `number`'s hash, 32 bytes */
function historyStorageSlot(number) {
  return fromInteger(BigInt(number) % BigInt(HISTORY_WINDOW), 32);
}

/**
 * Check that in the evidence block's state the contract holds `rootHash` for the log.
 *
 * Says nothing of the block itself: the caller must have its hash from somebody it trusts.
 *
 * @param {import("./anchor_evidence.js").Evidence} evidence of kind `storage`
 * @param {Place} place
 * @returns {import("./header.js").BlockHeader}
 * @throws {MalformedError} the header does not parse
 * @throws {BadTrieProofError} a proof does not lead from the header's state root to an answer
 * @throws {CodeMismatchError} another contract lies at that address
 * @throws {NotAnchoredError} the block proves that no root lies there, or no contract
 * @throws {RootMismatchError} the contract holds another root at that tree size
 */
export function verifyAnchoredRoot(evidence, place) {
  const { contract, codeHash, logId, treeSize, rootHash, rootsSlot } = place;
  const header = parseHeader(evidence.header);
  const slot = rootStorageSlot(logId, treeSize, rootsSlot);
  const account = { address: contract, codeHash, proof: evidence.accountProof };
  const storageRoot = storageRootOf(header.stateRoot, account);
  const found = slotValue(storageRoot, slot, evidence.storageProof);
  if (found === null) {
    const message = `block ${header.number} holds no root for tree size ${treeSize}`;
    throw new NotAnchoredError(message);
  }
  if (!equal(found, rootHash)) {
    throw new RootMismatchError({ expected: rootHash, calculated: found });
  }
  return header;
}

/**
 * Check evidence of either kind that is a proof; return its block's header.
 *
 * @param {import("./anchor_evidence.js").Evidence} evidence
 * @param {Place} place
 * @returns {import("./header.js").BlockHeader}
 */
export function verifyProof(evidence, place) {
  if (evidence.kind === "receipt") return verifyAnchoredEvent(evidence, place);
  return verifyAnchoredRoot(evidence, place);
}

/**
 * Check that the log signed a statement of exactly this; what it states stays its word.
 *
 * @param {import("./anchor_evidence.js").Evidence} evidence of kind `trusted-rpc`
 * @param {import("./note.js").NoteVerifier[]} verifiers the log's checkpoint keys for the tree size
 * @param {{origin: string, chainId: number, contract: Uint8Array, logId: Uint8Array,
 *   treeSize: number | bigint, rootHash: Uint8Array}} expected
 * @throws {MalformedError} not a statement
 * @throws {import("./errors.js").BadSignatureError} another key signed it, or it does not verify
 * @throws {VerificationError} it is about another log, chain, contract or checkpoint
 */
export async function verifyStatement(evidence, verifiers, expected) {
  const stated = await openStatement(evidence.note, verifiers);
  const isSame =
    stated.origin === expected.origin &&
    stated.chainId === expected.chainId &&
    stated.treeSize === expected.treeSize &&
    equal(stated.contract, expected.contract) &&
    equal(stated.logId, expected.logId) &&
    equal(stated.rootHash, expected.rootHash);
  if (!isSame) throw new VerificationError("the statement is about another anchor", "statement");
  return stated;
}

/**
 * Check that `blockHash` is block `number` of the chain that led to `stateRoot`.
 *
 * @param {Uint8Array} stateRoot of the evidence block, 32 bytes
 * @param {import("./anchor_evidence.js").HistoryProof} proof
 * @param {number | bigint} number of the earlier block
 * @param {Uint8Array} blockHash of the earlier block, 32 bytes
 * @throws {BadTrieProofError} a proof does not lead from the state root to an answer
 * @throws {CodeMismatchError} another contract than EIP-2935's lies at its address
 * @throws {NotAnchoredError} the state proves that the contract, or the slot, is empty
 * @throws {HistoryMismatchError} the slot names another block
 */
export function verifyHistory(stateRoot, proof, number, blockHash) {
  const account = {
    address: HISTORY_CONTRACT,
    codeHash: HISTORY_CODE_HASH,
    proof: proof.accountProof,
  };
  const storageRoot = storageRootOf(stateRoot, account);
  const found = slotValue(storageRoot, historyStorageSlot(number), proof.storageProof);
  if (found === null) {
    throw new NotAnchoredError(`the history contract holds no hash for block ${number}`);
  }
  if (!equal(found, blockHash)) {
    const message = `expected ${toHex(blockHash)} at block ${number}, found ${toHex(found)}`;
    throw new HistoryMismatchError(message);
  }
}

/** Return the storage root of the contract at `address`, after checking its code. */
function storageRootOf(stateRoot, { address, codeHash, proof }) {
  const account = get(stateRoot, keccak256(address), proof);
  if (account === null) throw new NotAnchoredError(`there is no account ${toEvmHex(address)}`);
  const fields = decoded(account);
  // nonce, balance, storage root, code hash (Yellow Paper §4.1)
  if (!Array.isArray(fields) || fields.length !== 4) {
    throw new BadTrieProofError("expected an account of four fields");
  }
  const [, , storageRoot, found] = fields;
  if (Array.isArray(storageRoot) || Array.isArray(found)) {
    throw new BadTrieProofError("expected hashes in the account");
  }
  if (!equal(found, codeHash)) throw new CodeMismatchError({ expected: codeHash, found });
  return storageRoot;
}

/** Return the 32 bytes in a slot, null if they are zero: the trie leaves leading zeros out. */
function slotValue(storageRoot, slot, storageProof) {
  const value = get(storageRoot, keccak256(slot), storageProof);
  if (value === null) return null;
  const digits = decoded(value);
  if (Array.isArray(digits) || digits.length < 1 || digits.length > 32 || digits[0] === 0) {
    const message = "expected a slot's value of 1 to 32 bytes, without leading zeros";
    throw new BadTrieProofError(message);
  }
  return concat(new Uint8Array(32 - digits.length), digits);
}

function decoded(value) {
  try {
    return decode(value);
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    throw new BadTrieProofError("a value in the trie is not RLP");
  }
}
