/**
 * The parts of a receipt, parsed: records and log states, whose every byte is in its one form (1);
 * mirrors `provenance/receipt_parts.py`.
 *
 *     receipt file  ->  Receipt  ->  record, keys, beacon   each a Record
 *                                    first, anchored        each a LogState: checkpoint and proofs
 *
 * Nothing is verified here; the checks (`verify_log.js` and those after it) work on these parts.
 */

import { parseCheckpoint } from "./checkpoint.js";
import { MalformedError } from "./errors.js";
import { Note } from "./note.js";
import { parseRecord } from "./parse_record.js";
import { parseReceipt, proofSets } from "./receipt.js";

/** A checkpoint of the receipt, read but not yet verified, with the proofs under it. */
class LogState {
  /**
   * @param {string} name member of the receipt: `first` or `anchored[0]` and so on
   * @param {import("./receipt.js").ProofSet} proofs
   * @throws {MalformedError} not a note, or not a checkpoint's
   */
  constructor(name, proofs) {
    this.name = name;
    this.proofs = proofs;
    this.note = Note.parse(proofs.checkpoint);
    this.checkpoint = parseCheckpoint(this.note.text);
  }

  /**
   * @param {import("./note.js").NoteVerifier[]} keys
   * @returns {boolean} whether a line of the checkpoint claims to be one of these keys'
   */
  isByAny(keys) {
    return keys.some((key) => this.note.signatures.some((line) => key.made(line)));
  }
}

/** A receipt whose records and checkpoints are parsed: what the checks work on. */
export class Parts {
  /**
   * Parse a receipt and everything in it.
   *
   * @param {Uint8Array} octets
   * @throws {MalformedError} or one of its leaves; `field` is the member at fault
   */
  constructor(octets) {
    const receipt = parseReceipt(octets);
    this.receipt = receipt;
    this.record = parseRecord(receipt.record.sdJwt, { complete: false });
    this.beacon = receipt.beacon === null ? null : readBeacon(receipt.beacon.sdJwt);
    /** `first`, then each of `anchored`. */
    this.states = proofSets(receipt).map(([name, proofs]) => new LogState(name, proofs));
    checkGrowing(this.anchored.map((state) => state.checkpoint.treeSize));
    this.keys = receipt.keys.map((key, at) => readKey(key, `keys[${at}]`));
    this.revocations =
      receipt.revocations === null ? null : new RevocationParts(receipt.revocations);
    Object.freeze(this);
  }

  /** @returns {LogState} the greatest anchored state where there is one, else the first */
  get newest() {
    return this.states.at(-1);
  }

  /** @returns {LogState[]} the anchored states, in the order of the receipt's `anchored` */
  get anchored() {
    return this.states.slice(1);
  }

  /** @returns {LogState[]} every state that has to be signed, that of the revocations included */
  get allStates() {
    return this.revocations === null ? this.states : [...this.states, this.revocations.state];
  }

  /**
   * @param {string} kid
   * @returns {import("./keys.js").PublicKey | null} the key that some `key` record carries
   */
  keyOf(kid) {
    const records = [this.record, ...this.keys, ...(this.revocations?.keys ?? [])];
    return records.find((one) => one.key !== null && one.kid === kid)?.key ?? null;
  }

  /** @returns {[string, import("./parse_record.js").Record][]} `revocation` records, named */
  revocationRecords() {
    const records = this.revocations?.records ?? [];
    return records.map((one, at) => [`revocations.records[${at}]`, one]);
  }

  /** @returns {[string, import("./parse_record.js").Record][]} every record, named */
  namedRecords() {
    const named = [["record", this.record]];
    this.keys.forEach((key, at) => named.push([`keys[${at}]`, key]));
    if (this.beacon !== null) named.push(["beacon", this.beacon]);
    for (const [name, record] of this.revocations?.namedProofs() ?? []) named.push([name, record]);
    return named;
  }
}

/** What the log says against keys, parsed; nothing of it is verified. */
class RevocationParts {
  /**
   * Parse the records and the checkpoint.
   *
   * @param {import("./receipt.js").Revocations} receipt
   * @throws {MalformedError} a part does not parse, or is of another type
   */
  constructor(receipt) {
    const where = "revocations";
    this.receipt = receipt;
    this.keys = receipt.keys.map((one, at) => readKey(one.record, `${where}.keys[${at}]`));
    this.records = receipt.records.map((one, at) => {
      const record = parseRecord(one.record.sdJwt, { complete: false });
      if (record.type !== "revocation") {
        const message = `expected a revocation, got ${record.type}`;
        throw new MalformedError(message, `${where}.records[${at}]`);
      }
      return record;
    });
    const proofs = { checkpoint: receipt.checkpoint, record: [], keys: [], beacon: null };
    /** The checkpoint that covers all of it; its set of proofs is empty. */
    this.state = new LogState(where, proofs);
    Object.freeze(this);
  }

  /** @returns {[string, object, import("./receipt.js").Proven][]} every record with its proof */
  namedProofs() {
    const of = (name) =>
      this[name].map((record, at) => [
        `revocations.${name}[${at}]`,
        record,
        this.receipt[name][at],
      ]);
    return [...of("keys"), ...of("records")];
  }

  /** @returns {{record: object, leafIndex: number}[]} the `key` records with their places */
  boundKeys() {
    return placed(this.keys, this.receipt.keys);
  }

  /** @returns {{record: object, leafIndex: number}[]} the `revocation` records, with their places */
  placed() {
    return placed(this.records, this.receipt.records);
  }
}

function placed(records, proven) {
  return records.map((record, at) => ({ record, leafIndex: proven[at].record.leafIndex }));
}

function readKey(logged, field) {
  const record = parseRecord(logged.sdJwt, { complete: false });
  if (record.key === null) {
    throw new MalformedError(`expected a key record, got ${record.type}`, field);
  }
  return record;
}

function readBeacon(sdJwt) {
  const record = parseRecord(sdJwt, { complete: false });
  if (record.type !== "beacon") {
    throw new MalformedError(`expected a beacon, got ${record.type}`, "beacon");
  }
  return record;
}

/** Check that each anchored checkpoint is greater than the one before, so that none is twice. */
function checkGrowing(sizes) {
  sizes.slice(1).forEach((fresh, at) => {
    if (fresh <= sizes[at]) {
      const message = `expected a tree size above ${sizes[at]}, got ${fresh}`;
      throw new MalformedError(message, `anchored[${at + 1}].checkpoint`);
    }
  });
}
