/**
 * A case: a record, and every record of the same log that is about it, each one verified; mirrors
 * provenance/case.py.
 *
 *     subject  <--record-- contribution, response, statement, withdrawal, transfer, correction
 *              <--records- dispute <--record-- statement, ruling <-- correction
 *              <--relation- deposit
 *
 * Whoever tells who did what (`attribution`), what came from what (`lineage`) or how a dispute
 * stands (`dispute_case`) reads a case and nothing else. Ids are lower-case hex.
 */

import { MalformedError, VerificationError } from "./errors.js";
import { stand, targetsOf } from "./record_standing.js";
import { notInLog } from "./verdict.js";

/** Levels of identity, the best first: a key is bound, says it of itself, or says nothing. */
export const LEVELS = Object.freeze(["institution-bound", "self-asserted", "unbound"]);

/** Codes of a key's status when nobody has revoked it, as far as was looked. */
const NOTHING_SAID = new Set(["revocation-not-shown", "not-revoked", "not-reached"]);

/**
 * @typedef {object} Signer
 * @property {string} kid RFC 7638 thumbprint
 * @property {string} level one of `LEVELS`
 * @property {string | null} name what the key's holder claims, or at `institution-bound` what the
 *   institution vouches for; null when not stated, withheld or erased. So are orcid and ror
 * @property {string | null} orcid
 * @property {string[]} ror
 * @property {string | null} binder name of the institution in the reader's policy
 * @property {boolean} mayBind an institution's own key, or one that it lets bind others
 */

/** One record of the log with its verified receipt. */
export class Entry {
  /**
   * @param {object} parts
   * @param {Uint8Array} parts.octets the receipt file
   * @param {string} parts.id record id, hex
   * @param {object} parts.record
   * @param {number} parts.leafIndex
   * @param {Signer} parts.signer
   * @param {object} parts.verdict as JSON
   */
  constructor({ octets, id, record, leafIndex, signer, verdict }) {
    this.octets = octets;
    this.id = id;
    this.record = record;
    this.leafIndex = leafIndex;
    this.signer = signer;
    this.verdict = verdict;
  }

  /** The record entered the log after this block; null when not proved. */
  get notBefore() {
    return this.verdict.interval?.entered_not_before ?? null;
  }

  /** The record existed no later than this block; null when not proved. */
  get notAfter() {
    return this.verdict.interval?.not_after ?? null;
  }

  /**
   * The time that a block states whose hash nobody has vouched for: the receipt proves the rest,
   * and would prove this once somebody looks the block up. Null where a bound is proved, or none.
   */
  get statedNotAfter() {
    return this.notAfter === null ? earliest(statedBy(this.verdict, "block")) : null;
  }

  /** As `statedNotAfter`, of the block that the record entered the log after. */
  get statedNotBefore() {
    return this.notBefore === null ? earliest(statedBy(this.verdict, "not-before")) : null;
  }

  /** Whether a check found something false, as a key that was revoked before. */
  get isRefuted() {
    return this.verdict.checks.some((check) => check.outcome === "false");
  }

  /** Whether its key could sign it: not refuted, and bound where it has to be. */
  get isEffective() {
    if (this.isRefuted) return false;
    if (this.record.type === "dispute") return this.signer.level === "institution-bound";
    return this.record.type !== "ruling" || this.signer.mayBind;
  }

  /** The check of the key's status, where somebody has said something against the key. */
  get keyNote() {
    const check = checkOf(this.verdict, "key-status");
    return check === undefined || NOTHING_SAID.has(check.code) ? null : check;
  }
}

/** Verified records about one or several subjects, oldest first. */
export class Case {
  /**
   * Put verified entries in the order of the log.
   *
   * @param {Iterable<string>} subjects
   * @param {Iterable<Entry>} entries
   * @throws {MalformedError} a subject is not among the entries
   */
  constructor(subjects, entries) {
    const found = new Map();
    for (const one of entries) found.set(one.id, one);
    /** Record ids that were asked for, each once, in the order asked. */
    this.subjects = [...new Set(subjects)];
    for (const one of this.subjects) {
      if (!found.has(one)) throw new MalformedError(`expected the record ${one}, got none`, "ID");
    }
    /** By leaf index, each once. @type {Entry[]} */
    this.entries = [...found.values()].sort((a, b) => a.leafIndex - b.leafIndex);
    const named = new Set(this.entries.flatMap((one) => targetsOf(one.record)));
    /** Ids that some entry refers to, and that this log does not have. @type {string[]} */
    this.missing = [...named].filter((one) => !found.has(one));
    this._byId = found;
  }

  /** @param {string} id @returns {Entry | null} */
  get(id) {
    return this._byId.get(id) ?? null;
  }

  /**
   * Tell how a record of the case stands, by what is here; what its key could not sign is passed
   * over.
   *
   * @param {string} id
   * @returns {import("./record_standing.js").RecordStanding}
   */
  standing(id) {
    const entry = this.get(id);
    if (entry === null) throw new MalformedError(`expected the record ${id}, got none`, "ID");
    return stand(
      entry,
      this.entries.filter((one) => one.isEffective),
    );
  }

  /**
   * Return the entries, oldest first, that name a record; of `types`, or of any.
   *
   * @param {string} id
   * @param {...string} types
   * @returns {Entry[]}
   */
  about(id, ...types) {
    return this.entries.filter(
      (one) =>
        (types.length === 0 || types.includes(one.record.type)) &&
        targetsOf(one.record).includes(id),
    );
  }
}

/**
 * Take a receipt into a case, by the verdict on these very bytes.
 *
 * @param {Uint8Array} octets
 * @param {object} verdict as JSON
 * @param {object} record what the receipt holds, parsed
 * @returns {Entry}
 * @throws {VerificationError} the policy does not prove it to be a signed entry of the log
 */
export function entryOf(octets, verdict, record) {
  const absent = notInLog(verdict.checks);
  if (absent !== null || verdict.record === null) {
    const why = absent === null ? "it cannot be read" : absent.code;
    const error = new VerificationError(`a receipt that proves no entry of the log: ${why}`);
    error.check = absent;
    throw error;
  }
  return new Entry({
    octets,
    id: verdict.record.record_id,
    record,
    leafIndex: verdict.record.leaf_index,
    signer: signerOf(verdict),
    verdict,
  });
}

/** @param {object} verdict @param {string} name @returns {object | undefined} */
function checkOf(verdict, name) {
  return verdict.checks.find((check) => check.name === name);
}

/** Return the facts of blocks that nobody has vouched for, with their own times. */
function statedBy(verdict, name) {
  const open = verdict.checks.filter((one) => one.name === name && one.outcome === "not-checked");
  return open.map((one) => one.facts ?? {}).filter((facts) => facts.time_unix !== undefined);
}

function earliest(blocks) {
  const byTime = blocks.sort((a, b) => Number(a.time_unix) - Number(b.time_unix));
  return byTime[0] ?? null;
}

/** Read who signed from the identity check, which knows the policy and the log's order. */
function signerOf(verdict) {
  const facts = checkOf(verdict, "identity")?.facts ?? {};
  const text = (name) => (facts[name] === undefined ? null : String(facts[name]));
  const level = text("level") ?? "unbound";
  const isBound = level === "institution-bound";
  return {
    kid: verdict.record.key,
    level,
    name: text("claimed_name"),
    orcid: text("claimed_orcid"),
    ror: text("claimed_ror")?.split(", ") ?? [],
    binder: isBound ? text("binder") : null, // who bound it later did not when it signed
    mayBind: isBound && (facts.may_bind ?? 1) === 1,
  };
}
