/**
 * The files of a deposit, if its depositor has published their list; the list is checked here
 * against the signed fingerprint before any of it is shown.
 */

import { getManifest } from "../client.js";
import { trustMark } from "../elements/badge.js";
import { h, replace } from "../elements/dom.js";
import { busyButton } from "../elements/form.js";
import { notice } from "../elements/notice.js";
import { why } from "../elements/why.js";

/**
 * @param {import("./record_certificate.js").View} view
 * @param {object} told what the server says of the record
 * @returns {HTMLElement}
 */
export function filesPart(view, told) {
  const { page, entry } = view;
  const { say } = page;
  const place = h("div", { class: "files" });
  const part = h("section", { class: "part" }, h("h2", null, say("record.files")), place);
  if (told.manifest !== true || !entry.record.claims.dataset_digest) {
    replace(place, h("p", null, say("record.files_unpublished")));
    return part;
  }
  const load = async () => {
    try {
      const octets = await getManifest(view.id, { signal: page.signal });
      const { listed } = await import("./record_manifest.js");
      if (!page.signal.aborted) replace(place, ...listed(view, octets));
    } catch (error) {
      if (!page.signal.aborted) replace(place, refused(page, error));
    }
  };
  replace(
    place,
    h("p", null, say("record.files_published")),
    h("p", null, busyButton(say("record.files_show"), load)),
  );
  return part;
}

function refused(page, error) {
  if (error.code === "unavailable") return notice("caution", null, h("p", null, why(page, error)));
  return notice(
    "false",
    [trustMark(page, "false"), " ", page.say("record.files_false")],
    h("p", { class: "soft" }, why(page, error)),
  );
}
