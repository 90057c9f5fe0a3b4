/**
 * One record's evidence bundle: parse and serialise it, check nothing; mirrors
 * `provenance/receipt.py`.
 *
 *     {"format":"provenance-receipt","v":1,
 *      "record":{"sd_jwt":"eyJ...~WyJ...~","leaf_index":7},
 *      "keys":[{"sd_jwt":"eyJ...~","leaf_index":2}],
 *      "beacon":{"sd_jwt":"eyJ...~","leaf_index":5,"header":"0xf90264..."},
 *      "first":{"checkpoint":"ledger.example\n8\n...",
 *        "record":["47DE..."],"keys":[[...]],"beacon":[...]},
 *      "anchored":[{"checkpoint":"...","record":[...],"keys":[[...]],"beacon":[...],
 *        "anchors":[{"chain_id":1,"contract":"0x...","log_id":"0x...",
 *          "evidence":{...},"history":{"account_proof":["0x..."],"storage_proof":["0x..."]}}]}],
 *      "revocations":{"checkpoint":"...",
 *        "keys":[{"sd_jwt":"eyJ...~","leaf_index":9,"path":["47DE..."]}],
 *        "records":[{"sd_jwt":"eyJ...~","leaf_index":12,"path":["47DE..."]}]}}
 *
 * A receipt is compact JSON in exactly this member order with one newline at its end; the last
 * member may be missing. Whatever differs from its own re-serialisation is refused, so no byte of a
 * receipt is free. It has no status member: what it proves is for `verify.js` to say.
 *
 * @typedef {{sdJwt: string, leafIndex: number}} LoggedRecord
 * @typedef {{sdJwt: string, leafIndex: number, header: Uint8Array | null}} LoggedBeacon
 * @typedef {{checkpoint: string, record: Uint8Array[], keys: Uint8Array[][],
 *   beacon: Uint8Array[] | null}} ProofSet inclusion paths of all that the receipt carries
 * @typedef {{chainId: number, contract: Uint8Array, logId: Uint8Array,
 *   evidence: import("./anchor_evidence.js").Evidence,
 *   history: import("./anchor_evidence.js").HistoryProof | null}} ReceiptAnchor
 * @typedef {{proofs: ProofSet, anchors: ReceiptAnchor[]}} Anchored
 * @typedef {{record: LoggedRecord, path: Uint8Array[]}} Proven
 * @typedef {{checkpoint: string, keys: Proven[], records: Proven[]}} Revocations
 * @typedef {{record: LoggedRecord, keys: LoggedRecord[], beacon: LoggedBeacon | null,
 *   first: ProofSet, anchored: Anchored[], revocations: Revocations | null}} Receipt
 */

import { evidenceJson, historyJson, parseEvidence, parseHistory } from "./anchor_evidence.js";
import { equal, utf8 } from "./bytes.js";
import { fromB64, fromEvmHex, toB64, toEvmHex, toHex } from "./digests.js";
import { MalformedError, TooLargeError, UnsupportedVersionError } from "./errors.js";
import { Members, dumpText, parse } from "./strict_json.js";

const FORMAT = "provenance-receipt";
const VERSION = 1;

/** A record of 256 KiB, its keys, and 16 anchors of trie proofs fit many times over. */
const MAX_RECEIPT_BYTES = 4 * 1024 * 1024;
/** Of the signing key and of those that have bound it. */
const MAX_REVOCATIONS = 32;
/** From the signing key up to an institution's. */
const MAX_KEYS = 16;
/** One for each chain and contract, in all sets together. */
const MAX_ANCHORS = 16;
/** A tree of 2^63 entries has inclusion paths of 63 hashes. */
const MAX_PATH = 63;

const MAX_DEPTH = 8;
const TEXT = { maxLength: MAX_RECEIPT_BYTES };

/**
 * Read the one canonical form.
 *
 * @param {Uint8Array} octets
 * @returns {Receipt}
 * @throws {UnsupportedVersionError} another format or version
 * @throws {TooLargeError} more bytes, keys, anchors or hashes than any real receipt
 * @throws {MalformedError} anything else that this module would not have written
 */
