/**
 * Checks 2, 3, 6 to 8 and 15: that a record is a signed entry of the log the policy names; mirrors
 * `provenance/verify_log.py`.
 *
 *     (2) log          every part is of the policy's origin
 *     (3) signature    the record's, its key records' and the revocations' signatures
 *     (6) checkpoint   a policy key signed each checkpoint, and they do not contradict each other
 *     (7) inclusion    record, keys and beacon lie under each checkpoint, in the right order
 *     (8) witnesses    the policy's quorum
 *     (15) disclosure  what this copy does not show
 *
 * Everything here follows from receipt and policy; `verify.js` puts the checks together.
 */

import { toHex } from "./bytes.js";
import { BadSignatureError, UnknownKeyError, VerificationError } from "./errors.js";
import { leafHash, verifyInclusion } from "./merkle.js";
import { verifySignature } from "./parse_record.js";
import { Check, Outcome } from "./verdict.js";

/** Record types that the root key signs, which has no `key` record: the policy names it. */
export const ROOT_SIGNED = Object.freeze(["genesis", "configuration", "erasure"]);

/**
 * Make checks 2, 3, 6 to 8 and 15; stops after the first that makes the rest meaningless.
 *
 * @param {import("./receipt_parts.js").Parts} parts
 * @param {import("./policy.js").Policy} policy
 * @returns {Promise<Check[]>}
 */
export async function checkLog(parts, policy) {
  const origin = checkOrigin(parts, policy);
  if (origin.outcome === Outcome.UNUSABLE) return [origin];
  const signature = await checkSignature(parts, policy);
  if (signature.outcome === Outcome.UNUSABLE) return [origin, signature];
  return [
    origin,
    signature,
    await checkCheckpoints(parts, policy),
    checkInclusion(parts),
    await checkWitnesses(parts, policy),
    checkDisclosure(parts),
  ];
}

// --- (2) log ------------------------------------------------------------------------------

function checkOrigin(parts, policy) {
  const origins = [
    ...parts.namedRecords().map(([name, record]) => [name, record.aud]),
    ...parts.allStates.map((state) => [`${state.name}.checkpoint`, state.checkpoint.origin]),
  ];
  const other = origins.find(([, origin]) => origin !== policy.origin);
  if (other !== undefined) {
    const [part, origin] = other;
    const facts = { part, origin, expected: policy.origin };
    return new Check("log", Outcome.UNUSABLE, "other-log", { facts });
  }
  return new Check("log", Outcome.PROVED, "log-of-policy", { facts: { origin: policy.origin } });
}

// --- (3) signature ------------------------------------------------------------------------

/** Return the key that has to have signed the record, null when the receipt lacks it. */
function signingKey({ record, keys }, policy) {
  if (ROOT_SIGNED.includes(record.type)) return policy.rootKey;
  if (record.key !== null) return record.key; // a key record carries its own
  return keys[0]?.kid === record.kid ? keys[0].key : null;
}

async function checkSignature(parts, policy) {
  const { record } = parts;
  const publicKey = signingKey(parts, policy);
  if (publicKey === null) {
    return new Check("signature", Outcome.UNUSABLE, "no-key-record", {
      facts: { key: record.kid },
    });
  }
  const signed = [["record", record, publicKey]];
  parts.keys.forEach((key, at) => signed.push([`keys[${at}]`, key, key.key]));
  for (const [part, revocation] of parts.revocationRecords()) {
    const revoker = parts.keyOf(revocation.kid);
    if (revoker === null) {
      const error = new UnknownKeyError(`no key record of ${revocation.kid} is shown`);
      return refused("signature", "signature-false", error, part);
    }
    signed.push([part, revocation, revoker]);
  }
  for (const [part, one, signer] of signed) {
    try {
      await verifySignature(one, signer);
    } catch (error) {
      if (!(error instanceof BadSignatureError)) throw error;
      return refused("signature", "signature-false", error, part);
    }
  }
  const facts = { key: record.kid, alg: record.alg };
  return new Check("signature", Outcome.PROVED, "record-signed", { facts, needed: true });
}

// --- (6) checkpoint -----------------------------------------------------------------------

async function checkCheckpoints(parts, policy) {
  let signers = [];
  let unsigned = null;
  for (const state of parts.allStates) {
    const keys = policy.keysAt(state.checkpoint.treeSize);
    try {
      if (state.isByAny(keys)) {
        const found = await state.note.verifiedBy(keys);
        signers = state === parts.newest ? found : signers;
      } else {
        unsigned ??= checkUnsigned(state, policy);
      }
    } catch (error) {
      if (!(error instanceof BadSignatureError)) throw error;
      return refused("checkpoint", "checkpoint-false", error, `${state.name}.checkpoint`);
    }
  }
  if (unsigned !== null) return unsigned;
  if (isForked(parts.allStates)) return new Check("checkpoint", Outcome.FALSE, "checkpoint-fork");
  const facts = { tree_size: parts.newest.checkpoint.treeSize, signers: signers.join(", ") };
  const more = { trust: "policy", facts, needed: true };
  return new Check("checkpoint", Outcome.PROVED, "checkpoint-signed", more);
}

