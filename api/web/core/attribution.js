/**
 * Who did what on a dataset: people by roles, and what each of them says to it; mirrors
 * provenance/attribution.py.
 *
 *     claimed    somebody else says so, and he has not answered: never shown as agreed
 *     accepted   he says so too
 *     objected   he says that he did not
 *     amended    he says so of himself, where others said otherwise
 *     own        he says so of himself: he signed the deposit, or a contribution of his own
 *     unclear    keys that are tied to his name equally well say different things
 *
 * An answer counts for a person when the answering key has his ORCID iD, else his exact name; the
 * better tied key goes before, and of one key the newest answer. What is withdrawn, found wrong or
 * refuted is shown and does not count.
 */

import { namedPeople, readResponse } from "./attribution_values.js";
import { matchedBy } from "./authority.js";
import { ROLES } from "./credit.js";
import { MalformedError } from "./errors.js";
import { ownerOf } from "./record_standing.js";

const OF_ANSWER = { accept: "accepted", object: "objected", amend: "amended" };

/** Which status a role has that is claimed twice: the one the person himself supports most. */
const RANK = { objected: 0, claimed: 1, unclear: 2, own: 3, amended: 4, accepted: 5 };

/** Slugs of the roles in the taxonomy's order. */
const ORDER = [...ROLES.keys()];

/**
 * @typedef {object} Answer one `response` to a claim, counted or not
 * @property {import("./case.js").Entry} entry
 * @property {object} response
 * @property {"orcid" | "name" | null} matchedBy by what the key is the person's
 * @property {boolean} counts
 */

/**
 * @typedef {object} Claim one element of a deposit or a contribution
 * @property {import("./case.js").Entry} entry
 * @property {string} digest what a response names
 * @property {import("./attribution_values.js").Contributor | null} contributor
 * @property {"depositor" | "person" | "other"} by `other`: nobody's to make, and not counted
 * @property {boolean} counts
 * @property {string} status
 * @property {Answer[]} answers all of them, oldest first
 * @property {Record<string, string>} roles each role with its status, in the taxonomy's order
 */

/**
 * @typedef {object} Person all claims about one person, as far as ORCID iD and name tell
 * @property {string | null} name null when nobody's copy shows it
 * @property {string | null} orcid
 * @property {string[]} ror
 * @property {Claim[]} claims
 * @property {Record<string, string>} roles
 * @property {string} status of the person as a contributor, whatever the roles
 * @property {boolean} isCredited
 */

/**
 * Put together who did what on a deposit: a row per person, a column per role.
 *
 * @param {import("./case.js").Case} case_
 * @param {string} deposit record id
 * @returns {{deposit: import("./case.js").Entry, people: Person[], roles: string[]}}
 * @throws {MalformedError} the case has no deposit of that id
 */
export function creditOf(case_, deposit) {
  const entry = case_.get(deposit);
  if (entry === null || entry.record.type !== "deposit") {
    throw new MalformedError(`expected a deposit, got ${deposit}`, "ID");
  }
  const claims = [entry, ...case_.about(deposit, "contribution")].flatMap((source) =>
    namedPeople(source.record).map((person) => claimOf(case_, entry, source, person)),
  );
  const people = groupsOf(claims).map(personOf);
  const used = new Set(people.flatMap((person) => Object.keys(person.roles)));
  return { deposit: entry, people, roles: ORDER.filter((slug) => used.has(slug)) };
}

// --- one claim ---------------------------------------------------------------------------------

function claimOf(case_, deposit, source, person) {
  const by = madeBy(case_, deposit, source, person);
  const answers = answersTo(case_, source, person, by === "person");
  const status = statusOf(source, answers, by === "person");
  const counts = by !== "other" && (source === deposit || stillStands(case_, source));
  const claim = {
    entry: source,
    digest: person.digest,
    contributor: person.contributor,
    by,
    counts,
    status,
    answers,
  };
  return { ...claim, roles: rolesOfClaim(claim) };
}

/** Tell what the answers that count make of a claim. */
function statusOf(source, answers, isOwn) {
  const counted = answers.filter((one) => one.counts);
  const said = counted.map((one) => one.response);
  if (isOwn && counted.every((one) => one.entry.record.kid !== source.record.kid)) {
    // his signature stands beside what keys say that are tied to him as well as this one
    return said.every((one) => one.answer === "accept") ? "own" : "unclear";
  }
  const kinds = new Set(said.map((one) => [one.answer, ...new Set(one.roles)].sort().join(" ")));
  if (kinds.size > 1) return "unclear";
  return kinds.size === 1 ? OF_ANSWER[said[0].answer] : "claimed";
}

function rolesOfClaim({ contributor, status, answers }) {
  const named = contributor?.roles ?? [];
  const stated = new Map(named.map((slug) => [slug, status]));
  if (status === "amended") {
    const own = new Set(answers.filter((one) => one.counts).flatMap((one) => one.response.roles));
    for (const slug of named) stated.set(slug, own.has(slug) ? "accepted" : "objected");
    for (const slug of own) if (!stated.has(slug)) stated.set(slug, "amended");
  }
  return inOrder(stated);
}

