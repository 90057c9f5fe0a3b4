/**
 * Whether a record, once it is proved, answers the question that a service gave it for. Pure.
 *
 * A service can put anybody's record under anybody's name; what the record itself says is looked
 * at here.
 */

import { namedPeople } from "./attribution_values.js";
import { targetsOf } from "./record_standing.js";

/**
 * @param {import("./question.js").Question} question
 * @param {import("./case.js").Entry} entry
 * @returns {boolean | null} null where the record alone does not tell, as whether a published
 *   manifest lists a file
 */
export function answers({ kind, value }, entry) {
  return RULES[kind](value, entry);
}

const RULES = {
  digest(value, { id, record }) {
    const digests = [record.payload.dataset_digest, id, ...targetsOf(record)];
    return digests.includes(value) ? true : record.type === "deposit" ? null : false;
  },
  key: (value, { record }) =>
    [record.kid, record.payload.key, record.payload.to].includes(value) || null,
  orcid: (value, entry) => peopleOf(entry).some((one) => one.orcid === value) || null,
  name: (value, entry) => peopleOf(entry).some((one) => plain(one.name) === plain(value)) || null,
  institution(value, entry) {
    const known = peopleOf(entry).flatMap(({ ror, name }) => [...(ror ?? []), name]);
    return [...known, entry.signer.binder].some((one) => plain(one) === plain(value)) || null;
  },
  doi(value, { record }) {
    const { identifiers = [], relations = [] } = record.payload;
    const named = [
      ...identifiers.map((one) => one.value),
      ...relations.map((one) => one.identifier),
    ];
    return named.some((one) => bareDoi(one) === bareDoi(value)) || null;
  },
};

/** Everybody whom a record names, its signer among them. */
function peopleOf({ record, signer }) {
  const { name = null, orcid = null, ror = [] } = record.type === "key" ? record.payload : {};
  const parties = (record.payload.parties ?? []).filter((one) => typeof one?.name === "string");
  const named = namedPeople(record).flatMap((one) => one.contributor ?? []);
  return [signer, { name, orcid, ror }, ...parties, ...named];
}

function plain(text) {
  return typeof text === "string" ? text.normalize("NFC").trim().toLowerCase() : null;
}

function bareDoi(text) {
  const bare = plain(text)?.replace(/^(?:https?:\/\/(?:dx\.)?doi\.org\/|doi:\s*)/, "");
  return bare ?? null;
}
