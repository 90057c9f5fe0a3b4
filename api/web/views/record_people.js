/**
 * People by roles: who is named, and what each of them says to it.
 */

import { ROLES } from "../core/credit.js";
import { writeInvitation } from "../core/invitation.js";
import { badge } from "../elements/badge.js";
import { copyButton } from "../elements/copy.js";
import { h } from "../elements/dom.js";
import { keyWarning, prose, roleNames } from "../elements/story.js";
import { table } from "../elements/table.js";
import { entryLink, personName, signerLine, whenLine } from "../elements/who.js";

const SIGNS = { claimed: "?", accepted: "✓", objected: "✗", amended: "±", own: "•", unclear: "~" };

/**
 * @param {import("../page.js").Page} page
 * @param {{people: import("../core/attribution.js").Person[], roles: string[]}} credit
 * @returns {HTMLElement}
 */
export function peoplePart(page, credit) {
  const { say } = page;
  const { people } = credit;
  return h(
    "section",
    { class: "part people" },
    h("h2", null, say("record.people")),
    people.length === 0
      ? h("p", null, say("record.nobody"))
      : [
          h("p", { class: "soft" }, say("record.people_lead")),
          h(
            "div",
            { class: "matrix", tabindex: 0, role: "region", "aria-label": say("record.people") },
            matrix(page, credit),
          ),
          legend(page, people),
          answersOf(page, people),
          invitations(page, people),
        ],
  );
}

/**
 * Offer a link to each of those who have not answered yet; the ledger sends no mail.
 * @param {import("../page.js").Page} page
 * @param {import("../core/attribution.js").Person[]} people
 * @returns {HTMLElement | null} null where everybody has answered
 */
export function invitations(page, people) {
  const { say } = page;
  const link = ({ name, claims }) => {
    const { entry, digest } = claims.find((one) => one.counts && one.status === "claimed");
    const address = writeInvitation(location.origin, entry.record, digest);
    const words = say("deposit.invite_link", { name: name ?? say("record.not_shown") });
    return h("li", null, h("a", { href: address }, words), " ", copyButton(page, address, words));
  };
  const silent = people.filter((one) => one.status === "claimed" && one.isCredited);
  if (silent.length === 0) return null;
  return h(
    "details",
    { class: "invitations fields on-screen" },
    h("summary", null, say("deposit.invite_title")),
    h("p", null, say("deposit.invite_lead")),
    h("ul", { class: "plain-list" }, silent.map(link)),
  );
}

function matrix(page, { people, roles }) {
  const { say } = page;
  const columns = [
    { title: say("record.person") },
    { title: say("record.as_contributor") },
    ...roles.map((slug) => ({
      title: ROLES.get(slug)?.[page.language] ?? slug,
      class: "role-column",
    })),
  ];
  const rows = people.map((person) => [
    h("span", { class: "who" }, personName(page, person)),
    statusMark(page, person.status, say(`record.status_${person.status}`)),
    ...roles.map((slug) => roleCell(page, person.roles[slug])),
  ]);
  return table({ caption: say("record.people"), columns, rows });
}

function roleCell(page, status) {
  if (status === undefined)
    return h("span", { class: "soft", "aria-label": page.say("record.no_role") }, "–");
  return statusMark(page, status, page.say(`record.status_${status}`));
}

function statusMark(page, status, words) {
  return h(
    "span",
    { class: ["matrix-mark", status], title: page.say(`record.status_${status}_means`) },
    h("span", { "aria-hidden": "true" }, SIGNS[status]),
    h("span", null, words),
  );
}

function legend(page, people) {
  const used = new Set(people.flatMap((one) => [one.status, ...Object.values(one.roles)]));
  return h(
    "ul",
    { class: "legend plain-list" },
    [...used].map((status) =>
      h(
        "li",
        { class: "hint" },
        `${SIGNS[status]} `,
        h("strong", null, page.say(`record.status_${status}`)),
        page.say("deposit.colon"),
        page.say(`record.status_${status}_means`),
      ),
    ),
  );
}

/** Who answered what, those answers that do not count among them. */
function answersOf(page, people) {
  const told = people.flatMap((person) =>
    person.claims.flatMap((claim) => [
      claim.by === "other" && { person, claim, answer: null },
      ...claim.answers.map((answer) => ({ person, claim, answer })),
    ]),
  );
  const shown = told.filter(Boolean);
  if (shown.length === 0) return h("p", null, page.say("record.no_answers"));
  return [
    h("h3", null, page.say("record.answers")),
    h(
      "ol",
      { class: "people-list" },
      shown.map((one) => h("li", null, answerParts(page, one))),
    ),
  ];
}

function answerParts(page, { person, claim, answer }) {
  const { say } = page;
  if (answer === null) {
    return [
      h("p", null, personName(page, person), say("deposit.colon"), say("record.named_by_other")),
      h("p", { class: "story-who" }, signerLine(page, claim.entry.signer)),
    ];
  }
  const { entry, response, counts } = answer;
  return [
    h(
      "p",
      { class: "row" },
      personName(page, person),
      h("span", null, say(`record.answer_${response.answer}`)),
      response.roles.length > 0 && h("span", null, roleNames(page, response.roles)),
      entryLink(page, entry),
      !counts &&
        badge(say("record.does_not_count_short"), "caution", say("record.answer_not_counted")),
    ),
    prose(response.reason),
    h("p", { class: "story-who" }, signerLine(page, entry.signer), whenLine(page, entry)),
    keyWarning(page, entry),
  ];
}
