/**
 * How a record stands today; mirrors provenance/record_standing.py.
 *
 *     deposit  <- transfer     the owner is another key from here on
 *              <- withdrawal   its owner no longer stands by it
 *              <- correction   it is wrong; perhaps another record holds instead
 *              <- dispute      open, until a ruling or a withdrawal of the dispute ends it
 *
 * Nothing is ever removed: a record that stands badly is shown together with what says so.
 * A "placed" record is `{id, record, leafIndex}`, `id` in lower-case hex.
 */

import { readCorrection, readRuling, readTransfer } from "./attribution_values.js";

/**
 * @typedef {object} DisputeState
 * @property {string} dispute record id
 * @property {"open" | "ruled" | "corrected" | "withdrawn"} state how far it has come
 * @property {string | null} ruling record id of the newest ruling
 * @property {string | null} outcome of that ruling
 */

/**
 * @typedef {object} RecordStanding
 * @property {string} owner thumbprint of the key that speaks for it
 * @property {string | null} withdrawn id of the first withdrawal by its owner
 * @property {string | null} correction id of the newest correction
 * @property {string | null} supersededBy id of what holds instead
 * @property {DisputeState[]} disputes all that were ever opened about it, oldest first
 */

/**
 * Tell how a record stands, by all that is known about it and about its disputes.
 *
 * @param {object} subject
 * @param {Iterable<object>} known in any order; records about others are passed over
 * @returns {RecordStanding}
 */
export function stand(subject, known) {
  const ordered = [...known].sort((a, b) => a.leafIndex - b.leafIndex);
  const about = ordered.filter((one) => targetsOf(one.record).includes(subject.id));
  let withdrawn = null;
  const corrections = [];
  for (const one of about) {
    if (one.record.type === "withdrawal" && withdrawn === null) {
      withdrawn = one.record.kid === ownerOf(subject, about, one.leafIndex) ? one.id : null;
    } else if (one.record.type === "correction" && corrects(one, subject, about, ordered)) {
      corrections.push(one);
    }
  }
  const named = corrections
    .map((one) => readCorrection(one.record).superseded_by)
    .filter((one) => one !== null);
  return {
    owner: ownerOf(subject, about),
    withdrawn,
    correction: corrections.at(-1)?.id ?? null,
    supersededBy: named.at(-1) ?? null,
    disputes: about
      .filter((one) => one.record.type === "dispute")
      .map((one) => disputeState(one, ordered)),
  };
}

/** @param {RecordStanding} standing @returns {boolean} whether a dispute about it is open */
export function isDisputed(standing) {
  return standing.disputes.some((one) => one.state === "open");
}

/** @param {RecordStanding} standing @returns {boolean} whether nothing has to be shown beside it */
export function isSound(standing) {
  return standing.withdrawn === null && standing.correction === null && !isDisputed(standing);
}

/**
 * Return the machine form, as the service and the CLI write it.
 *
 * @param {RecordStanding} standing
 * @returns {object}
 */
export function standingToJSON(standing) {
  return {
    owner: standing.owner,
    withdrawn: standing.withdrawn,
    disputed: isDisputed(standing),
    corrected: standing.correction,
    superseded_by: standing.supersededBy,
    disputes: standing.disputes.map((one) => ({
      id: one.dispute,
      state: one.state,
      ruling: one.ruling,
      outcome: one.outcome,
    })),
  };
}

/**
 * Return the thumbprint of the key that speaks for a record, below an index or today.
 *
 * @param {object} subject
 * @param {object[]} about records about it, by leaf index; only a transfer by the owner of its
 *   time counts
 * @param {number} [below]
 * @returns {string}
 */
export function ownerOf(subject, about, below = Infinity) {
  let owner = subject.record.kid;
  for (const one of about) {
    if (one.leafIndex >= below) break;
    if (one.record.type === "transfer" && one.record.kid === owner) {
      const transfer = readTransfer(one.record);
      owner = transfer.record === subject.id ? transfer.to : owner;
    }
  }
  return owner;
}

/**
 * Tell how far a dispute has come, by all that is known about it, by leaf index.
 *
 * @param {object} dispute
 * @param {Iterable<object>} known
 * @returns {DisputeState}
 */
export function disputeState(dispute, known) {
  const rulings = [];
  const corrected = new Set();
  let withdrawn = false;
  for (const one of known) {
    const { record } = one;
    if (record.type === "ruling" && targetsOf(record).includes(dispute.id)) {
      rulings.push({ id: one.id, ruling: readRuling(record) });
    } else if (record.type === "withdrawal" && targetsOf(record).includes(dispute.id)) {
      withdrawn ||= record.kid === dispute.record.kid;
    } else if (record.type === "correction") {
      const correction = readCorrection(record);
      corrected.add(`${correction.ruling} ${correction.record}`);
    }
  }
  const last = rulings.at(-1);
  if (last === undefined) {
    const state = withdrawn ? "withdrawn" : "open";
    return { dispute: dispute.id, state, ruling: null, outcome: null };
  }
  const wanted = last.ruling.corrects.map((one) => `${last.id} ${one}`);
  const isDone = wanted.length > 0 && wanted.every((one) => corrected.has(one));
  const state = isDone ? "corrected" : "ruled";
  return { dispute: dispute.id, state, ruling: last.id, outcome: last.ruling.outcome };
}

/**
 * Return the ids of the records that a record is about or refers to, each once.
 *
 * @param {object} record
 * @returns {string[]}
 */
export function targetsOf(record) {
  const { claims } = record;
  const named = [claims.record, claims.ruling, claims.superseded_by];
  for (const name of ["records", "corrects", "relations"]) {
    if (Array.isArray(claims[name])) named.push(...claims[name]);
  }
  const plain = named.map((one) => (isObject(one) ? one.record : one));
  return [...new Set(plain.filter((one) => typeof one === "string"))];
}

function corrects(one, subject, about, known) {
  const correction = readCorrection(one.record);
  if (correction.record !== subject.id) return false;
  if (one.record.kid === ownerOf(subject, about, one.leafIndex)) return true;
  return known.some(
    (other) =>
      other.id === correction.ruling &&
      other.record.type === "ruling" &&
      other.record.kid === one.record.kid &&
      readRuling(other.record).corrects.includes(correction.record),
  );
}

function isObject(value) {
  return typeof value === "object" && value !== null;
}
