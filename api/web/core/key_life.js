/**
 * Whether a key still counted when it signed: what revocations mean for one record; mirrors
 * `provenance/key_life.py`.
 *
 * A revocation always counts from its own entry on: a record at a higher index is void. For records
 * below it, what it says matters, and who says it:
 *
 *     by the key itself              nothing else: whoever holds a stolen key can say anything
 *     by a key that has bound it,    nothing else: who holds a stolen key can let any key bind it
 *     of no institution
 *     by its recovery key, or by an  `compromised_since` T counts, against the proved interval
 *     institution's that has bound   of the record:   not after  < T   it stands
 *     it                                              not before > T   it is void
 *                                                     otherwise        it cannot be told
 *
 * Of several revocations the worst counts, and whoever said so is named.
 */

import { institutionBinders } from "./identity.js";
import { keyBindingOf } from "./parse_record.js";

/** By what right somebody revokes a key. */
export const Right = Object.freeze({
  ITSELF: "itself",
  RECOVERY: "recovery",
  /** A key that has bound it, for an institution of the reader's policy. */
  BINDER: "binder",
  /** A key that has bound it, for nobody whom the reader's policy names. */
  OTHER_BINDER: "other-binder",
});

/** What a revocation means for a record, the worst last. */
export const Life = Object.freeze({
  STANDS: "revoked-later",
  OLDER: "compromised-later",
  UNDECIDED: "compromised-undecided",
  YOUNGER: "compromised-before",
  AFTER: "revoked-before",
});

const RANKS = Object.values(Life);
const MAY_NOT_DATE = [Right.ITSELF, Right.OTHER_BINDER];

/**
 * @typedef {{notBeforeUnix: number | bigint | null, notAfterUnix: number | bigint | null}} Bracket
 *   the proved interval in which a record entered the log
 * @typedef {{leafIndex: number, revocation: import("./record_values.js").Revocation,
 *   right: string}} Word a revocation, and by what right it was said
 */

/** Nothing is proved of when a record was made. */
export const NEVER = Object.freeze({ notBeforeUnix: null, notAfterUnix: null });

/**
 * Return what was said of key `kid` by those who may, in the order of the log.
 *
 * @param {string} kid
 * @param {import("./identity.js").BoundKey[]} keyRecords in any order, those of binders among them
 * @param {{leafIndex: number, revocation: import("./record_values.js").Revocation}[]} revocations
 * @param {Map<string, {name: string, key: object}>} institutions by thumbprint
 * @returns {Promise<Word[]>}
 */
export async function wordsOn(kid, keyRecords, revocations, institutions) {
  const own = keyRecords
    .filter((one) => one.record.kid === kid)
    .sort((a, b) => a.leafIndex - b.leafIndex);
  const recovery = own.length > 0 ? keyBindingOf(own[0].record).recovery : null;
  const binders = new Map();
  for (const { record, leafIndex } of own) {
    const { binder } = keyBindingOf(record);
    if (binder !== null && !binders.has(binder.kid)) binders.set(binder.kid, leafIndex);
  }
  const trusted =
    binders.size > 0 ? await institutionBinders(kid, keyRecords, institutions) : new Set();
  const words = [];
  for (const one of revocations.toSorted((a, b) => a.leafIndex - b.leafIndex)) {
    const right = rightOf(one, { kid, recovery, binders, trusted });
    if (right !== null) words.push({ ...one, right });
  }
  return words;
}

function rightOf({ leafIndex, revocation }, { kid, recovery, binders, trusted }) {
  const { key, signer } = revocation;
  if (key !== kid) return null;
  if (signer === key) return Right.ITSELF;
  if (signer === recovery) return Right.RECOVERY;
  if ((binders.get(signer) ?? leafIndex) >= leafIndex) return null;
  return trusted.has(signer) ? Right.BINDER : Right.OTHER_BINDER;
}

/**
 * Say what `words` about the signing key mean for the record at `leafIndex`.
 *
 * @param {Word[]} words
 * @param {number} leafIndex
 * @param {Bracket} bracket
 * @returns {{life: string, word: Word} | null} null when nothing was said; the revocation itself
 *   does not count against itself
 */
export function judge(words, leafIndex, bracket) {
  let worst = null;
  for (const word of words.filter((one) => one.leafIndex !== leafIndex)) {
    const life = meaning(word, leafIndex, bracket);
    if (worst === null || RANKS.indexOf(life) > RANKS.indexOf(worst.life)) worst = { life, word };
  }
  return worst;
}

function meaning(word, leafIndex, { notBeforeUnix, notAfterUnix }) {
  if (leafIndex > word.leafIndex) return Life.AFTER;
  const since = word.revocation.compromisedSinceUnix;
  if (since === null || MAY_NOT_DATE.includes(word.right)) return Life.STANDS;
  if (notAfterUnix !== null && notAfterUnix < since) return Life.OLDER;
  if (notBeforeUnix !== null && notBeforeUnix > since) return Life.YOUNGER;
  return Life.UNDECIDED;
}
