/**
 * Everything that a look-up about a person or a key gives, each record by its judged receipt.
 */

import { list } from "../store.js";
import { trustMark } from "../elements/badge.js";
import { shortDigest } from "../elements/digest.js";
import { h } from "../elements/dom.js";
import { notice } from "../elements/notice.js";
import { why } from "../elements/why.js";
import { allHits, eachOf, openReading, readEntry } from "../reading.js";

/** Records of one person that a page takes. */
const LIMIT = 200;

/** Keys under one ORCID iD of which a page shows what they signed: anybody can make more. */
const MOST_KEYS = 12;

/**
 * @typedef {object} Gathered
 * @property {import("../reading.js").Reading} reading
 * @property {import("../core/case.js").Entry[]} entries proved to be in the log, oldest first
 * @property {Map<string, object>} hits what the server told of each, by id
 * @property {{id: string, error: Error}[]} refused what the server gave and could not prove
 * @property {boolean} isCut there was more than the page takes
 * @property {string[]} omitted ids of records of which this browser keeps receipts, and which
 *   answer the question, but which the server left out
 */

/**
 * @param {import("../page.js").Page} page
 * @param {{kind: "orcid" | "key", value: string}} question
 * @returns {Promise<Gathered>}
 */
export async function gatherHits(page, question) {
  const { signal } = page;
  const reading = await openReading(signal);
  const { items, next } = await allHits({ [question.kind]: question.value }, signal, LIMIT);
  const maps = { found: new Map(), hits: new Map() };
  const gathering = { reading, signal, ...maps, refused: [], isCut: next !== null };
  await take(gathering, items);
  if (question.kind === "orcid") await takeSigned(gathering, question.value);
  const { found, refused, isCut } = gathering;
  const entries = [...found.values()].sort((a, b) => a.leafIndex - b.leafIndex);
  const told = new Set([...found.keys(), ...refused.map(({ id }) => id)]);
  const omitted = isCut ? [] : await omittedOf(reading, question, told);
  return { reading, entries, hits: maps.hits, refused, isCut, omitted };
}

async function take({ reading, signal, found, refused, hits: told }, hits) {
  for (const hit of hits) told.set(hit.id, hit);
  const known = (id) => found.has(id) || refused.some((one) => one.id === id);
  const ids = new Set(hits.map((hit) => String(hit.id)).filter((id) => !known(id)));
  await eachOf(ids, async (id) => {
    try {
      found.set(id, await readEntry(reading, id, signal));
    } catch (error) {
      if (!signal.aborted) refused.push({ id, error });
    }
  });
}

/** A look-up by ORCID iD gives what names it; what its keys signed besides is asked by each key. */
async function takeSigned(gathering, orcid) {
  const { found, signal } = gathering;
  const keys = [...found.values()].filter((one) => isKeyOf(one, orcid));
  const kids = new Set(keys.map(({ record }) => record.kid));
  for (const key of [...kids].slice(0, MOST_KEYS)) {
    const { items, next } = await allHits({ key }, signal, LIMIT);
    await take(gathering, items);
    gathering.isCut ||= next !== null;
  }
  gathering.isCut ||= kids.size > MOST_KEYS;
}

/**
 * Tell whether an entry ties its key to an ORCID iD.
 * @param {import("../core/case.js").Entry} entry
 * @param {string} orcid
 * @returns {boolean}
 */
export function isKeyOf({ record, signer }, orcid) {
  return signer.orcid === orcid || (record.type === "key" && record.payload.orcid === orcid);
}

/** A receipt that this browser keeps proves an entry, whether or not the server tells of it. */
async function omittedOf(reading, { kind, value }, told) {
  if (kind !== "key") return [];
  const kept = await list("receipts").catch(() => []);
  const omitted = [];
  for (const { key, value: octets } of kept) {
    if (told.has(key) || !(octets instanceof Uint8Array)) continue;
    const judged = await reading.read(octets).catch(() => null);
    if (judged?.record.kid === value && judged.record.aud === reading.origin) omitted.push(key);
  }
  return omitted;
}

/**
 * Say what the server gave that did not hold, and what it left out.
 * @param {import("../page.js").Page} page
 * @param {Gathered} gathered
 * @returns {import("../elements/dom.js").Child}
 */
export function refusedNotice(page, { refused, isCut, omitted, entries }) {
  const { say } = page;
  const isAway = ({ error }) => error.code === "unavailable";
  const lies = refused.filter((one) => !isAway(one));
  const away = refused.length - lies.length;
  return [
    lies.length > 0 &&
      notice(
        "false",
        [trustMark(page, "false"), " ", say("record.left_title", { count: lies.length })],
        h(
          "ul",
          null,
          lies
            .slice(0, 20)
            .map(({ id, error }) =>
              h(
                "li",
                null,
                h("code", { title: id }, shortDigest(id)),
                page.say("deposit.colon"),
                why(page, error),
              ),
            ),
        ),
      ),
    omitted.length > 0 &&
      notice(
        "false",
        [trustMark(page, "false"), " ", say("person.omitted", { count: omitted.length })],
        h(
          "ul",
          null,
          omitted.map((id) => h("li", null, h("code", null, id))),
        ),
      ),
    away > 0 && notice("caution", null, say("record.left_some_away", { count: away })),
    isCut && notice("caution", null, say("record.left_cut", { count: entries.length })),
  ];
}