/** Tell who claims it: the depositor, the person of himself, or somebody else. */
function madeBy(case_, deposit, source, person) {
  const transfers = case_.about(deposit.id, "transfer").filter((one) => one.isEffective);
  const owner = ownerOf(deposit, transfers, source.leafIndex);
  const mayNameOthers = source === deposit || source.record.kid === owner;
  const people = namedPeople(source.record);
  // of two namesakes in one record nobody can say which one signed it
  const himself = people.filter((one) => matched(one.contributor, source) !== null);
  const isHimself = himself.length === 1 && himself[0].digest === person.digest;
  if (isHimself && (mayNameOthers || people.length === 1)) return "person";
  return mayNameOthers ? "depositor" : "other";
}

function matched(contributor, entry) {
  if (contributor === null) return null;
  const { signer } = entry;
  return matchedBy(contributor.name, contributor.orcid, signer.name, signer.orcid);
}

/** Tell whether an entry still holds: neither refuted nor withdrawn nor found wrong. */
function stillStands(case_, entry) {
  const standing = case_.standing(entry.id);
  return entry.isEffective && standing.withdrawn === null && standing.correction === null;
}

/**
 * Return every answer to one element; those that count are marked. Where the person signed it
 * himself, a key that is tied to him less well says nothing against that.
 */
function answersTo(case_, source, person, isOwn) {
  const given = case_
    .about(source.id, "response")
    .map((entry) => ({ entry, response: readResponse(entry.record) }))
    .filter(
      ({ response }) => response.contributor === person.digest && response.record === source.id,
    )
    .map((one) => ({ ...one, matchedBy: matched(person.contributor, one.entry) }));
  const standing = given.filter((one) => one.matchedBy !== null && stillStands(case_, one.entry));
  const newest = [...new Map(standing.map((one) => [one.entry.record.kid, one])).values()];
  const own = { entry: source, matchedBy: isOwn ? matched(person.contributor, source) : null };
  const best = Math.max(isOwn ? strengthOf(own) : 0, ...newest.map(strengthOf));
  const counted = new Set(
    newest.filter((one) => strengthOf(one) === best).map((one) => one.entry.id),
  );
  return given.map((one) => ({ ...one, counts: counted.has(one.entry.id) }));
}

/** How well the answering key is tied to the person: 0 to 2. */
function strengthOf({ entry, matchedBy: by }) {
  return Number(entry.signer.level === "institution-bound") + Number(by === "orcid");
}

// --- people ------------------------------------------------------------------------------------

/**
 * Put the claims about one person together, in the order of their first claim. Two elements of
 * one record are two people: two namesakes must not become one.
 */
function groupsOf(claims) {
  const groups = [];
  for (const claim of claims) {
    const group = groups.find((one) => isSame(one, claim));
    if (group === undefined) groups.push([claim]);
    else group.push(claim);
  }
  return groups;
}

function isSame(group, claim) {
  const { contributor, entry } = claim;
  const known = group.map((one) => one.contributor).filter((one) => one !== null);
  if (contributor === null || known.length === 0 || group.some((one) => one.entry === entry)) {
    return false;
  }
  const orcid = group.map(orcidOf).find((one) => one !== null) ?? null;
  const mine = orcidOf(claim);
  const by = matchedBy(contributor.name, mine, known[0].name, orcid);
  // who speaks of himself without an ORCID iD is not taken for one whose iD is known
  const unknown = [claim, ...group].some((one) => one.by === "person" && orcidOf(one) === null);
  return by === "orcid" || (by === "name" && !(unknown && (mine ?? orcid) !== null));
}

/** ORCID iD of whom a claim names: stated, or of the key of who signed it of himself. */
function orcidOf({ contributor, by, entry }) {
  const own = by === "person" ? entry.signer.orcid : null;
  return contributor?.orcid ?? own;
}

function personOf(claims) {
  const known = claims.map((one) => one.contributor).filter((one) => one !== null);
  const counted = claims.filter((one) => one.counts);
  const roles = new Map();
  for (const [slug, status] of counted.flatMap((one) => Object.entries(one.roles))) {
    if (!roles.has(slug) || RANK[status] > RANK[roles.get(slug)]) roles.set(slug, status);
  }
  const statuses = counted.length ? counted.map((one) => one.status) : ["claimed"];
  const status = statuses.reduce((best, one) => (RANK[one] > RANK[best] ? one : best));
  return {
    name: known[0]?.name ?? null,
    orcid: known.find((one) => one.orcid !== null)?.orcid ?? null,
    ror: [...new Set(known.flatMap((one) => one.ror))],
    claims,
    roles: inOrder(roles),
    status,
    isCredited: counted.length > 0 && status !== "objected",
  };
}

function inOrder(stated) {
  return Object.fromEntries(
    ORDER.filter((slug) => stated.has(slug)).map((slug) => [slug, stated.get(slug)]),
  );
}
