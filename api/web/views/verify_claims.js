/**
 * What the record in a receipt says: claims of whoever signed it, shown as such.
 */

import { ROLES } from "../core/credit.js";
import { parseRecord } from "../core/parse_record.js";
import { digest, digestGroups } from "../elements/digest.js";
import { h } from "../elements/dom.js";
import { facts } from "../elements/facts.js";
import { lengthText } from "../elements/numbers.js";
import { time } from "../elements/time.js";

/**
 * @param {import("../page.js").Page} page
 * @param {Uint8Array} receipt
 * @returns {HTMLElement | null} null where the record cannot be read; the verdict says why
 */
export function drawClaims(page, receipt) {
  const { say } = page;
  const record = recordOf(receipt);
  if (record === null) return null;
  const { title } = record.payload;
  return h(
    "section",
    { class: "claims" },
    h("h2", null, say("verify.claims_title")),
    h("p", { class: "hint" }, say("verify.claims_lead")),
    facts([
      [
        say("verify.claims_type"),
        say.has(`verify.type_${record.type}`) ? say(`verify.type_${record.type}`) : record.type,
      ],
      [say("deposit.title_label"), typeof title === "string" && h("bdi", null, title)],
      ...datasetRows(page, record),
      [say("verify.claims_time"), time(page, record.iat)],
    ]),
  );
}

/**
 * What a record says of the data: rows for `facts`, in the order in which it was asked for.
 * @param {import("../page.js").Page} page
 * @param {{payload: Record<string, any>, claims: object}} record
 */
export function datasetRows(page, { payload, claims }) {
  const { say } = page;
  const { version, contributors, files, bytes, dataset_digest: fingerprint } = payload;
  const { license, access, identifiers, relations } = payload;
  const hidden = (claims.contributors?.length ?? 0) - (contributors?.length ?? 0);
  return [
    [say("deposit.version_label"), typeof version === "string" && h("bdi", null, version)],
    [say("deposit.people"), Array.isArray(contributors) && peopleList(page, contributors, hidden)],
    [
      say("deposit.found_files"),
      files && say("deposit.files_and_bytes", { files, bytes: lengthText(page, bytes ?? 0) }),
    ],
    [
      say("deposit.fingerprint"),
      typeof fingerprint === "string"
        ? digestGroups(page, fingerprint, say("deposit.fingerprint"))
        : Object.hasOwn(claims, "sealed") && say("verify.claims_sealed"),
    ],
    [say("deposit.license_label"), license],
    [
      say("deposit.access_label"),
      say.has(`deposit.access_${access}`) ? say(`deposit.access_${access}`) : access,
    ],
    [say("record.identifiers"), Array.isArray(identifiers) && identifiers.map(identifier)],
    [
      say("deposit.relation_label"),
      Array.isArray(relations) && relations.map((one) => related(page, one)),
    ],
  ];
}

function identifier({ type, value }) {
  return h("p", null, `${String(type).toUpperCase()} `, h("bdi", null, value));
}

function related(page, { relation, record, identifier: name }) {
  const key = `deposit.relation_${relation}`;
  const target = record ? digest(page, record) : h("bdi", null, name);
  return h(
    "p",
    null,
    page.say.has(key) ? page.say(key) : relation,
    page.say("deposit.colon"),
    target,
  );
}

function peopleList(page, people, hidden) {
  const { say, language } = page;
  const shown = people.filter((one) => typeof one?.name === "string");
  const unshown = people.length - shown.length + hidden;
  return h(
    "ul",
    { class: "plain-list" },
    shown.map(({ name, orcid, ror, roles = [] }) => {
      const ids = [orcid, ...(Array.isArray(ror) ? ror : [])].filter(Boolean);
      const words = roles
        .map((slug) => ROLES.get(slug)?.[language] ?? slug)
        .join(say("deposit.list_comma"));
      return h(
        "li",
        null,
        h("bdi", null, name),
        ids.map((id) => [" ", h("span", { class: "orcid" }, `(${id})`)]),
        words && [say("deposit.colon"), words],
      );
    }),
    unshown > 0 && h("li", { class: "soft" }, say("verify.claims_unshown", { count: unshown })),
  );
}

/**
 * The record in a receipt, its signature not checked.
 * @param {Uint8Array} receipt
 * @returns {ReturnType<typeof parseRecord> | null} null where it cannot be read
 */
export function recordOf(receipt) {
  try {
    const { record } = JSON.parse(new TextDecoder().decode(receipt));
    return parseRecord(record.sd_jwt, { complete: false });
  } catch {
    return null;
  }
}
