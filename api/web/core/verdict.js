/**
 * What a verification found: numbered checks, the proved interval, one exit code; mirrors
 * `provenance/verdict.py`.
 *
 * A verdict is a value made by `verify.js`. Its codes are for machines and never change with the
 * language; the sentences for them are in `wordings.js`. `docs/trust-model.md` explains the same
 * checks under the same numbers.
 */

import { DEPOSIT_LEVELS } from "./assurance.js";
import { toEvmHex, toHex } from "./digests.js";
import { utcText } from "./times.js";
import { verdictSentence, wordsOf } from "./wordings.js";

const FORMAT = "provenance-verdict";
const VERSION = 1;

/**
 * How one check ended: follows from receipt, policy and mathematics (`PROVED`); true if the one
 * named in `trust` told the truth (`VOUCHED`); nothing was shown for it (`NOT_CHECKED`); too early
 * (`NOT_YET`); whoever was asked did not answer (`UNAVAILABLE`); what is claimed is not what was
 * found (`FALSE`); the input cannot be checked at all (`UNUSABLE`).
 */
export const Outcome = Object.freeze({
  PROVED: "proved",
  VOUCHED: "vouched",
  NOT_CHECKED: "not-checked",
  NOT_YET: "not-yet",
  UNAVAILABLE: "unavailable",
  FALSE: "false",
  UNUSABLE: "unusable",
});

/** Every check by its number in `docs/trust-model.md`. */
export const NUMBERS = Object.freeze({
  receipt: 1,
  log: 2,
  signature: 3,
  identity: 4,
  "key-status": 5,
  checkpoint: 6,
  inclusion: 7,
  witnesses: 8,
  anchor: 9,
  block: 10,
  "not-after": 11,
  "not-before": 12,
  "signed-not-before": 13,
  dataset: 14,
  disclosure: 15,
  assurance: 16,
});

/** The outcomes behind each exit code, in the order of precedence. */
const DECIDING = [
  [2, [Outcome.UNUSABLE]],
  [1, [Outcome.FALSE]],
  [4, [Outcome.UNAVAILABLE]],
  [3, [Outcome.NOT_YET, Outcome.NOT_CHECKED]],
];

/** What must be proved before a record may be called an entry of the log. */
const LOGGED = new Set(["receipt", "log", "signature", "checkpoint", "inclusion"]);

/** @typedef {Record<string, string | number | bigint>} Facts digests as on the wire */

/** One numbered check and how it ended. */
export class Check {
  /**
   * @param {string} name key of `NUMBERS`
   * @param {string} outcome of `Outcome`
   * @param {string} code key of the wordings
   * @param {{trust?: string, facts?: Facts, needed?: boolean, subject?: string | null}} [more]
   *   who has to be honest for it; what the sentence names; whether the exit code waits for it; the
   *   anchor or given record it is about
   */
  constructor(name, outcome, code, more = {}) {
    const { trust = "nobody", facts = {}, needed = false, subject = null } = more;
    this.name = name;
    this.outcome = outcome;
    this.code = code;
    this.trust = trust;
    this.facts = facts;
    this.needed = needed;
    this.subject = subject;
    Object.freeze(this);
  }

  /** @returns {number} in `docs/trust-model.md` */
  get number() {
    return NUMBERS[this.name];
  }

  /** @param {Partial<Check>} changes @returns {Check} */
  with(changes) {
    const { name, outcome, code, ...more } = { ...this, ...changes };
    return new Check(name, outcome, code, more);
  }

  /** @returns {object} codes and facts, and the English sentence */
  toJson() {
    const { number, name, subject, outcome, code, needed, trust, facts } = this;
    const text = verdictSentence(this);
    return { number, name, subject, outcome, code, needed, trust, facts: { ...facts }, text };
  }
}

/**
 * One end of the proved interval: a block whose hash somebody vouched for.
 *
 * @typedef {object} Bound
 * @property {number | bigint} timeUnix the block's own timestamp
 * @property {string} chain
 * @property {number} chainId
 * @property {number | bigint} blockNumber
 * @property {Uint8Array} blockHash
 * @property {string} trust
 * @property {boolean} independent false on a chain that the log's operator runs
 * @property {string} blockTime who sets the time that a block of this chain states
 */

/** @param {Bound | null} bound */
function boundJson(bound) {
  if (bound === null) return null;
  return {
    time_unix: bound.timeUnix,
    time: utcText(bound.timeUnix),
    chain: bound.chain,
    chain_id: bound.chainId,
    block_number: bound.blockNumber,
    block_hash: toEvmHex(bound.blockHash),
    trust: bound.trust,
    independent: bound.independent,
    block_time: bound.blockTime,
  };
}

