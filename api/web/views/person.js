/**
 * Everything that this log has under one ORCID iD: the keys that name it, each with its level, and
 * what they signed; and what others say of it.
 *
 * An ORCID iD is what somebody wrote into a key record. Keys that an institution confirmed and keys
 * that only say so themselves stand apart and are never put together.
 */

import { namedPeople } from "../core/attribution_values.js";
import { LEVELS } from "../core/case.js";
import { MalformedError, NotFoundError } from "../core/errors.js";
import { checkOrcid } from "../core/identifiers.js";
import { h, replace } from "../elements/dom.js";
import { entryList } from "../elements/entry_list.js";
import { notice } from "../elements/notice.js";
import { trustNotice } from "../elements/trust_notice.js";
import { personName } from "../elements/who.js";
import { standingBadges } from "../elements/hit.js";
import { keyCard } from "../elements/key_card.js";
import { gatherHits, isKeyOf, refusedNotice } from "./person_gather.js";

/**
 * @param {HTMLElement} root
 * @param {import("../page.js").Page} page
 */
export async function render(root, page) {
  const { say } = page;
  const orcid = orcidOf(page.params.orcid);
  page.title(orcid);
  const body = h("div", { class: "view" }, h("p", { class: "soft" }, say("record.loading")));
  replace(
    root,
    h("h1", null, say.nodes("person.title", { orcid: h("span", { class: "orcid-title" }, orcid) })),
    h("p", { class: "lead" }, say("person.lead")),
    body,
  );
  if (!page.secure) {
    const link = h(
      "a",
      { href: `/v1/lookup?${new URLSearchParams({ orcid })}` },
      say("person.raw"),
    );
    replace(body, notice("caution", null, say("record.cannot_check"), h("p", null, link)));
    return;
  }
  const gathered = await gatherHits(page, { kind: "orcid", value: orcid });
  if (page.signal.aborted) return;
  draw(body, page, orcid, gathered);
  page.announce(say("record.loaded"));
}

function orcidOf(text) {
  const orcid = text.toUpperCase();
  try {
    checkOrcid(orcid);
  } catch (error) {
    if (error instanceof MalformedError) throw new NotFoundError(error.message);
    throw error;
  }
  return orcid;
}

function draw(body, page, orcid, gathered) {
  const { say } = page;
  const { entries, reading } = gathered;
  const keys = keysOf(entries, orcid);
  replace(
    body,
    refusedNotice(page, gathered),
    trustNotice(page, reading),
    entries.length === 0 &&
      notice("note", say("person.nothing"), h("p", null, say("find.nothing_means"))),
    LEVELS.map((level) => keysOfLevel(page, keys, gathered, level)),
    othersPart(page, orcid, keys, entries),
    h("p", { class: "hint" }, say("find.may_leave_out")),
    h(
      "p",
      { class: "hint" },
      say.nodes("person.orcid_site", {
        link: h(
          "a",
          { href: `https://orcid.org/${orcid}`, rel: "noreferrer" },
          `orcid.org/${orcid}`,
        ),
      }),
    ),
  );
}

/** Keys that name the ORCID iD, each by its newest record and the best level that it has reached. */
function keysOf(entries, orcid) {
  const keys = new Map();
  for (const entry of entries) {
    const { record, signer } = entry;
    if (!isKeyOf(entry, orcid)) continue;
    const known = keys.get(record.kid);
    const isBetter = !known || LEVELS.indexOf(signer.level) < LEVELS.indexOf(known.signer.level);
    if (isBetter) keys.set(record.kid, entry);
  }
  return keys;
}

function keysOfLevel(page, keys, { entries, hits }, level) {
  const { say } = page;
  const own = [...keys.values()].filter((one) => one.signer.level === level);
  if (own.length === 0) return null;
  const word = level.replace("-", "_");
  return h(
    "section",
    { class: ["part", "keys-of-level", word] },
    h("h2", null, say(`person.keys_${word}`)),
    h("p", { class: "soft" }, say(`person.keys_${word}_means`)),
    own.map((one) => {
      const signed = entries.filter(({ record }) => record.kid === one.signer.kid);
      return h(
        "div",
        { class: "person-key" },
        keyCard(page, one, signed),
        signedParts(page, signed, hits),
      );
    }),
  );
}

/** What a key signed, by kind. */
function signedParts(page, signed, hits) {
  const standing = ({ id }) => standingBadges(page, hits.get(id));
  const kinds = [
    ["deposits", ["deposit"]],
    ["contributions", ["contribution", "response"]],
    ["rest", null],
  ];
  const isListed = (type) => kinds.some(([, types]) => types?.includes(type));
  return kinds.map(([name, types]) => {
    const found = signed.filter(({ record: { type } }) =>
      types === null ? !isListed(type) && type !== "key" : types.includes(type),
    );
    if (found.length === 0) return null;
    return [h("h3", null, page.say(`person.${name}`)), entryList(page, found, standing)];
  });
}

/** What others, by keys that do not name this ORCID iD, say of it. */
function othersPart(page, orcid, keys, entries) {
  const { say } = page;
  const others = entries.filter(({ record }) => !keys.has(record.kid));
  if (others.length === 0) return null;
  const note = (entry) => {
    const named = namedPeople(entry.record).find((one) => one.contributor?.orcid === orcid);
    const party = (entry.record.payload.parties ?? []).find((one) => one.orcid === orcid);
    const name = named?.contributor.name ?? party?.name ?? null;
    return name === null
      ? say("find.answer_unseen")
      : say.nodes("person.named_as", { name: personName(page, { name, orcid: null }) });
  };
  return h(
    "section",
    { class: "part" },
    h("h2", null, say("person.others")),
    h("p", { class: "soft" }, say("person.others_means")),
    entryList(page, others, note),
  );
}
