/**
 * What the records about attribution claim, as plain values; mirrors provenance/attribution_values.py.
 *
 * A record has been parsed and checked when it gets here, so nothing is checked again but its
 * type. Ids and digests stay lower-case hex, what was withheld or erased is null, never guessed.
 */

import { MalformedError } from "./errors.js";

/**
 * @typedef {object} Contributor
 * @property {string} name
 * @property {string | null} orcid
 * @property {string[]} ror
 * @property {string[]} roles slugs of CRediT roles; empty means not stated
 */

/**
 * Return the contributors that a `deposit` or `contribution` names, in signed order.
 *
 * @param {object} record
 * @returns {{digest: string, contributor: Contributor | null}[]}
 */
export function namedPeople(record) {
  const shown = shownElements(record);
  return (record.claims.contributors ?? []).map((place) => ({
    digest: place["..."],
    contributor: ifAny(readContributor, shown.get(place["..."])),
  }));
}

/** @param {object} value one contributor as it is disclosed @returns {Contributor} */
function readContributor(value) {
  return {
    name: value.name,
    orcid: value.orcid ?? null,
    ror: value.ror ?? [],
    roles: value.roles ?? [],
  };
}

/**
 * @param {object} record
 * @returns {{record: string, contributor: string, answer: string, reason: string | null,
 *   roles: string[]}}
 */
export function readResponse(record) {
  const { payload } = record;
  return {
    record: subjectOf(record, "response"),
    contributor: payload.contributor,
    answer: payload.answer,
    reason: payload.reason ?? null,
    roles: payload.roles ?? [],
  };
}

/** @param {object} record @returns {{record: string, to: string}} */
export function readTransfer(record) {
  return { record: subjectOf(record, "transfer"), to: record.payload.to };
}

/** @param {object} record @returns {{record: string, reason: string | null}} */
export function readWithdrawal(record) {
  return { record: subjectOf(record, "withdrawal"), reason: record.payload.reason ?? null };
}

/**
 * @param {object} record
 * @returns {{record: string, ruling: string | null, superseded_by: string | null,
 *   reason: string | null}}
 */
export function readCorrection(record) {
  const { payload } = record;
  return {
    record: subjectOf(record, "correction"),
    ruling: payload.ruling ?? null,
    superseded_by: payload.superseded_by ?? null,
    reason: payload.reason ?? null,
  };
}

/**
 * @param {object} record
 * @returns {{records: string[], claims: string[], question: string | null,
 *   parties: ({name: string, orcid: string | null, ror: string[], side: string} | null)[]}}
 */
export function readDispute(record) {
  expectType(record, "dispute");
  const shown = shownElements(record);
  return {
    records: record.payload.records,
    claims: record.payload.claims,
    question: record.payload.question ?? null,
    parties: record.claims.parties.map((place) => ifAny(party, shown.get(place["..."]))),
  };
}

/**
 * @param {object} record
 * @returns {{record: string, event: string | null, occurred_unix: number | null,
 *   evidence: string[], evidence_names: string[], text: string | null,
 *   time_token: string | null, relations: object[]}}
 */
export function readStatement(record) {
  const { payload } = record;
  return {
    record: subjectOf(record, "statement"),
    event: payload.event ?? null,
    occurred_unix: payload.occurred ?? null,
    evidence: payload.evidence ?? [],
    evidence_names: payload.evidence_names ?? [],
    text: payload.text ?? null,
    time_token: payload.time_token ?? null,
    relations: (payload.relations ?? []).map(readRelation),
  };
}

/**
 * @param {object} record
 * @returns {{record: string, outcome: string, corrects: string[], reasons: string | null}}
 */
export function readRuling(record) {
  const { payload } = record;
  return {
    record: subjectOf(record, "ruling"),
    outcome: payload.outcome,
    corrects: payload.corrects ?? [],
    reasons: payload.reasons ?? null,
  };
}

/**
 * Read one relation to another dataset, in a word of PROV-O.
 *
 * @param {object} value
 * @returns {{relation: string, record: string | null, identifier: string | null}}
 */
export function readRelation(value) {
  return {
    relation: value.relation,
    record: value.record ?? null,
    identifier: value.identifier ?? null,
  };
}

/** Raise unless a record is of one type. */
function expectType(record, expected) {
  if (record.type !== expected) {
    throw new MalformedError(
      `expected ${expected}+sd-jwt, got ${record.type}+sd-jwt`,
      "header.typ",
    );
  }
}

function party(value) {
  return {
    name: value.name,
    orcid: value.orcid ?? null,
    ror: value.ror ?? [],
    side: value.side,
  };
}

function shownElements(record) {
  return new Map(record.parts.map((part) => [part.digest, part.value]));
}

function subjectOf(record, expected) {
  expectType(record, expected);
  return record.payload.record;
}

function ifAny(read, value) {
  return value === undefined || value === null ? null : read(value);
}