export function parseReceipt(octets) {
  const limits = { maxBytes: MAX_RECEIPT_BYTES, maxDepth: MAX_DEPTH };
  const members = new Members(parse(octets, limits));
  checkVersion(members);
  const beacon = members.nullable("beacon", (name) => members.object(name));
  const receipt = Object.freeze({
    record: readRecord(members.object("record")),
    keys: members.objects("keys", { maxItems: MAX_KEYS }).map(readRecord),
    beacon: beacon === null ? null : readBeacon(beacon),
    first: readFirst(members.object("first")),
    anchored: members.objects("anchored", { maxItems: MAX_ANCHORS }).map(readAnchored),
    revocations: members.has("revocations") ? readRevocations(members.object("revocations")) : null,
  });
  members.done();
  checkShape(receipt);
  if (!equal(utf8(receiptText(receipt)), octets)) {
    throw new MalformedError("expected the canonical form: compact JSON in the fixed order");
  }
  return receipt;
}

/**
 * @param {Receipt} receipt
 * @returns {[string, ProofSet][]} every set of proofs with its name, `first` before the others
 */
export function proofSets(receipt) {
  const anchored = receipt.anchored.map((one, at) => [`anchored[${at}]`, one.proofs]);
  return [["first", receipt.first], ...anchored];
}

function checkVersion(members) {
  const found = members.text("format", { maxLength: 64 });
  if (found !== FORMAT) {
    throw new UnsupportedVersionError(`expected ${FORMAT}, got ${found}`, "format");
  }
  const version = members.integer("v");
  if (version !== VERSION) {
    throw new UnsupportedVersionError(`expected ${VERSION}, got ${version}`, "v");
  }
}

/** Check that each set of proofs has one path for each thing the receipt carries. */
function checkShape(receipt) {
  for (const [name, proofs] of proofSets(receipt)) {
    if (proofs.keys.length !== receipt.keys.length) {
      const message = `expected ${receipt.keys.length} paths, got ${proofs.keys.length}`;
      throw new MalformedError(message, `${name}.keys`);
    }
    if ((proofs.beacon === null) !== (receipt.beacon === null)) {
      throw new MalformedError("expected a path if there is a beacon", `${name}.beacon`);
    }
  }
  const places = new Set();
  receipt.anchored.forEach(({ anchors }, i) => {
    if (anchors.length === 0) {
      throw new MalformedError("expected at least one anchor", `anchored[${i}].anchors`);
    }
    anchors.forEach((anchor, j) => checkPlace(anchor, places, `anchored[${i}].anchors[${j}]`));
  });
}

function checkPlace({ chainId, contract, logId }, places, field) {
  const place = `${chainId} ${toHex(contract)} ${toHex(logId)}`;
  if (places.has(place)) {
    throw new MalformedError("expected one anchor for each chain and contract", field);
  }
  places.add(place);
  if (places.size > MAX_ANCHORS) {
    throw new TooLargeError({ limit: MAX_ANCHORS, length: places.size, unit: "anchors", field });
  }
}

// --- reading ------------------------------------------------------------------------------

function readRecord(members) {
  const record = {
    sdJwt: members.text("sd_jwt", TEXT),
    leafIndex: members.integer("leaf_index"),
  };
  members.done();
  return record;
}

function readBeacon(members) {
  const beacon = {
    sdJwt: members.text("sd_jwt", TEXT),
    leafIndex: members.integer("leaf_index"),
    header: members.nullable("header", (name) => readEvmHex(members, name)),
  };
  members.done();
  return beacon;
}

function readFirst(members) {
  const proofs = readProofs(members);
  members.done();
  return proofs;
}

function readAnchored(members) {
  const proofs = readProofs(members);
  const anchors = members.objects("anchors", { maxItems: MAX_ANCHORS }).map(readAnchor);
  members.done();
  return { proofs, anchors };
}

