/**
 * A key's own page: whose it is and who says so, what was said against it, and all that it signed.
 */

import { LEVELS } from "../core/case.js";
import { NotFoundError } from "../core/errors.js";
import { digestGroups } from "../elements/digest.js";
import { h, replace } from "../elements/dom.js";
import { entryList } from "../elements/entry_list.js";
import { facts } from "../elements/facts.js";
import { keyCard } from "../elements/key_card.js";
import { levelBadge } from "../elements/badge.js";
import { notice } from "../elements/notice.js";
import { trustNotice } from "../elements/trust_notice.js";
import { entryLink, personName, whenLine } from "../elements/who.js";
import { gatherHits, refusedNotice } from "./person_gather.js";

/**
 * @param {HTMLElement} root
 * @param {import("../page.js").Page} page
 */
export async function render(root, page) {
  const { say } = page;
  const { kid } = page.params;
  if (!/^[\w-]{43}$/.test(kid)) throw new NotFoundError(`no key is called ${kid.slice(0, 80)}`);
  page.title(say("person.key_title"));
  const body = h("div", { class: "view" }, h("p", { class: "soft" }, say("record.loading")));
  replace(
    root,
    h("h1", null, say("person.key_title")),
    h("p", { class: "lead" }, say("person.key_lead")),
    h("div", null, digestGroups(page, kid, say("record.key"))),
    body,
  );
  if (!page.secure) {
    const link = h(
      "a",
      { href: `/v1/lookup?${new URLSearchParams({ key: kid })}` },
      say("person.raw"),
    );
    replace(body, notice("caution", null, say("record.cannot_check"), h("p", null, link)));
    return;
  }
  const gathered = await gatherHits(page, { kind: "key", value: kid });
  if (page.signal.aborted) return;
  draw(body, page, kid, gathered);
  page.announce(say("record.loaded"));
}

function draw(body, page, kid, gathered) {
  const { say } = page;
  const signed = gathered.entries.filter(({ record }) => record.kid === kid);
  const others = gathered.entries.filter(({ record }) => record.kid !== kid);
  const levelOf = (entry) => LEVELS.indexOf(entry.signer.level);
  const best = [...signed].sort((a, b) => levelOf(a) - levelOf(b))[0];
  const keys = signed.filter(({ record }) => record.type === "key");
  const rest = signed.filter(({ record }) => record.type !== "key");
  replace(
    body,
    refusedNotice(page, gathered),
    trustNotice(page, gathered.reading),
    best === undefined
      ? notice("note", say("person.key_nothing"), h("p", null, say("find.nothing_means")))
      : h(
          "section",
          { class: "part" },
          h("h2", null, say("person.holder")),
          keyCard(page, best, signed),
        ),
    keys.length > 0 && keyRecords(page, keys),
    rest.length > 0 &&
      h("section", { class: "part" }, h("h2", null, say("person.signed")), entryList(page, rest)),
    others.length > 0 &&
      h(
        "section",
        { class: "part" },
        h("h2", null, say("person.key_others")),
        entryList(page, others),
      ),
    h("p", { class: "hint" }, say("find.may_leave_out")),
    h("p", { class: "hint" }, say("person.key_audit")),
    h(
      "pre",
      { tabindex: 0 },
      `provenance verify receipt.json --log ${location.origin} --policy policy.json`,
    ),
  );
}

/** What each `key` record says, and on whose word. */
function keyRecords(page, keys) {
  const { say } = page;
  return h(
    "section",
    { class: "part" },
    h("h2", null, say("person.key_records")),
    h("p", { class: "soft" }, say("person.key_records_means")),
    keys.map((entry) => {
      const { payload } = entry.record;
      const { level, binder } = entry.signer;
      return facts([
        [
          say("record.entry"),
          entryLink(page, entry),
          " ",
          levelBadge(page, level, binder ?? undefined),
        ],
        payload.name && [
          say("person.says_name"),
          personName(page, { name: payload.name, orcid: null }),
        ],
        payload.orcid && ["ORCID", h("a", { href: `/people/${payload.orcid}` }, payload.orcid)],
        payload.ror && ["ROR", payload.ror.join(say("record.list_comma"))],
        payload.recovery && [
          say("person.recovery"),
          h("a", { href: `/keys/${payload.recovery}` }, h("code", null, payload.recovery)),
        ],
        payload.previous && [
          say("person.previous"),
          h("a", { href: `/keys/${payload.previous}` }, h("code", null, payload.previous)),
        ],
        [say("record.when"), whenLine(page, entry)],
      ]);
    }),
  );
}
