/**
 * The trust policy: whom a reader believes about one log, as one strict JSON file; mirrors
 * `provenance/policy.py`.
 *
 *     {"format": "provenance-policy", "v": 1,
 *      "origin": "ledger.example/log",
 *      "root_key": {"kty": "OKP", "crv": "Ed25519", "x": "..."},
 *      "checkpoint_keys": [{"vkey": "ledger.example/log+0123abcd+AT...", "from": 0, "to": null}],
 *      "chains": [{"name": "Ethereum", "chain_id": 1, "genesis_hash": "0x...", "contract": "0x...",
 *                  "log_id": "0x...", "code_hash": "0x...", "roots_slot": 2,
 *                  "finality": "finalized", "evidence": "proof", "block_time": "consensus",
 *                  "independent": true}],
 *      "institution_keys": [{"name": "...", "ror": "05dxps055", "key": {...},
 *                            "certificate": "-----BEGIN CERTIFICATE-----\n..."}],
 *      "witnesses": ["witness.example+89abcdef+BA..."], "quorum": 0}
 *
 * Members may stand in any order and with any white space: its digest is that of the file's exact
 * bytes, to be compared through another channel. The first chain is the one whose blocks the log's
 * beacons name.
 */

import { equal, toHex } from "./bytes.js";
import { fromEvmHex, sha256 } from "./digests.js";
import { MalformedError, UnsupportedVersionError } from "./errors.js";
import { checkRor } from "./identifiers.js";
import { PublicKey } from "./keys.js";
import { COSIGNATURE_V1, ED25519, NoteVerifier } from "./note.js";
import { Members, parse } from "./strict_json.js";
import { checkLine } from "./text.js";
import { readChain } from "./x509_chain.js";

const FORMAT = "provenance-policy";
const VERSION = 1;

/** Some thousand institution keys; a policy is made by hand or by one operator. */
const MAX_POLICY_BYTES = 1024 * 1024;

/** Keys, chains or witnesses of one policy. */
const MAX_ITEMS = 4_096;
const MAX_DEPTH = 6;
const MAX_PEM = 65_536;

/** Ids that development nodes use: anyone can make such a chain say anything. */
const DEV_CHAIN_IDS = Object.freeze([1337, 31337]);

/** The chain's own finality tag decides; the other rule is a depth in blocks. */
const FINALIZED = "finalized";

const BLOCK_TIMES = ["consensus", "sequencer", "validators"];
const LEVELS = ["proof", "trusted-rpc"];

/**
 * A chain and the contract on it that the log's roots are written to.
 *
 * @typedef {object} Chain
 * @property {string} name
 * @property {number} chainId
 * @property {Uint8Array} genesisHash
 * @property {Uint8Array} contract address, 20 bytes
 * @property {Uint8Array} logId
 * @property {Uint8Array} codeHash
 * @property {number} rootsSlot
 * @property {number | null} depth confirmations that count as final; null where the chain's
 *   `finalized` tag decides
 * @property {boolean} independent run by others than the log; ids of dev nodes never are
 * @property {"proof" | "trusted-rpc"} evidence the most that an anchor there can show
 * @property {string} blockTime who sets the time that a block states
 *
 * @typedef {{verifier: NoteVerifier, first: number, last: number | null}} CheckpointKey
 * @typedef {{name: string, ror: string | null, key: PublicKey, certificate: string | null}}
 *   InstitutionKey
 */

/** A parsed policy. */
export class Policy {
  /**
   * Read a policy file, strictly.
   *
   * @param {Uint8Array} octets
   * @throws {UnsupportedVersionError} another format or version
   * @throws {MalformedError} anything else; `field` names the member
   */
  constructor(octets) {
    const limits = { maxBytes: MAX_POLICY_BYTES, maxDepth: MAX_DEPTH };
    const members = new Members(parse(octets, limits));
    checkVersion(members);
    const objects = (name) => members.objects(name, { maxItems: MAX_ITEMS });
    this.origin = members.text("origin");
    this.rootKey = PublicKey.fromJwk(members.value("root_key"), "root_key");
    /** @type {CheckpointKey[]} */
    this.checkpointKeys = objects("checkpoint_keys").map(readCheckpointKey);
    /** @type {Chain[]} the first is the chain of the log's beacons */
    this.chains = objects("chains").map(readChainMember);
    /** @type {InstitutionKey[]} */
    this.institutionKeys = objects("institution_keys").map(readInstitutionKey);
    this.witnesses = readWitnesses(members);
    this.quorum = members.integer("quorum", { high: MAX_ITEMS });
    /** SHA-256 of the file's exact bytes. */
    this.digest = sha256(octets);
    members.done();
    checkWhole(this);
    /** Every institution key by its thumbprint. */
    this.institutions = new Map(this.institutionKeys.map((one) => [one.key.thumbprint, one]));
    Object.freeze(this);
  }

  /**
   * @param {number | bigint} treeSize
   * @returns {NoteVerifier[]} the keys that may sign for the log at `treeSize`
   */
  keysAt(treeSize) {
    return this.checkpointKeys
      .filter(({ first, last }) => first <= treeSize && (last === null || treeSize <= last))
      .map((key) => key.verifier);
  }

