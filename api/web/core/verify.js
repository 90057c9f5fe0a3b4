/**
 * Verify a receipt offline: receipt, trust policy and what the reader gives make a verdict;
 * mirrors `provenance/verify.py`.
 *
 *     (1)                         the receipt parses        receipt_parts.js
 *     (2), (3), (6) to (8), (15)  the log, the record       verify_log.js
 *     (4), (5)                    the signing key           verify_keys.js
 *     (9) to (11)                 no later than             verify_anchors.js
 *     (12), (13)                  no earlier than           verify_start.js
 *     (14)                        the data                  verify_data.js and verify_sealed.js
 *     (16)                        how digests came about    verify_assurance.js
 *
 * The numbers are those of `docs/trust-model.md`. Nothing here asks a server, a file or a clock, so
 * the same input always has the same verdict. A refusal is a verdict like any other.
 */

import { toEvmHex } from "./digests.js";
import { MalformedError } from "./errors.js";
import { Given, blockFromHash, blockFromHeader } from "./given.js";
import { fixityOf } from "./parse_record.js";
import { Policy } from "./policy.js";
import { Parts } from "./receipt_parts.js";
import { Check, NUMBERS, Outcome, Verdict, notInLog } from "./verdict.js";
import { checkAnchors, checkBlocks, checkNotAfter } from "./verify_anchors.js";
import { checkAssurance } from "./verify_assurance.js";
import { blocksOf, rootsOf } from "./verify_blocks.js";
import { checkData } from "./verify_data.js";
import { bracketOf, checkKeys } from "./verify_keys.js";
import { checkLog } from "./verify_log.js";
import { checkNotBefore, checkOwnBlock } from "./verify_start.js";

// Checks 7 to 13, which speak of the state that check 6 finds signed.
const IN_THE_LOG = Object.keys(NUMBERS).filter((name) => NUMBERS[name] >= 7 && NUMBERS[name] <= 13);
// Codes of check 4 that rest on entries of the log as well.
const BOUND_IN_THE_LOG = ["key-institution", "key-department"];
const NO_BOUNDS = Object.freeze({ notBefore: null, notAfter: null, signedNotBefore: null });

/**
 * @typedef {object} GivenByReader what a reader gives beside receipt and policy
 * @property {number} now the reader's clock in POSIX seconds, only noted in the verdict
 * @property {{hash?: string, header?: Uint8Array}[]} [blocks] blocks that the reader vouches for,
 *   by hash (`0x` and 64 digits) or by the RLP of the header
 * @property {import("./given.js").RpcView | "unreachable" | null} [rpc] what a node answered
 *   (`../rpc.js`)
 * @property {import("./given.js").Data | null} [data] what lies on the disk (`data_at.js`)
 * @property {Uint8Array[]} [fixity] receipts of those who read the files again
 * @property {Uint8Array | null} [opening] the receipt of what opens a sealed deposit
 * @property {string[]} [requires] of `identity`, `key-status`, `not-before`: what exit code 0
 *   needs beyond the usual
 * @property {boolean} [allowDevChain] let a chain that the log's operator runs count
 * @property {string | null} [authorities] CA certificates in PEM
 */

/**
 * Verify a receipt file.
 *
 * @param {Uint8Array} receipt the file's bytes
 * @param {Uint8Array} policyOctets the trust policy's bytes
 * @param {GivenByReader} given
 * @returns {Promise<object>} the JSON of `provenance verify --json`; sentences have every digit of
 *   a number, members are rounded beyond 2^53
 * @throws {MalformedError} the policy, or a block given, cannot be read
 * @throws {import("./errors.js").UnavailableError} this browser lacks an algorithm
 */
