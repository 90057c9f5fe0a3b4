/**
 * How a dispute stands: its sides, what each of them brought, what was decided and corrected;
 * mirrors provenance/dispute_case.py.
 *
 * A dispute opened or decided by a key that the reader's policy does not bind is told apart
 * (`isBound`), and a statement is put on the side of a party only when its key has that party's
 * ORCID iD, else its exact name. Nothing here says who is right.
 */

import { readCorrection, readDispute, readRuling, readStatement } from "./attribution_values.js";
import { matchedBy } from "./authority.js";
import { MalformedError } from "./errors.js";
import { disputeState } from "./record_standing.js";

/** The two sides of a dispute. */
export const SIDES = Object.freeze(["claimant", "respondent"]);

/**
 * Put a dispute together.
 *
 * @param {import("./case.js").Case} case_
 * @param {string} id record id of the dispute
 * @returns {{entry: object, dispute: object, isBound: boolean,
 *   state: import("./record_standing.js").DisputeState, records: object[],
 *   evidence: {entry: object, statement: object, side: string | null, party: object | null,
 *     matchedBy: string | null}[],
 *   rulings: {entry: object, ruling: object, isBound: boolean}[],
 *   corrections: {entry: object, correction: object}[]}} all oldest first; the last bound ruling
 *   is in force
 * @throws {MalformedError} the case has no dispute of that id
 */
export function disputeOf(case_, id) {
  const entry = case_.get(id);
  if (entry === null || entry.record.type !== "dispute") {
    throw new MalformedError(`expected a dispute, got ${id}`, "ID");
  }
  const dispute = readDispute(entry.record);
  const records = dispute.records.map((one) => case_.get(one)).filter((one) => one !== null);
  const effective = case_.entries.filter((one) => one.isEffective);
  return {
    entry,
    dispute,
    isBound: entry.isEffective,
    state: disputeState(entry, effective),
    records: inOrder(records),
    evidence: statementsOn(case_, [id, ...dispute.records]).map((one) => evidenceOf(one, dispute)),
    rulings: case_.about(id, "ruling").map((one) => ({
      entry: one,
      ruling: readRuling(one.record),
      isBound: one.isEffective,
    })),
    corrections: case_.entries
      .filter((one) => one.record.type === "correction")
      .map((one) => ({ entry: one, correction: readCorrection(one.record) }))
      .filter((one) => dispute.records.includes(one.correction.record)),
  };
}

/**
 * Return the parties of one side that are shown.
 *
 * @param {{dispute: object}} found as `disputeOf` returns it
 * @param {string} name of `SIDES`
 * @returns {object[]}
 */
export function sideOf(found, name) {
  return found.dispute.parties.filter((one) => one !== null && one.side === name);
}

/** Return the one party that a signer is shown to be; of two namesakes neither. */
export function partyOf(entry, dispute) {
  const { signer } = entry;
  const found = dispute.parties
    .filter((party) => party !== null)
    .map((party) => ({
      party,
      how: matchedBy(party.name, party.orcid, signer.name, signer.orcid),
    }))
    .filter((one) => one.how !== null);
  const byOrcid = found.filter((one) => one.how === "orcid");
  const exact = byOrcid.length ? byOrcid : found;
  return exact.length === 1 ? exact[0] : { party: null, how: null };
}

function statementsOn(case_, subjects) {
  const found = new Map();
  for (const subject of subjects) {
    for (const one of case_.about(subject, "statement")) {
      if (readStatement(one.record).record === subject) found.set(one.id, one);
    }
  }
  return inOrder([...found.values()]);
}

/** Tell whose a statement is; a party is shown by its key alone, never by what is stated. */
function evidenceOf(entry, dispute) {
  const { party, how } = partyOf(entry, dispute);
  return {
    entry,
    statement: readStatement(entry.record),
    side: party?.side ?? null,
    party,
    matchedBy: how,
  };
}

function inOrder(entries) {
  return entries.sort((a, b) => a.leafIndex - b.leafIndex);
}
