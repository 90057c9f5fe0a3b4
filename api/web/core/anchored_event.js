/**
 * The proof that the contract took a root in a block, from that block's transaction receipts;
 * mirrors `provenance/anchored_event.py`.
 *
 *     block hash = Keccak-256(header)
 *         `-- receipts root --> trie over all receipts of the block, each at the key rlp(index)
 *                                 `-- receipt = type ‖ rlp([status, gas, bloom, events])
 *                                                                                  |
 *         event CheckpointAnchored(log id, tree size, root hash) of the contract --'
 *
 * It shows what the contract said, not which code said so: the contract's address stands for it,
 * while a storage proof shows the code too. Source: Yellow Paper §4.3.1, EIP-658, EIP-2718.
 */

import { equal, fromInteger, utf8 } from "./bytes.js";
import { BadTrieProofError, MalformedError, NotAnchoredError } from "./errors.js";
import { parseHeader } from "./header.js";
import { keccak256 } from "./keccak.js";
import { decodeList, encode, encodeInteger } from "./rlp.js";
import { get } from "./trie.js";

/** First topic of the event; the log id and the tree size are the others, the root its data. */
const EVENT_TOPIC = keccak256(utf8("CheckpointAnchored(bytes32,uint64,bytes32)"));

const LAST_TYPE = 0x7f; // an RLP list begins above (EIP-2718)

/**
 * Check that in the evidence block the contract took `rootHash` for the log.
 *
 * Says nothing of the block itself: the caller must have its hash from somebody it trusts.
 *
 * @param {import("./anchor_evidence.js").Evidence} evidence of kind `receipt`
 * @param {{contract: Uint8Array, logId: Uint8Array, treeSize: number | bigint,
 *   rootHash: Uint8Array}} expected
 * @returns {import("./header.js").BlockHeader}
 * @throws {MalformedError} the header does not parse
 * @throws {BadTrieProofError} the proof does not lead from the receipts root to a receipt
 * @throws {NotAnchoredError} there is no such transaction, it failed, or it has no such event
 */
export function verifyAnchoredEvent(evidence, { contract, logId, treeSize, rootHash }) {
  const header = parseHeader(evidence.header);
  const index = evidence.transactionIndex;
  const key = encode(encodeInteger(index));
  const receipt = get(header.receiptsRoot, key, evidence.receiptProof);
  if (receipt === null) {
    throw new NotAnchoredError(`block ${header.number} has no transaction ${index}`);
  }
  const [status, events] = readReceipt(receipt);
  if (Array.isArray(status) || !equal(status, Uint8Array.of(1))) {
    const message = `transaction ${index} of block ${header.number} did not succeed`;
    throw new NotAnchoredError(message);
  }
  const topics = [EVENT_TOPIC, logId, fromInteger(treeSize, 32)];
  const wanted = [contract, topics, rootHash];
  if (!events.some((event) => isSame(event, wanted))) {
    const where = `transaction ${index} of block ${header.number}`;
    throw new NotAnchoredError(`${where} did not anchor tree size ${treeSize}`);
  }
  return header;
}

function isSame(one, other) {
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  if (!Array.isArray(one)) return equal(one, other);
  return one.length === other.length && one.every((item, at) => isSame(item, other[at]));
}

/** Return a transaction receipt's status and events, unread. */
function readReceipt(octets) {
  const body = octets[0] <= LAST_TYPE ? octets.subarray(1) : octets;
  let fields;
  try {
    fields = decodeList(body);
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    throw new BadTrieProofError("expected a transaction receipt");
  }
  if (fields.length !== 4 || !Array.isArray(fields[3])) {
    throw new BadTrieProofError("expected status, gas, bloom filter and events in the receipt");
  }
  return [fields[0], fields[3]];
}