/** Tell whether two states have the same tree size and different roots. */
function isForked(states) {
  const roots = new Map();
  return states.some(({ checkpoint: { treeSize, rootHash } }) => {
    const root = toHex(rootHash);
    const known = roots.get(treeSize) ?? root;
    roots.set(treeSize, known);
    return known !== root;
  });
}

/**
 * Judge a checkpoint that no key of the policy for its size claims to have signed.
 *
 * A key that the policy does not know at all may be the log's next one: nothing is shown to be
 * false. One that it names for other sizes only must not have signed this one, which throws.
 */
function checkUnsigned(state, policy) {
  const size = state.checkpoint.treeSize;
  if (state.isByAny(policy.checkpointKeys.map((key) => key.verifier))) {
    const message = `signed by a key that the policy does not name for size ${size}`;
    throw new BadSignatureError(message);
  }
  const facts = { part: `${state.name}.checkpoint`, tree_size: size };
  const more = { facts, needed: true };
  return new Check("checkpoint", Outcome.NOT_CHECKED, "checkpoint-no-policy-key", more);
}

// --- (7) inclusion ------------------------------------------------------------------------

function checkInclusion(parts) {
  const index = parts.receipt.record.leafIndex;
  try {
    checkOrder(parts);
    for (const state of parts.states) checkPaths(parts, state);
    if (parts.revocations !== null) checkRevocations(parts.revocations);
  } catch (error) {
    if (!(error instanceof VerificationError)) throw error;
    return refused("inclusion", "inclusion-false", error, error.field ?? "record");
  }
  const facts = { index, tree_size: parts.newest.checkpoint.treeSize };
  return new Check("inclusion", Outcome.PROVED, "included", { facts, needed: true });
}

/** Check that keys and beacon were in the log before the record. */
function checkOrder({ receipt }) {
  const earlier = receipt.keys.map((key, at) => [`keys[${at}]`, key.leafIndex]);
  if (receipt.beacon !== null) earlier.push(["beacon", receipt.beacon.leafIndex]);
  const own = receipt.record.leafIndex;
  for (const [name, index] of earlier) {
    if (index >= own) {
      throw new VerificationError(`expected an index below ${own}, got ${index}`, name);
    }
  }
}

function checkPaths(parts, state) {
  const { receipt } = parts;
  const { proofs } = state;
  const rows = [["record", parts.record, receipt.record.leafIndex, proofs.record]];
  parts.keys.forEach((key, at) => {
    rows.push([`keys[${at}]`, key, receipt.keys[at].leafIndex, proofs.keys[at]]);
  });
  if (parts.beacon !== null) {
    rows.push(["beacon", parts.beacon, receipt.beacon.leafIndex, proofs.beacon]);
  }
  const { rootHash, treeSize } = state.checkpoint;
  for (const [name, record, index, path] of rows) {
    prove(`${state.name}.${name}`, record, { index, treeSize, path, rootHash });
  }
}

/** Check that all of it lies under its own checkpoint, which check 6 finds signed. */
function checkRevocations(shown) {
  const { rootHash, treeSize } = shown.state.checkpoint;
  for (const [name, record, proven] of shown.namedProofs()) {
    const index = proven.record.leafIndex;
    prove(name, record, { index, treeSize, path: proven.path, rootHash });
  }
}

function prove(name, record, { index, treeSize, path, rootHash }) {
  try {
    verifyInclusion(leafHash(record.entry), index, treeSize, path, rootHash);
  } catch (error) {
    if (error instanceof VerificationError) error.field = name;
    throw error;
  }
}

// --- (8) witnesses ------------------------------------------------------------------------

/** Count the witnesses of the best witnessed state: each of them holds the record. */
async function checkWitnesses(parts, policy) {
  let count = 0;
  for (const state of parts.states) {
    try {
      count = Math.max(count, await countWitnesses(state.note, policy.witnesses));
    } catch (error) {
      if (!(error instanceof BadSignatureError)) throw error;
      return refused("witnesses", "cosignature-false", error, `${state.name}.checkpoint`);
    }
  }
  const { quorum } = policy;
  if (quorum === 0) return new Check("witnesses", Outcome.NOT_CHECKED, "no-quorum-asked");
  const more = { facts: { count, quorum }, needed: true };
  if (count < quorum) return new Check("witnesses", Outcome.NOT_YET, "quorum-not-met", more);
  return new Check("witnesses", Outcome.PROVED, "quorum-met", { ...more, trust: "witnesses" });
}

/** Count those who cosigned; every line that claims to be a witness's must verify. */
async function countWitnesses(note, witnesses) {
  let count = 0;
  for (const witness of witnesses) {
    const lines = note.signatures.filter((line) => witness.made(line));
    for (const line of lines) await witness.verify(note.text, line);
    if (lines.length > 0) count += 1;
  }
  return count;
}

// --- (15) disclosure ----------------------------------------------------------------------

function checkDisclosure({ record }) {
  const count = record.withheld.size;
  if (count === 0) return new Check("disclosure", Outcome.PROVED, "all-shown");
  return new Check("disclosure", Outcome.NOT_CHECKED, "not-shown", { facts: { count } });
}

function refused(name, code, error, part) {
  const facts = { error: error.code, detail: error.message, part };
  return new Check(name, Outcome.FALSE, code, { facts });
}