/** Everything a verification found; a refusal is a verdict too. */
export class Verdict {
  /**
   * @param {object} found
   * @param {Uint8Array} found.policyDigest SHA-256 of the policy file the verdict rests on
   * @param {Check[]} found.checks in the order of their numbers
   * @param {object | null} found.claimed what the record says of itself; null when unreadable
   * @param {Bound | null} found.notBefore the record entered the log after this block
   * @param {Bound | null} found.notAfter the record existed no later than this block
   * @param {Bound | null} found.signedNotBefore the record was signed after this block
   * @param {number} found.verifiedAtUnix the reader's clock, which decides nothing
   */
  constructor(found) {
    Object.assign(this, found);
    Object.freeze(this);
  }

  /** @returns {number} 0 true, 1 false, 2 unusable, 3 not all checked, 4 a service is away */
  get exitCode() {
    return exitCodeOf(this.checks);
  }

  /** @returns {boolean} false when what is shown of time lies on a chain that the operator runs */
  get independent() {
    const bounds = [this.notBefore, this.notAfter, this.signedNotBefore];
    const shown = bounds.filter((bound) => bound !== null);
    if (shown.length > 0) return shown.every((bound) => bound.independent);
    return !this.checks.some((check) => check.code.endsWith("dev-chain"));
  }

  /** @returns {string | null} how the digests came about; all but `witnessed` is a claim */
  get assurance() {
    const made = this.checks.filter((check) => check.name === "assurance");
    const shown = new Set(made.map((check) => check.facts.level));
    return DEPOSIT_LEVELS.findLast((level) => shown.has(level)) ?? null;
  }

  /** @returns {Check | null} the first that made the exit code what it is; null when it is 0 */
  get deciding() {
    const code = this.exitCode;
    const [, outcomes] = DECIDING.find(([one]) => one === code) ?? [0, []];
    const decides = (check) =>
      outcomes.includes(check.outcome) && (check.needed || code === 1 || code === 2);
    return this.checks.find(decides) ?? null;
  }

  /** @param {string} name @returns {Check} the first of that name */
  check(name) {
    return this.checks.find((check) => check.name === name);
  }

  /** @returns {object} the machine form, the same as `provenance verify --json` */
  toJson() {
    const { claimed, exitCode } = this;
    return {
      format: FORMAT,
      v: VERSION,
      exit_code: exitCode,
      conclusion: wordsOf("en").conclusions[exitCode],
      because: this.deciding?.code ?? null,
      independent: this.independent,
      assurance: this.assurance,
      policy_digest: toHex(this.policyDigest),
      record: claimed === null ? null : claimedJson(claimed),
      interval: {
        entered_not_before: boundJson(this.notBefore),
        not_after: boundJson(this.notAfter),
        signed_not_before: boundJson(this.signedNotBefore),
      },
      verified_at_unix: this.verifiedAtUnix,
      checks: this.checks.map((check) => check.toJson()),
    };
  }
}

function claimedJson(claimed) {
  return {
    record_id: toHex(claimed.recordId),
    type: claimed.recordType,
    key: claimed.key,
    claimed_at_unix: claimed.issuedAtUnix,
    leaf_index: claimed.leafIndex,
  };
}

/**
 * Return the exit code: precedence 2, 1, 4, 3, 0 (`docs/trust-model.md`).
 *
 * An unusable or false check decides whether or not anybody asked for it; one that is away, not
 * yet there or not made decides only where it is needed.
 *
 * @param {Check[]} checks
 * @returns {number}
 */
function exitCodeOf(checks) {
  for (const [code, outcomes] of DECIDING) {
    const counted = code === 1 || code === 2 ? checks : checks.filter((check) => check.needed);
    if (counted.some((check) => outcomes.includes(check.outcome))) return code;
  }
  return 0;
}

/**
 * Return what keeps a record from being a signed entry of the log, null when nothing does.
 *
 * A record that a revocation makes void is an entry all the same: what it is worth is for check 5
 * to say.
 *
 * @param {Check[]} checks
 * @returns {Check | null}
 */
export function notInLog(checks) {
  for (const check of checks) {
    const isIn = check.outcome === Outcome.PROVED || !LOGGED.has(check.name);
    const isBad = check.outcome === Outcome.FALSE || check.outcome === Outcome.UNUSABLE;
    if ((isBad && check.name !== "key-status") || !isIn) return check;
  }
  return null;
}