export async function verifyReceipt(receipt, policyOctets, given) {
  const policy = new Policy(policyOctets);
  const { now } = given;
  const fixity = [];
  for (const one of given.fixity ?? []) fixity.push(await readFixity(one, policy, now));
  const opening = given.opening ? await readOpening(given.opening, policy, now) : null;
  const blocks = (given.blocks ?? []).map(({ hash, header }) =>
    header === undefined || header === null ? blockFromHash(hash) : blockFromHeader(header),
  );
  const { rpc, data, allowDevChain, authorities, requires: require } = given;
  const all = { blocks, rpc, data, require, allowDevChain, fixity, opening, authorities };
  return plain((await verifyOctets(receipt, policy, new Given(all), now)).toJson());
}

/** Return JSON that anybody can write and show: numbers beyond 2^53, of no real block, rounded. */
function plain(value) {
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plain(one)]));
}

/**
 * Verify a receipt under a policy that is already read.
 *
 * @param {Uint8Array} octets
 * @param {Policy} policy
 * @param {Given} given
 * @param {number} now
 * @returns {Promise<Verdict>}
 */
export async function verifyOctets(octets, policy, given, now) {
  let parts;
  try {
    parts = new Parts(octets);
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    const facts = { error: error.code, detail: error.message, field: error.field ?? "" };
    const check = new Check("receipt", Outcome.UNUSABLE, "receipt-unreadable", { facts });
    return verdictOf([check], { policy, now });
  }
  return checkParts(parts, policy, given, now);
}

/**
 * Make checks 2 to 16 on a receipt that is already parsed.
 *
 * @param {Parts} parts
 * @param {Policy} policy
 * @param {Given} given
 * @param {number} now
 * @returns {Promise<Verdict>}
 */
async function checkParts(parts, policy, given, now) {
  const checks = [new Check("receipt", Outcome.PROVED, "receipt-read")];
  checks.push(...(await checkLog(parts, policy)));
  const { record, receipt } = parts;
  const claimed = {
    recordId: record.id,
    recordType: record.type,
    key: record.kid,
    issuedAtUnix: record.iat,
    leafIndex: receipt.record.leafIndex,
  };
  const about = { policy, now, claimed };
  if (checks.some((check) => check.outcome === Outcome.UNUSABLE)) return verdictOf(checks, about);
  const [made, bounds] = await checkChains(parts, policy, given);
  const begins = [bounds.notBefore, bounds.signedNotBefore];
  const bracket = bracketOf(begins, bounds.notAfter, given);
  checks.push(...made, ...(await checkKeys(parts, policy, given, bracket)));
  checks.push(checkData(parts, given), ...checkAssurance(parts, given));
  if (checks.some((check) => check.code === "checkpoint-no-policy-key")) {
    return verdictOf(checks.map(withoutLog), about);
  }
  return verdictOf(checks, about, bounds);
}

/**
 * Take back what holds only in the policy's log, when nobody it names signed the state.
 *
 * Anybody can build a tree around a record, with paths that lead to its root. What was found to be
 * false in it stays false, and what was not checked stays so.
 */
function withoutLog(check) {
  const isGood = check.outcome === Outcome.PROVED || check.outcome === Outcome.VOUCHED;
  const isOfLog = IN_THE_LOG.includes(check.name) || BOUND_IN_THE_LOG.includes(check.code);
  if (!isGood || !isOfLog) return check;
  const outcome = Outcome.NOT_CHECKED;
  return check.with({ outcome, code: "not-reached", trust: "nobody", facts: {} });
}

/** Make checks 9 to 13. */
async function checkChains(parts, policy, given) {
  const readings = await checkAnchors(parts, policy);
  const [notAfter, end] = checkNotAfter(readings, given);
  const [begun, start] = checkNotBefore(parts, policy, given, readings);
  const [signed, own] = checkOwnBlock(parts, policy, given);
  const isInverted = start !== null && end !== null && start.timeUnix > end.timeUnix;
  const notBefore = isInverted ? new Check("not-before", Outcome.FALSE, "bracket-inverted") : begun;
  const checks = readings.map((reading) => reading.check);
  if (readings.length === 0) checks.push(new Check("anchor", Outcome.NOT_YET, "not-anchored"));
  checks.push(...checkBlocks(parts, policy, given, readings), notAfter, notBefore, signed);
  return [checks, { notBefore: start, notAfter: end, signedNotBefore: own }];
}