function readRevocations(members) {
  const revocations = {
    checkpoint: members.text("checkpoint", TEXT),
    keys: members.objects("keys", { maxItems: MAX_KEYS }).map(readProven),
    records: members.objects("records", { maxItems: MAX_REVOCATIONS }).map(readProven),
  };
  members.done();
  if (revocations.records.length === 0) {
    throw new MalformedError("expected a record, or no such member", members.path("records"));
  }
  for (const name of ["keys", "records"]) {
    const indexes = revocations[name].map((one) => one.record.leafIndex);
    if (indexes.some((index, at) => at > 0 && index <= indexes[at - 1])) {
      throw new MalformedError("expected the order of the log", members.path(name));
    }
  }
  return revocations;
}

function readProven(members) {
  const sdJwt = members.text("sd_jwt", TEXT);
  const leafIndex = members.integer("leaf_index");
  const path = readPath(members, "path");
  members.done();
  return { record: { sdJwt, leafIndex }, path };
}

function readProofs(members) {
  const paths = members.array("keys", { maxItems: MAX_KEYS });
  const field = members.path("keys");
  return {
    checkpoint: members.text("checkpoint", TEXT),
    record: readPath(members, "record"),
    keys: paths.map((path, at) => toPath(path, `${field}[${at}]`)),
    beacon: members.nullable("beacon", (name) => readPath(members, name)),
  };
}

function readPath(members, name) {
  return toPath(members.value(name), members.path(name));
}

function toPath(value, field) {
  if (!Array.isArray(value)) throw new MalformedError("expected an array of hashes", field);
  if (value.length > MAX_PATH) {
    throw new TooLargeError({ limit: MAX_PATH, length: value.length, unit: "hashes", field });
  }
  return value.map((item) => {
    if (typeof item !== "string") throw new MalformedError("expected a hash in base64", field);
    return fromB64(item, { length: 32, field });
  });
}

function readEvmHex(members, name, length = null) {
  const text = members.text(name, TEXT);
  return fromEvmHex(text, { length, field: members.path(name) });
}

function readAnchor(members) {
  const history = members.nullable("history", (name) => members.object(name));
  const anchor = {
    chainId: members.integer("chain_id", { low: 1 }),
    contract: readEvmHex(members, "contract", 20),
    logId: readEvmHex(members, "log_id", 32),
    evidence: parseEvidence(members.object("evidence")),
    history: history === null ? null : parseHistory(history),
  };
  members.done();
  return anchor;
}

// --- writing ------------------------------------------------------------------------------

/** @param {Receipt} receipt @returns {string} the file: compact JSON and one newline */
function receiptText(receipt) {
  const { beacon, revocations } = receipt;
  const members = {
    format: FORMAT,
    v: VERSION,
    record: recordJson(receipt.record),
    keys: receipt.keys.map(recordJson),
    beacon: beacon === null ? null : beaconJson(beacon),
    first: proofsJson(receipt.first),
    anchored: receipt.anchored.map(({ proofs, anchors }) => ({
      ...proofsJson(proofs),
      anchors: anchors.map(anchorJson),
    })),
  };
  if (revocations !== null) {
    members.revocations = {
      checkpoint: revocations.checkpoint,
      keys: revocations.keys.map(provenJson),
      records: revocations.records.map(provenJson),
    };
  }
  return `${dumpText(members)}\n`;
}

function recordJson({ sdJwt, leafIndex }) {
  return { sd_jwt: sdJwt, leaf_index: leafIndex };
}

function beaconJson({ header, ...record }) {
  return { ...recordJson(record), header: header === null ? null : toEvmHex(header) };
}

function provenJson({ record, path }) {
  return { ...recordJson(record), path: path.map(toB64) };
}

function proofsJson({ checkpoint, record, keys, beacon }) {
  return {
    checkpoint,
    record: record.map(toB64),
    keys: keys.map((path) => path.map(toB64)),
    beacon: beacon === null ? null : beacon.map(toB64),
  };
}

function anchorJson({ chainId, contract, logId, evidence, history }) {
  return {
    chain_id: chainId,
    contract: toEvmHex(contract),
    log_id: toEvmHex(logId),
    evidence: evidenceJson(evidence),
    history: history === null ? null : historyJson(history),
  };
}
