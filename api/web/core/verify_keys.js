/**
 * Checks 4 and 5: whose key it is, and whether it still counted when it signed; mirrors
 * `provenance/verify_keys.py`.
 *
 *     (4) identity     never more than the receipt shows, at the record's own index
 *     (5) key status   revocations, as far as anybody looked; made once the interval is known
 *
 * The rules are in `identity.js` and `key_life.js`; here they meet a receipt, a policy and what a
 * reader found in the whole log.
 */

import { LedgerError, UnknownKeyError } from "./errors.js";
import { Level, REVOCATION_CODE, standingOf } from "./identity.js";
import { Life, NEVER, Right, judge, wordsOn } from "./key_life.js";
import { revocationOf } from "./parse_record.js";
import { utcText } from "./times.js";
import { Check, Outcome } from "./verdict.js";
import { ROOT_SIGNED } from "./verify_log.js";
import { checkIssued, readChain } from "./x509_chain.js";

const BOUND_LATER = {
  [Level.SELF_ASSERTED]: "key-self-asserted-bound-later",
  [Level.UNBOUND]: "key-unbound-bound-later",
};
// What a receipt shows; that there is nothing worse, only the whole log can prove.
const SHOWN = {
  [Life.STANDS]: "revoked-later-shown",
  [Life.OLDER]: "compromised-later-shown",
};

/**
 * Make checks 4 and 5.
 *
 * @param {import("./receipt_parts.js").Parts} parts
 * @param {import("./policy.js").Policy} policy
 * @param {import("./given.js").Given} given
 * @param {import("./key_life.js").Bracket} [bracket] the proved interval of the record, which a
 *   compromise is compared with
 * @returns {Promise<Check[]>}
 */
export async function checkKeys(parts, policy, given, bracket = NEVER) {
  if (ROOT_SIGNED.includes(parts.record.type)) {
    const more = { trust: "policy", needed: given.require.includes("identity") };
    const identity = new Check("identity", Outcome.PROVED, "key-root", more);
    return [identity, withoutWords(given, parts.receipt.record.leafIndex)];
  }
  const scene = { parts, policy, given, bracket, records: keyRecords(parts) };
  return [await checkIdentity(scene), await checkKeyStatus(scene)];
}

/**
 * Return the interval that a compromise is compared with.
 *
 * What lies on a chain that the log's operator runs proves nothing, unless the reader lets it.
 *
 * @param {(import("./verdict.js").Bound | null)[]} notBefore
 * @param {import("./verdict.js").Bound | null} notAfter
 * @param {import("./given.js").Given} given
 * @returns {import("./key_life.js").Bracket}
 */
export function bracketOf(notBefore, notAfter, given) {
  const counts = (bound) => bound !== null && (bound.independent || given.allowDevChain);
  const begins = notBefore.filter(counts).map((bound) => bound.timeUnix);
  const latest = begins.reduce((one, other) => (one === null || other > one ? other : one), null);
  return { notBeforeUnix: latest, notAfterUnix: counts(notAfter) ? notAfter.timeUnix : null };
}

/** Return every `key` record of the receipt, those that only revocations need included. */
function keyRecords(parts) {
  const { record, receipt } = parts;
  const records = parts.keys.map((key, at) => ({
    record: key,
    leafIndex: receipt.keys[at].leafIndex,
  }));
  if (record.type === "key") records.push({ record, leafIndex: receipt.record.leafIndex });
  return [...records, ...(parts.revocations?.boundKeys() ?? [])];
}

/** Return what the receipt shows to have been said of a key by those who may. */
async function wordsShown({ parts, policy, records }, kid) {
  if (parts.revocations === null) return [];
  const said = parts.revocations
    .placed()
    .map(({ record, leafIndex }) => ({ leafIndex, revocation: revocationOf(record) }));
  return wordsOn(kid, records, said, policy.institutions);
}

// --- (4) identity -------------------------------------------------------------------------

async function checkIdentity(scene) {
  const { parts, policy, given, records } = scene;
  const { kid } = parts.record;
  const index = parts.receipt.record.leafIndex;
  const ends = await endsOf(scene);
  let standing;
  try {
    standing = await standingOf(kid, index, records, policy.institutions, ends);
  } catch (error) {
    if (!(error instanceof UnknownKeyError)) throw error;
    const facts = { error: error.code, detail: error.message, part: "keys[0]" };
    return new Check("identity", Outcome.FALSE, "signature-false", { facts });
  }
  const needed = given.require.includes("identity");
  const facts = { level: standing.level, index: standing.leafIndex, ...claimedBy(standing) };
  if (standing.binder === null) return unbound(standing, facts, { given, needed });
  facts.binder = standing.binder;
  if (standing.via.length > 0) facts.via = standing.via.join(", ");
  if (!policy.institutions.has(kid)) facts.may_bind = Number(standing.mayBind);
  try {
    Object.assign(facts, await certificateFacts(standing, policy, given));
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    const wrong = { error: error.code, detail: error.message };
    const more = { trust: "institution", facts: wrong };
    return new Check("identity", Outcome.FALSE, "certificate-false", more);
  }
  const more = { trust: "institution", facts, needed };
  return new Check("identity", Outcome.PROVED, standing.code, more);
}

