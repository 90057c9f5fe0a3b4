/**
 * The time line of a case: what was said, by whom and when, in the order of the log.
 */

import { ROLES } from "../core/credit.js";
import { marksOf } from "../core/lineage.js";
import { TYPES } from "../core/record_types.js";
import { verdictSentence } from "../core/wordings.js";
import { badge, stateBadge } from "./badge.js";
import { digest } from "./digest.js";
import { h } from "./dom.js";
import { time } from "./time.js";
import { entryLink, personName, signerLine, whenLine } from "./who.js";

/**
 * @typedef {import("../page.js").Page} Page
 * @typedef {import("../core/timeline.js").Event} Event
 */

/**
 * Show events, oldest first.
 * @param {Page} page
 * @param {Event[]} events
 * @param {(event: Event) => import("./dom.js").Child} [note] what else to show of one
 * @returns {HTMLElement}
 */
export function storyList(page, events, note = () => null) {
  return h(
    "ol",
    { class: "story" },
    events.map((event) => storyItem(page, event, note(event))),
  );
}

function storyItem(page, event, note) {
  const { entry, type, said, standing, counts } = event;
  const { say } = page;
  const tells = TELLS[type];
  return h(
    "li",
    { class: ["story-item", !counts && "void"] },
    h(
      "p",
      { class: "story-head" },
      h("span", { class: "story-what" }, typeName(page, type)),
      entryLink(page, entry),
      marksOf(standing).map((mark) => stateBadge(page, mark)),
      note,
    ),
    tells && said && h("div", { class: "story-said" }, tells(page, said)),
    h("p", { class: "story-who" }, signerLine(page, entry.signer), whenLine(page, entry)),
    keyWarning(page, entry),
    !counts && h("p", { class: "story-void" }, badge(say("record.does_not_count"), "caution")),
  );
}

/**
 * Say what somebody has said against the key of an entry.
 * @param {Page} page
 * @param {import("../core/case.js").Entry} entry
 * @returns {HTMLElement | null}
 */
export function keyWarning(page, entry) {
  const check = entry.keyNote;
  if (check === null) return null;
  return h("p", { class: "key-warning" }, verdictSentence(check, page.language));
}

/**
 * Show text that somebody wrote, lines kept.
 * @param {string | null} text
 * @returns {HTMLElement | null}
 */
export function prose(text) {
  return text === null || text === ""
    ? null
    : h("blockquote", { class: "prose", dir: "auto" }, text);
}

/**
 * Name roles in the reader's language.
 * @param {Page} page
 * @param {string[]} slugs
 * @returns {string}
 */
export function roleNames(page, slugs) {
  const names = slugs.map((slug) => ROLES.get(slug)?.[page.language] ?? slug);
  return names.join(page.say("record.list_comma"));
}

/**
 * Link to a record that is named by its id.
 * @param {Page} page
 * @param {string} id
 * @returns {HTMLElement}
 */
export function recordLink(page, id) {
  return digest(page, id, { href: `/records/${id}`, what: page.say("record.id"), bare: true });
}

const TELLS = {
  deposit: (page, { title }) => h("p", null, titleOf(page, title)),
  contribution: (page, { people }) =>
    h(
      "ul",
      { class: "plain-list" },
      people.map(({ contributor }) => h("li", null, named(page, contributor))),
    ),
  response: (page, said) => [
    h(
      "p",
      null,
      page.say(`record.answer_${said.answer}`),
      said.roles.length > 0 && [" ", roleNames(page, said.roles)],
    ),
    prose(said.reason),
  ],
  transfer: (page, { to }) =>
    h("p", null, page.say.nodes("record.transferred_to", { key: keyLink(page, to) })),
  withdrawal: (page, { reason }) => prose(reason),
  correction: (page, said) => [
    h("p", null, page.say.nodes("record.corrects", { id: recordLink(page, said.record) })),
    said.superseded_by !== null &&
      h(
        "p",
        null,
        page.say.nodes("record.instead_holds", { id: recordLink(page, said.superseded_by) }),
      ),
    prose(said.reason),
  ],
  dispute: (page, { parties, question }) => [
    h(
      "ul",
      { class: "plain-list" },
      parties.map((party) =>
        h(
          "li",
          null,
          party === null
            ? page.say("record.not_shown")
            : [
                page.say(`dispute.side_${party.side}`),
                page.say("deposit.colon"),
                personName(page, party),
              ],
        ),
      ),
    ),
    prose(question),
  ],
  statement: statementParts,
  ruling: (page, { outcome, reasons }) => [
    h("p", null, page.say(`dispute.outcome_${outcome.replaceAll("-", "_")}`)),
    prose(reasons),
  ],
};

/**
 * Show what a statement says.
 * @param {Page} page
 * @param {object} said as `readStatement` gives it
 * @returns {import("./dom.js").Child[]}
 */
export function statementParts(page, said) {
  const { say } = page;
  const { event, occurred_unix: occurred, evidence, evidence_names: names, relations } = said;
  return [
    event !== null && h("p", null, say(`record.event_${event.replaceAll("-", "_")}`)),
    occurred !== null &&
      h("p", { class: "soft" }, say.nodes("record.occurred", { time: time(page, occurred) })),
    prose(said.text),
    relations.map((one) => h("p", null, usedOrRelated(page, one, event))),
    evidence.length > 0 &&
      h(
        "ul",
        { class: "evidence" },
        evidence.map((one, at) =>
          h(
            "li",
            null,
            h("bdi", null, names[at] ?? say("record.evidence")),
            " ",
            digest(page, one),
          ),
        ),
      ),
    said.time_token !== null && h("p", { class: "soft" }, say("record.time_token")),
  ];
}

/** Of a use, what is named was made from the dataset; of anything else it is the other way. */
function usedOrRelated(page, relation, event) {
  const [word, space, target] = relationWords(page, relation);
  if (event !== "use") return [word, space, target];
  return [target, space, word, space, page.say("record.these_data")];
}

/**
 * Say how one dataset relates to another.
 * @param {Page} page
 * @param {{relation: string, record: string | null, identifier: string | null}} relation
 * @returns {import("./dom.js").Child[]}
 */
export function relationWords(page, { relation, record, identifier }) {
  const key = `record.relation_${relation}`;
  const word = page.say.has(key) ? page.say(key) : relation;
  const target = record !== null ? recordLink(page, record) : h("bdi", null, identifier ?? "");
  return [word, " ", target];
}

/** @param {import("../page.js").Page} page @param {string} type @returns {string} */
export function typeName(page, type) {
  return TYPES.has(type) ? page.say(`record.type_${type}`) : page.say("record.type_other");
}

/**
 * Show a title, or say that there is none.
 * @param {Page} page
 * @param {string | null} title
 * @returns {HTMLElement}
 */
export function titleOf(page, title) {
  if (title === null) return h("span", { class: "soft" }, page.say("record.no_title"));
  return h("bdi", { dir: "auto" }, title);
}

function named(page, contributor) {
  if (contributor === null) return page.say("record.not_shown");
  const roles = roleNames(page, contributor.roles);
  return [personName(page, contributor), roles && [" · ", roles]];
}

function keyLink(page, kid) {
  return digest(page, kid, { href: `/keys/${kid}`, what: page.say("record.key"), bare: true });
}
