/**
 * Who signed something, and when it was: a name never without the level of its key, a time never
 * without what it rests on.
 */

import { levelBadge } from "./badge.js";
import { digest } from "./digest.js";
import { h } from "./dom.js";
import { time } from "./time.js";

/**
 * Show whose a key is, as far as is known.
 * @param {import("../page.js").Page} page
 * @param {import("../core/case.js").Signer} signer
 * @returns {HTMLElement}
 */
export function signerLine(page, signer) {
  const { name, orcid, kid, level, binder } = signer;
  return h(
    "span",
    { class: "who" },
    name !== null && personName(page, { name, orcid }),
    name === null && orcid !== null && orcidLink(orcid),
    levelBadge(page, level, binder ?? undefined, name),
    digest(page, kid, { href: `/keys/${kid}`, what: page.say("record.key"), bare: true }),
  );
}

/**
 * Show a person's name, leading to the person's page where an ORCID iD tells who it is.
 * @param {import("../page.js").Page} page
 * @param {{name: string | null, orcid: string | null}} person
 * @returns {HTMLElement}
 */
export function personName(page, { name, orcid }) {
  if (name === null) return h("span", { class: "soft" }, page.say("record.not_shown"));
  const shown = h("bdi", { class: "name" }, name);
  return orcid === null ? shown : h("a", { href: `/people/${orcid}` }, shown);
}

/** @param {string} orcid @returns {HTMLElement} */
function orcidLink(orcid) {
  return h("a", { class: "orcid", href: `/people/${orcid}` }, orcid);
}

/**
 * Say when an entry existed: proved, or as a block states that nobody has vouched for, or by its
 * signer's own clock.
 * @param {import("../page.js").Page} page
 * @param {import("../core/case.js").Entry} entry
 * @returns {HTMLElement}
 */
export function whenLine(page, entry) {
  const { say } = page;
  const bound = entry.notAfter;
  if (bound !== null) {
    const key = bound.independent ? "record.not_after" : "record.not_after_own";
    return h("span", { class: "when" }, say.nodes(key, { time: time(page, bound.time_unix) }));
  }
  const stated = entry.statedNotAfter;
  if (stated !== null) {
    const said = say.nodes("record.stated_time", { time: time(page, Number(stated.time_unix)) });
    return h("span", { class: "when stated", title: say("record.stated_means") }, said);
  }
  const claimed = say.nodes("record.claimed_time", { time: time(page, entry.record.iat) });
  return h("span", { class: "when claimed" }, claimed);
}

/**
 * Name a record in one link.
 * @param {import("../page.js").Page} page
 * @param {import("../core/case.js").Entry} entry
 * @returns {HTMLElement}
 */
export function entryLink(page, entry) {
  const where = entry.record.type === "dispute" ? "disputes" : "records";
  const words = page.say("record.entry_number", { index: entry.leafIndex });
  return h("a", { href: `/${where}/${entry.id}`, title: entry.id }, words);
}