/** Repeat what a holder says of itself, which is never checked. */
function unbound(standing, shown, { given, needed }) {
  const later = given.keyStatus?.boundLater ?? null;
  let { code } = standing;
  const facts = { ...shown };
  if (later !== null) {
    [facts.later, facts.binder] = later;
    code = BOUND_LATER[standing.level];
  }
  return new Check("identity", Outcome.NOT_CHECKED, code, { trust: "key-holder", facts, needed });
}

/** Return what the institution's X.509 certificate says, where the policy holds one. */
async function certificateFacts(standing, policy, { authorities }) {
  const pem = policy.institutions.get(standing.institution)?.certificate ?? null;
  if (pem === null) return {};
  const certificate = readChain(pem);
  if (authorities === null) return { certificate, certificate_state: "unchecked" };
  const ca = await checkIssued(pem, authorities);
  return { certificate, certificate_state: "checked", ca };
}

function claimedBy({ binding }) {
  const facts = {};
  if (binding.name !== null) facts.claimed_name = binding.name;
  if (binding.orcid !== null) facts.claimed_orcid = binding.orcid;
  if (binding.ror.length > 0) facts.claimed_ror = binding.ror.join(", ");
  return facts;
}

/**
 * Return from which index on the bindings of each key count no more.
 *
 * A binding is older than the record, so where the record is older than the compromise of the
 * binder's key, so is the binding; where that cannot be told, the binding is not counted.
 */
async function endsOf(scene) {
  const { parts, records, bracket } = scene;
  const ends = new Map();
  const kids = new Set(records.map((one) => one.record.kid));
  kids.delete(parts.record.kid);
  for (const kid of kids) {
    const words = await wordsShown(scene, kid);
    if (words.length > 0) {
      const judged = judge(words, parts.receipt.record.leafIndex, bracket);
      const isDoubtful = judged?.life === Life.UNDECIDED || judged?.life === Life.YOUNGER;
      ends.set(kid, isDoubtful ? 0 : words[0].leafIndex);
    }
  }
  return ends;
}

// --- (5) key status -----------------------------------------------------------------------

function withoutWords({ keyStatus, require }, index) {
  const needed = require.includes("key-status");
  if (keyStatus === null || keyStatus.treeSize <= index) {
    return new Check("key-status", Outcome.NOT_CHECKED, REVOCATION_CODE, { needed });
  }
  const trust = "audit";
  if (keyStatus.revokedAt === null || keyStatus.words.length > 0) {
    // a revocation does not count against itself
    const facts = { tree_size: keyStatus.treeSize };
    return new Check("key-status", Outcome.PROVED, "not-revoked", { trust, facts, needed });
  }
  const facts = { index: keyStatus.revokedAt };
  if (keyStatus.revokedAt <= index) {
    return new Check("key-status", Outcome.FALSE, "revoked-before", { trust, facts });
  }
  return new Check("key-status", Outcome.PROVED, "revoked-later", { trust, facts, needed });
}

/** Judge what was said of the signing key: in the whole log if somebody read it, else here. */
async function checkKeyStatus(scene) {
  const { parts, given, bracket } = scene;
  const index = parts.receipt.record.leafIndex;
  const status = given.keyStatus;
  const isWhole = status !== null && status.treeSize > index;
  let words = await wordsShown(scene, parts.record.kid);
  if (isWhole) {
    words = [...status.words, ...words.filter((one) => one.leafIndex >= status.treeSize)];
  }
  const judged = judge(words, index, bracket);
  return judged === null ? withoutWords(given, index) : judgedCheck(judged, scene, isWhole);
}

function judgedCheck(judged, { policy, given }, isWhole) {
  const trust = isWhole ? "audit" : "nobody";
  const facts = judgedFacts(judged, policy);
  const code = judged.life;
  if (code === Life.AFTER || code === Life.YOUNGER) {
    return new Check("key-status", Outcome.FALSE, code, { trust, facts });
  }
  if (code === Life.UNDECIDED) {
    // a compromise that is known must not pass in silence: the exit code waits for it
    return new Check("key-status", Outcome.NOT_CHECKED, code, { trust, facts, needed: true });
  }
  const more = { trust, facts, needed: given.require.includes("key-status") };
  if (isWhole) return new Check("key-status", Outcome.PROVED, code, more);
  return new Check("key-status", Outcome.NOT_CHECKED, SHOWN[code], more);
}

function judgedFacts({ word }, policy) {
  const { revocation, right } = word;
  const facts = { index: word.leafIndex, reason: revocation.reason };
  Object.assign(facts, { said_by: right, by: revocation.signer });
  if (right === Right.BINDER) {
    facts.by_name = policy.institutions.get(revocation.signer)?.name ?? revocation.signer;
  }
  if (revocation.compromisedSinceUnix !== null) {
    facts.since = utcText(revocation.compromisedSinceUnix);
    facts.since_unix = revocation.compromisedSinceUnix;
  }
  if (revocation.successor !== null) facts.successor = revocation.successor;
  return facts;
}
