/**
 * A key: whose it is, as far as anybody says so, and whether something was said against it.
 */

import { levelBadge } from "./badge.js";
import { digest } from "./digest.js";
import { h } from "./dom.js";
import { facts } from "./facts.js";
import { keyWarning } from "./story.js";
import { personName, whenLine } from "./who.js";

/**
 * @param {import("../page.js").Page} page
 * @param {import("../core/case.js").Entry} entry a record that the key signed, at its best level
 * @param {import("../core/case.js").Entry[]} signed all that it signed, oldest first
 * @returns {HTMLElement}
 */
export function keyCard(page, entry, signed) {
  const { say } = page;
  const { kid, level, binder, name, orcid, ror } = entry.signer;
  const warned = signed.findLast((one) => one.keyNote !== null) ?? entry;
  const first = signed.find((one) => one.record.type === "key") ?? entry;
  return h(
    "div",
    { class: "key-card" },
    facts([
      [say("person.key"), digest(page, kid, { href: `/keys/${kid}`, what: say("record.key") })],
      [
        say("person.holder"),
        name !== null && personName(page, { name, orcid: null }),
        " ",
        levelBadge(page, level, binder ?? undefined, name),
      ],
      orcid !== null && ["ORCID", h("a", { href: `/people/${orcid}` }, orcid)],
      ror.length > 0 && [
        "ROR",
        ror.map((one) => h("a", { href: `https://ror.org/${one}`, rel: "noreferrer" }, one)),
      ],
      [say("person.key_since"), whenLine(page, first)],
      [say("person.key_state"), keyWarning(page, warned) ?? say("person.key_no_revocation")],
    ]),
  );
}
