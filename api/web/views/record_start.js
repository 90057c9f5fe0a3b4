/**
 * How the page of a record begins, and what it says where there is nothing to show.
 */

import { getRecord } from "../client.js";
import { LedgerError, NotFoundError } from "../core/errors.js";
import { trustMark } from "../elements/badge.js";
import { digestGroups } from "../elements/digest.js";
import { typeName } from "../elements/story.js";
import { h, replace } from "../elements/dom.js";
import { facts } from "../elements/facts.js";
import { notice } from "../elements/notice.js";
import { time } from "../elements/time.js";
import { why } from "../elements/why.js";

/**
 * Return the record id of the address.
 * @param {import("../page.js").Page} page
 * @returns {string}
 * @throws {NotFoundError} it is none
 */
export function recordId(page) {
  const id = page.params.id.toLowerCase();
  if (!/^[0-9a-f]{64}$/.test(id)) throw new NotFoundError(`no record is called ${id.slice(0, 80)}`);
  return id;
}

/**
 * Say that a record could not be proved, and what failed.
 * @param {Element} body
 * @param {import("../page.js").Page} page
 * @param {string} id
 * @param {Error} error
 */
export function failure(body, page, id, error) {
  const isLie =
    error instanceof LedgerError && ["verification-failed", "malformed"].includes(error.code);
  if (!isLie) throw error;
  const { say } = page;
  replace(
    body,
    notice(
      "false",
      [trustMark(page, "false"), " ", say("record.not_proved_title")],
      h("p", null, say("record.not_proved")),
      h("p", { class: "soft" }, why(page, error)),
    ),
    facts([[say("record.id"), digestGroups(page, id, say("record.id"))]]),
  );
}

/**
 * Show a record where the browser cannot check: all of it is the server's word.
 * @param {Element} body
 * @param {import("../page.js").Page} page
 * @param {string} id
 */
export async function unchecked(body, page, id) {
  const { say } = page;
  const told = await getRecord(id, { signal: page.signal });
  if (page.signal.aborted) return;
  const title = told.claims?.title;
  replace(
    body,
    notice("caution", trustMark(page, "stated"), say("record.cannot_check")),
    facts([
      typeof title === "string" && [say("record.dataset"), h("bdi", { dir: "auto" }, title)],
      [say("record.kind"), typeName(page, told.type)],
      [say("record.entry"), String(told.leaf_index)],
      [say("record.id"), digestGroups(page, id, say("record.id"))],
      Number.isSafeInteger(told.claimed_at) && [say("record.claimed"), time(page, told.claimed_at)],
    ]),
  );
}
