/**
 * Whose key it is: what the log and a reader's policy together say of a key at a leaf index;
 * mirrors `provenance/identity.py`.
 *
 *     institution-bound   the policy names the key as an institution's, or an institution's key has
 *                         bound it, itself or by a department that it lets bind others
 *     self-asserted       a `key` record below says who holds it; only the holder vouches for that
 *     unbound             a `key` record below, and nothing in it about who holds it
 *
 * A key may speak from its own first `key` record on, never before. A self-asserted claim is shown
 * as just that and never ranked with a bound one, and a binding counts from its own entry on.
 *
 * @typedef {{record: import("./parse_record.js").Record, leafIndex: number}} BoundKey a `key` record
 *   and where in the log it is
 */

import { BadSignatureError, MalformedError, UnknownKeyError } from "./errors.js";
import { keyBindingOf } from "./parse_record.js";

/** Bindings between a person's key and an institution's. */
const MAX_LEVELS = 8;

/** How well a key is tied to somebody. */
export const Level = Object.freeze({
  UNBOUND: "unbound",
  SELF_ASSERTED: "self-asserted",
  INSTITUTION_BOUND: "institution-bound",
});

/** Code of the fixed wording for each level. */
const KEY_CODES = Object.freeze({
  unbound: "key-unbound",
  "self-asserted": "key-self-asserted",
  "institution-bound": "key-institution",
});

/** Code of `institution-bound` by a key that an institution lets bind others. */
const DEPARTMENT_CODE = "key-department";

/** Nothing in a receipt can prove that no revocation exists. */
export const REVOCATION_CODE = "revocation-not-shown";

/**
 * What may be said of the key that signed an entry.
 *
 * @typedef {object} Standing
 * @property {string} level
 * @property {string} code of the fixed wording
 * @property {number} leafIndex of the `key` record that counts
 * @property {import("./record_values.js").KeyBinding} binding what is said of its holder: by the
 *   holder himself, and through a binding only what the binder vouches for
 * @property {string | null} binder name of the institution in the policy
 * @property {string[]} via departments between the institution and the key
 * @property {boolean} mayBind whether the institution lets it bind others
 * @property {string | null} institution thumbprint of the institution's key
 */

/**
 * Decide what may be said of key `kid` as the signer of entry `leafIndex`.
 *
 * @param {string} kid
 * @param {number} leafIndex
 * @param {BoundKey[]} keyRecords in any order, those of binders among them
 * @param {Map<string, {name: string, key: object}>} institutions by thumbprint
 * @param {Map<string, number>} [ends] thumbprint of a binder -> leaf index from which its bindings
 *   count no more
 * @returns {Promise<Standing>}
 * @throws {UnknownKeyError} no `key` record for `kid` at or below the entry
 * @throws {MalformedError} one of `keyRecords` is of another type
 */
export async function standingOf(kid, leafIndex, keyRecords, institutions, ends = new Map()) {
  const records = new Records(keyRecords, institutions, ends);
  const [first] = records.ofKey(kid, leafIndex);
  if (first === undefined) {
    throw new UnknownKeyError(`no key record of ${kid} at or below entry ${leafIndex}`);
  }
  const binding = keyBindingOf(first.record);
  const plain = { leafIndex: first.leafIndex, binding, via: [] };
  if (institutions.has(kid)) {
    const level = Level.INSTITUTION_BOUND;
    const { name } = institutions.get(kid);
    const own = { level, code: KEY_CODES[level], binder: name, mayBind: true, institution: kid };
    return { ...plain, ...own };
  }
  const link = await records.link(kid, leafIndex);
  if (link !== null) return boundStanding(link);
  const isClaimed = binding.name !== null || binding.orcid !== null || binding.ror.length > 0;
  const level = isClaimed ? Level.SELF_ASSERTED : Level.UNBOUND;
  const nobody = { binder: null, mayBind: false, institution: null };
  return { ...plain, level, code: KEY_CODES[level], ...nobody };
}

