/**
 * Gather a case from a ledger: a record, everything about it, each entry with a verified receipt;
 * as provenance/client/collect_case.py does.
 *
 * The service is asked which records are about which, and believed in nothing else: each receipt
 * is judged before it is used, and must be of the record that was asked for. What was not taken,
 * and why, is told. A service may still leave records out; whoever needs to know that it did not
 * reads the whole log (`provenance audit`).
 */

import { Case, entryOf } from "./core/case.js";
import { VerificationError } from "./core/errors.js";
import { targetsOf } from "./core/record_standing.js";

/** Records of one case that a page gathers: anybody may sign any number of them about a record. */
const MAX_RECORDS = 400;

const HEX32 = /^[0-9a-f]{64}$/;

/**
 * @typedef {object} Source where a case comes from
 * @property {(id: string) => Promise<Uint8Array>} receipt
 * @property {(id: string) => Promise<object[]>} about look-up hits of records about a record
 * @property {(octets: Uint8Array) => Promise<{verdict: object, record: object}>} read judges a
 *   receipt by the reader's policy
 *
 * @typedef {object} Left something that the service gave and that was not taken
 * @property {string} id the record that was asked for
 * @property {"unproved" | "another" | "astray" | "away" | "unreadable"} why its receipt proves no
 *   entry of the log; is of another record; the record is not about what the service says; the
 *   service did not answer; the answer is no answer
 * @property {Error | null} error
 *
 * @typedef {{case: Case, left: Left[], absent: string[], isCut: boolean}} Collected `absent`:
 *   records that others refer to and that the service does not have; `isCut`: there was more than
 *   the limit
 */

/**
 * Gather everything that a ledger has about some records.
 *
 * @param {string[]} ids record ids in hex
 * @param {Source} source
 * @param {{lineage?: boolean, limit?: number, known?: Iterable<import("./core/case.js").Entry>,
 *   onProgress?: (count: number) => void}} [wishes] `lineage`: also follow datasets to those that
 *   they came from, and that came from them; `known` entries were judged before
 * @returns {Promise<Collected>}
 * @throws {Error} of a record that was asked for: the ledger has none, or its receipt proves none
 */
export async function collectCase(ids, source, wishes = {}) {
  const gathering = new Gathering(ids, source, wishes);
  await gathering.run();
  const { found, left, absent, isCut } = gathering;
  return { case: new Case(ids, found.values()), left, absent, isCut };
}

class Gathering {
  constructor(ids, source, { lineage = false, limit = MAX_RECORDS, known = [], onProgress }) {
    this.asked = new Set(ids);
    this.source = source;
    this.lineage = lineage;
    this.limit = limit;
    this.known = new Map([...known].map((one) => [one.id, one]));
    this.onProgress = onProgress;
    this.waiting = ids.map((id) => ({ id, about: null }));
    this.found = new Map();
    this.left = [];
    this.absent = [];
    this.isCut = false;
    this.tried = new Set();
  }

  async run() {
    while (this.waiting.length) {
      const { id, about } = this.waiting.shift();
      if (this.found.has(id) || this.tried.has(`${about} ${id}`)) continue;
      this.tried.add(`${about} ${id}`);
      if (this.found.size >= this.limit) {
        this.isCut = true;
        return;
      }
      const entry = await this.fetch(id);
      if (entry !== null) await this.take(entry, about);
    }
  }

  /** Return a record's entry; null when it is not there or not proved, which is noted. */
  async fetch(id) {
    if (this.known.has(id)) return this.known.get(id);
    try {
      const octets = await this.source.receipt(id);
      const { verdict, record } = await this.source.read(octets);
      const entry = entryOf(octets, verdict, record);
      if (entry.id !== id) throw another(id);
      this.known.set(id, entry);
      return entry;
    } catch (error) {
      if (error.name === "AbortError" || this.asked.has(id)) throw error;
      if (error.code === "not-found")
        this.absent.push(id); // perhaps of another log
      else this.left.push({ id, why: reasonOf(error), error });
      return null;
    }
  }

  async take(entry, about) {
    if (about !== null && !targetsOf(entry.record).includes(about)) {
      // the service, or a "dataset digest" that is a record's id, led astray
      this.left.push({ id: entry.id, why: "astray", error: null });
      return;
    }
    this.found.set(entry.id, entry);
    this.onProgress?.(this.found.size);
    const related = relatedOf(entry.record);
    for (const id of targetsOf(entry.record)) {
      if (this.lineage || !related.has(id)) this.waiting.push({ id, about: null });
    }
    this.waiting.push(...(await this.below(entry)));
  }

  /** Return what the service says to be about a record. */
  async below(entry) {
    const hits = await this.source.about(entry.id);
    const wanted = hits.filter((hit) => this.lineage || hit?.type !== "deposit");
    const isPlain = (hit) => typeof hit?.id === "string" && HEX32.test(hit.id);
    if (!wanted.every(isPlain)) {
      const error = new VerificationError("a look-up that names no record");
      this.left.push({ id: entry.id, why: "unreadable", error });
    }
    return wanted.filter(isPlain).map((hit) => ({ id: hit.id, about: entry.id }));
  }
}

function another(id) {
  const error = new VerificationError(`got the receipt of another record than ${id}`);
  error.isOfAnother = true;
  return error;
}

function reasonOf(error) {
  if (error.isOfAnother) return "another";
  return error instanceof VerificationError || error.code === "malformed" ? "unproved" : "away";
}

/** Return the ids that a record relates to, as another dataset. */
function relatedOf(record) {
  const listed = Array.isArray(record.claims.relations) ? record.claims.relations : [];
  return new Set(listed.filter((one) => "record" in one).map((one) => one.record));
}