/** Put the checks in order, name those that were not reached, and claim no false interval. */
function verdictOf(checks, { policy, now, claimed = null }, bounds = NO_BOUNDS) {
  const made = new Set(checks.map((check) => check.name));
  const missing = Object.keys(NUMBERS)
    .filter((name) => !made.has(name))
    .map((name) => new Check(name, Outcome.NOT_CHECKED, "not-reached"));
  const isRefused = checks.some(
    ({ outcome }) => outcome === Outcome.FALSE || outcome === Outcome.UNUSABLE,
  );
  return new Verdict({
    policyDigest: policy.digest,
    checks: [...checks, ...missing].sort((one, other) => one.number - other.number),
    claimed,
    ...(isRefused ? NO_BOUNDS : bounds),
    verifiedAtUnix: now,
  });
}

// --- other records ------------------------------------------------------------------------

/**
 * Verify the receipt of a `fixity` record, for use as `Given.fixity`.
 *
 * Only that it is a signed entry of the policy's log matters here. When it was made, its own
 * verdict says; that it was made after the deposit follows from the deposit's id in it.
 *
 * @param {Uint8Array} octets
 * @param {Policy} policy
 * @param {number} now
 * @returns {Promise<import("./given.js").GivenFixity>}
 */
export async function readFixity(octets, policy, now) {
  const { state, because, verdict, parts } = await readOther(octets, policy, now);
  const unusable = { state: "unusable", fixity: null, key: "", identity: "" };
  if (parts === null) return { ...unusable, because };
  if (parts.record.type !== "fixity") return { ...unusable, because: "not-a-fixity-record" };
  const identity = verdict.check("identity").code;
  return { state, because, fixity: fixityOf(parts.record), key: parts.record.kid, identity };
}

/**
 * Verify the receipt of an `opening` record, for use as `Given.opening`; as above.
 *
 * @param {Uint8Array} octets
 * @param {Policy} policy
 * @param {number} now
 * @returns {Promise<import("./given.js").GivenOpening>}
 */
export async function readOpening(octets, policy, now) {
  const { state, because, parts } = await readOther(octets, policy, now);
  const unusable = { state: "unusable", record: null, leafIndex: -1 };
  if (parts === null) return { ...unusable, because };
  if (parts.record.type !== "opening") return { ...unusable, because: "not-an-opening" };
  return { state, because, record: parts.record, leafIndex: parts.receipt.record.leafIndex };
}

/** Verify the receipt of another record: whether it is an entry, and why not if not. */
async function readOther(octets, policy, now) {
  const verdict = await verifyOctets(octets, policy, new Given(), now);
  if (verdict.exitCode === 2) {
    return { state: "unusable", because: verdict.deciding?.code ?? "", verdict, parts: null };
  }
  const parts = new Parts(octets);
  const absent = notInLog(verdict.checks);
  if (absent === null) return { state: "logged", because: "included", verdict, parts };
  const state = absent.outcome === Outcome.FALSE ? "false" : "not-logged";
  return { state, because: absent.code, verdict, parts };
}

// --- what to ask others -------------------------------------------------------------------

/**
 * Return the blocks a receipt speaks of, for whoever asks a node or an explorer.
 *
 * @param {Uint8Array} receipt
 * @returns {{chainId: number, number: number | bigint, hash: string}[]} hashes as explorers
 *   print them
 * @throws {MalformedError} the receipt cannot be read
 */
export function blocksToLookUp(receipt) {
  return blocksOf(new Parts(receipt)).map(({ chainId, number, blockHash }) => ({
    chainId,
    number,
    hash: toEvmHex(blockHash),
  }));
}

/**
 * Return the roots that a receipt only states, for whoever asks a node what it holds.
 *
 * @param {Uint8Array} receipt
 * @returns {import("./given.js").RootName[]}
 * @throws {MalformedError} the receipt cannot be read
 */
export function rootsToAsk(receipt) {
  return rootsOf(new Parts(receipt));
}
