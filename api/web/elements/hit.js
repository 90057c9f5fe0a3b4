/**
 * One answer to a look-up: as the server tells it, or as its checked receipt shows it.
 */

import { namedPeople } from "../core/attribution_values.js";
import { levelBadge, stateBadge, trustMark } from "./badge.js";
import { digest, shortDigest } from "./digest.js";
import { h } from "./dom.js";
import { titleOf, typeName } from "./story.js";
import { time } from "./time.js";
import { trustOf } from "./trust_notice.js";
import { personName, signerLine, whenLine } from "./who.js";
import { why } from "./why.js";

/**
 * @typedef {{entry: import("../core/case.js").Entry | null, fits: boolean | null,
 *   error: Error | null}} Checked
 */

/**
 * Show hits in their order.
 * @param {import("../page.js").Page} page
 * @param {object[]} hits as the service gave them
 * @param {Map<string, Checked>} checked by record id; what is not in it waits
 * @param {import("../reading.js").Reading | null} reading null where this browser cannot check
 * @returns {HTMLElement}
 */
export function hitList(page, hits, checked, reading) {
  return h(
    "ol",
    { class: "hits" },
    hits.map((hit) => oneHit(page, hit, checked.get(hit.id), reading)),
  );
}

function oneHit(page, hit, found, reading) {
  if (found?.error) return unproved(page, hit, found.error);
  const entry = found?.entry ?? null;
  return h(
    "li",
    { class: "hit", "data-id": String(hit.id) },
    h(
      "p",
      { class: "hit-title" },
      h("a", { href: addressOf(hit, entry) }, titleWords(page, hit, entry)),
      standingBadges(page, hit),
    ),
    entry === null ? toldLines(page, hit) : provedLines(page, entry),
    h(
      "p",
      { class: "hit-line" },
      trustMark(page, entry === null || reading === null ? "stated" : trustOf(reading)),
      foundAs(page, hit),
      entry !== null && fitWords(page, found.fits),
    ),
  );
}

function unproved(page, hit, error) {
  const isAway = error.code === "unavailable";
  const id = typeof hit.id === "string" ? hit.id : "";
  return h(
    "li",
    { class: "hit", "data-id": id },
    h("p", { class: "hit-title" }, h("code", { title: id }, shortDigest(id))),
    h(
      "p",
      { class: "hit-line" },
      trustMark(page, isAway ? "stated" : "false"),
      page.say(isAway ? "find.receipt_away" : "find.receipt_false"),
      h("span", null, why(page, error)),
    ),
  );
}

function addressOf(hit, entry) {
  const type = entry?.record.type ?? hit.type;
  return `/${type === "dispute" ? "disputes" : "records"}/${encodeURIComponent(hit.id)}`;
}

function titleWords(page, hit, entry) {
  const type = entry?.record.type ?? hit.type;
  if (type !== "deposit") return typeName(page, type);
  const title = entry === null ? hit.title : entry.record.payload.title;
  return titleOf(page, typeof title === "string" ? title : null);
}

/**
 * How a record stands, as the server tells it.
 * @param {import("../page.js").Page} page
 * @param {object} hit
 */
export function standingBadges(page, { standing }) {
  if (typeof standing !== "object" || standing === null) return null;
  const marks = {
    withdrawn: standing.withdrawn,
    disputed: standing.disputed,
    superseded: standing.superseded_by,
    corrected: standing.corrected && !standing.superseded_by,
  };
  const shown = Object.keys(marks).filter((mark) => marks[mark]);
  return shown.map((mark) => stateBadge(page, mark));
}

function provedLines(page, entry) {
  const people = ["deposit", "contribution"].includes(entry.record.type)
    ? namedPeople(entry.record).map((one) => one.contributor)
    : [];
  return [
    people.length > 0 && peopleLine(page, people),
    h(
      "p",
      { class: "hit-line" },
      h("span", null, page.say("record.entry_number", { index: entry.leafIndex })),
      whenLine(page, entry),
      signerLine(page, entry.signer),
    ),
  ];
}

function toldLines(page, hit) {
  const people = Array.isArray(hit.people) ? hit.people : [];
  const known = people.filter((one) => typeof one?.name === "string");
  const levels = ["unbound", "self-asserted", "institution-bound"];
  return [
    known.length > 0 && peopleLine(page, known),
    h(
      "p",
      { class: "hit-line" },
      h("span", null, page.say("record.entry_number", { index: Number(hit.leaf_index) })),
      Number.isSafeInteger(hit.claimed_at) &&
        h(
          "span",
          null,
          page.say.nodes("record.claimed_time", { time: time(page, hit.claimed_at) }),
        ),
      levels.includes(hit.identity) && levelBadge(page, hit.identity),
      typeof hit.key === "string" && digest(page, hit.key, { bare: true }),
    ),
  ];
}

function peopleLine(page, people) {
  const shown = people
    .slice(0, 6)
    .map((one, at) => [
      at > 0 && page.say("record.list_comma"),
      one === null
        ? page.say("record.not_shown")
        : personName(page, { name: one.name, orcid: null }),
    ]);
  const more = people.length > 6 && page.say("find.and_more", { count: people.length - 6 });
  return h("p", { class: "hit-people" }, shown, more);
}

function foundAs(page, { of }) {
  return ["dataset", "file", "record"].includes(of) && h("span", null, page.say(`find.as_${of}`));
}

function fitWords(page, fits) {
  if (fits === true) return null;
  if (fits === null) return h("span", null, page.say("find.answer_unseen"));
  return h("span", null, trustMark(page, "false"), " ", page.say("find.answer_false"));
}