  /** @returns {Chain | null} the chain with exactly this contract and log id */
  chain(chainId, contract, logId) {
    const isIt = (one) =>
      one.chainId === chainId && equal(one.contract, contract) && equal(one.logId, logId);
    return this.chains.find(isIt) ?? null;
  }

  /** @param {number} chainId @returns {Chain | null} the first chain of that id */
  chainNamed(chainId) {
    return this.chains.find((one) => one.chainId === chainId) ?? null;
  }
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

function readCheckpointKey(members) {
  const first = members.integer("from");
  const key = {
    verifier: readVerifier(members.text("vkey"), ED25519, members.path("vkey")),
    first,
    last: members.nullable("to", (name) => members.integer(name, { low: first })),
  };
  members.done();
  return key;
}

function readChainMember(members) {
  const hex = (name, length) =>
    fromEvmHex(members.text(name), { length, field: members.path(name) });
  const name = members.text("name", { maxLength: 100 });
  const chainId = members.integer("chain_id", { low: 1 });
  const chain = {
    name,
    chainId,
    genesisHash: hex("genesis_hash", 32),
    contract: hex("contract", 20),
    logId: hex("log_id", 32),
    codeHash: hex("code_hash", 32),
    rootsSlot: members.integer("roots_slot"),
    depth: readDepth(members),
    independent: members.boolean("independent") && !DEV_CHAIN_IDS.includes(chainId),
    // the first policies knew no other chains, and are read for ever
    evidence: readChoice(members, "evidence", LEVELS) ?? "proof",
    blockTime: readChoice(members, "block_time", BLOCK_TIMES) ?? "consensus",
  };
  members.done();
  return Object.freeze(chain);
}

function readChoice(members, name, choices) {
  const found = members.optionalText(name, { maxLength: 64 });
  if (found === null || choices.includes(found)) return found;
  const message = `expected one of ${choices.join(", ")}, got ${found}`;
  throw new MalformedError(message, members.path(name));
}

function readDepth(members) {
  if (members.value("finality") === FINALIZED) return null;
  const rule = members.object("finality");
  const depth = rule.integer("depth", { low: 1 });
  rule.done();
  return depth;
}

function readInstitutionKey(members) {
  const ror = members.nullable("ror", (name) => members.text(name));
  if (ror !== null) checkRor(ror, members.path("ror"));
  const key = {
    name: members.text("name", { maxLength: 500 }),
    ror,
    key: PublicKey.fromJwk(members.value("key"), members.path("key")),
    certificate: members.optionalText("certificate", { maxLength: MAX_PEM }),
  };
  members.done();
  if (key.certificate !== null) readChain(key.certificate, key.key, members.path("certificate"));
  return Object.freeze(key);
}

function readWitnesses(members) {
  const vkeys = members.texts("witnesses", { maxItems: MAX_ITEMS });
  return vkeys.map((vkey, at) => readVerifier(vkey, COSIGNATURE_V1, `witnesses[${at}]`));
}

function readVerifier(vkey, type, field) {
  let verifier;
  try {
    verifier = NoteVerifier.fromVkey(vkey);
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    throw new MalformedError(error.message, field);
  }
  if (verifier.type !== type) {
    throw new MalformedError(`expected type ${type}, got ${verifier.type}`, field);
  }
  return verifier;
}

/** Check what no single member shows: doubles, and numbers that contradict each other. */
function checkWhole(policy) {
  checkLine(policy.origin, "origin");
  if (policy.checkpointKeys.length === 0) {
    throw new MalformedError("expected at least one key", "checkpoint_keys");
  }
  if (policy.chains.length === 0) {
    throw new MalformedError("expected at least one chain", "chains");
  }
  const places = policy.chains.map(
    (one) => `${one.chainId} ${toHex(one.contract)} ${toHex(one.logId)}`,
  );
  checkDistinct(places, "chains");
  const thumbprints = policy.institutionKeys.map((one) => one.key.thumbprint);
  checkDistinct(thumbprints, "institution_keys");
  // one witness under two names would be counted twice (C2SP tlog-policy forbids it likewise)
  const witnesses = policy.witnesses.map((one) => toHex(one.key.raw));
  checkDistinct(witnesses, "witnesses");
  policy.chains.forEach((chain, at) => {
    if (!equal(policy.chainNamed(chain.chainId).genesisHash, chain.genesisHash)) {
      const field = `chains[${at}].genesis_hash`;
      throw new MalformedError("expected one genesis hash for one chain id", field);
    }
  });
  if (policy.quorum > policy.witnesses.length) {
    const message = `expected at most ${policy.witnesses.length}, got ${policy.quorum}`;
    throw new MalformedError(message, "quorum");
  }
}

function checkDistinct(values, field) {
  values.forEach((value, at) => {
    if (values.indexOf(value) < at) {
      throw new MalformedError("expected each one once", `${field}[${at}]`);
    }
  });
}
