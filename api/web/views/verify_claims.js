/**
 * What the record in a receipt says: claims of whoever signed it, shown as such.
 */

import { ROLES } from "../core/credit.js";
import { parseRecord } from "../core/parse_record.js";
import { digestGroups } from "../elements/digest.js";
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
  const { title, version, license } = record.payload;
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
      [say("deposit.version_label"), typeof version === "string" && h("bdi", null, version)],
      ...datasetRows(page, record),
      [say("deposit.license_label"), license],
      [say("verify.claims_time"), time(page, record.iat)],
    ]),
  );
}

/**
 * Who made which data, as a record says it: rows for `facts`.
 * @param {import("../page.js").Page} page
 * @param {{payload: Record<string, any>, claims: object}} record
 */
export function datasetRows(page, { payload, claims }) {
  const { say } = page;
  const { contributors, files, bytes, dataset_digest: digest } = payload;
  return [
    [say("deposit.people"), Array.isArray(contributors) && peopleList(page, contributors)],
    [
      say("deposit.found_files"),
      files && say("deposit.files_and_bytes", { files, bytes: lengthText(page, bytes ?? 0) }),
    ],
    [
      say("deposit.fingerprint"),
      typeof digest === "string"
        ? digestGroups(page, digest, say("deposit.fingerprint"))
        : Object.hasOwn(claims, "sealed") && say("verify.claims_sealed"),
    ],
  ];
}

function peopleList(page, people) {
  const { say, language } = page;
  const shown = people.filter((one) => typeof one?.name === "string");
  return h(
    "ul",
    { class: "plain-list" },
    shown.map(({ name, orcid, roles = [] }) => {
      const words = roles
        .map((slug) => ROLES.get(slug)?.[language] ?? slug)
        .join(say("deposit.list_comma"));
      return h(
        "li",
        null,
        h("bdi", null, name),
        orcid && ` (${orcid})`,
        words && [say("deposit.colon"), words],
      );
    }),
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