/**
 * Return the thumbprints of those binders of `kid` who speak for an institution.
 *
 * Anybody who holds a key can let any other key bind it: only these are more than that.
 *
 * @param {string} kid
 * @param {BoundKey[]} keyRecords
 * @param {Map<string, {name: string, key: object}>} institutions
 * @returns {Promise<Set<string>>}
 */
export async function institutionBinders(kid, keyRecords, institutions) {
  const records = new Records(keyRecords, institutions, new Map());
  const binders = new Set();
  for (const one of records.ofKey(kid, Infinity)) {
    if ((await records.lead(one)) !== null) binders.add(keyBindingOf(one.record).binder.kid);
  }
  return binders;
}

// --- bindings -----------------------------------------------------------------------------

function boundStanding(link) {
  const { own, via, mayBind, institution, binder } = link;
  const level = Level.INSTITUTION_BOUND;
  const code = via.length > 0 ? DEPARTMENT_CODE : KEY_CODES[level];
  const binding = vouched(own.record);
  return { level, code, leafIndex: own.leafIndex, binding, binder, via, mayBind, institution };
}

/** Return what a bound `key` record says, without what only its holder says. */
function vouched(record) {
  const binding = keyBindingOf(record);
  const digests = binding.binder?.digests ?? [];
  const isVouched = (name) =>
    record.parts.some((part) => part.name === name && digests.includes(part.digest));
  return {
    ...binding,
    name: isVouched("name") ? binding.name : null,
    orcid: isVouched("orcid") ? binding.orcid : null,
    ror: isVouched("ror") ? binding.ror : [],
  };
}

/** The `key` records at hand, by key and in the order of the log. */
class Records {
  #byKid = new Map();
  #links = new Map();

  constructor(keyRecords, institutions, ends) {
    this.institutions = institutions;
    this.ends = ends;
    for (const one of keyRecords.toSorted((a, b) => a.leafIndex - b.leafIndex)) {
      if (one.record.type !== "key") {
        throw new MalformedError(`expected a key record, got ${one.record.type}`, "keys");
      }
      const known = this.#byKid.get(one.record.kid) ?? [];
      this.#byKid.set(one.record.kid, [...known, one]);
    }
  }

  ofKey(kid, leafIndex) {
    return (this.#byKid.get(kid) ?? []).filter((one) => one.leafIndex <= leafIndex);
  }

  /**
   * Return the newest binding at or below `leafIndex` that leads to an institution.
   *
   * Ends: each step up looks only below the entry of the step before.
   */
  async link(kid, leafIndex) {
    const place = `${kid} ${leafIndex}`;
    if (!this.#links.has(place)) this.#links.set(place, await this.#search(kid, leafIndex));
    return this.#links.get(place);
  }

  async #search(kid, leafIndex) {
    for (const one of this.ofKey(kid, leafIndex).reverse()) {
      const link = await this.lead(one);
      if (link !== null) return link;
    }
    return null;
  }

  /** Return where the binding in one `key` record leads; null unless to an institution. */
  async lead(one) {
    const { binder } = keyBindingOf(one.record);
    if (binder === null) return null;
    if (one.leafIndex >= (this.ends.get(binder.kid) ?? one.leafIndex + 1)) return null;
    const above = await this.#above(binder.kid, one.leafIndex);
    if (above === null) return null;
    try {
      await binder.verify(above.key);
    } catch (error) {
      if (error instanceof BadSignatureError) return null; // shows no binding
      throw error;
    }
    const { institution, name, via } = above;
    return { institution, binder: name, own: one, via, mayBind: binder.mayBind };
  }

  /** Return the binder's institution and key, and the departments in between. */
  async #above(kid, leafIndex) {
    const direct = this.institutions.get(kid);
    if (direct !== undefined) {
      return { institution: kid, name: direct.name, key: direct.key, via: [] };
    }
    const link = await this.link(kid, leafIndex - 1);
    if (link === null || !link.mayBind || link.via.length + 2 > MAX_LEVELS) return null;
    const { key } = keyBindingOf(link.own.record);
    const department = vouched(link.own.record).name ?? link.own.record.kid;
    const { institution, binder: name, via } = link;
    return { institution, name, key, via: [...via, department] };
  }
}
