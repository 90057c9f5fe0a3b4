/**
 * The files of a deposit, if its depositor has published their list; the list is checked here
 * against the signed fingerprint before any of it is shown.
 */

import { getManifest } from "../client.js";
import { fromHex, toHex } from "../core/digests.js";
import { checkPublished, parseManifest } from "../core/manifest.js";
import { trustMark } from "../elements/badge.js";
import { digest } from "../elements/digest.js";
import { h, replace } from "../elements/dom.js";
import { busyButton, saveLink, wordsOf } from "../elements/form.js";
import { notice } from "../elements/notice.js";
import { lengthText } from "../elements/numbers.js";
import { table } from "../elements/table.js";
import { trustOf } from "../elements/trust_notice.js";

/** Files listed at first; a dataset may have millions. */
const SHOWN = 100;

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

function listed(view, octets) {
  const { page, entry, reading, id } = view;
  const { say } = page;
  const { claims } = entry.record;
  const manifest = parseManifest(octets);
  checkPublished(manifest.header, {
    digest: fromHex(claims.dataset_digest),
    files: claims.files,
    length: claims.bytes ?? null,
    imported: claims.assurance?.imported ?? 0,
  });
  const rows = (from, to) =>
    manifest.entries
      .slice(from, to)
      .map((one) => [
        h("bdi", { dir: "auto" }, one.path),
        one.length === null ? "" : lengthText(page, one.length),
        digest(page, toHex(one.sha256), { what: say("record.fingerprint") }),
      ]);
  const columns = [
    { title: say("record.file_path") },
    { title: say("record.file_length"), class: "number" },
    { title: say("record.file_digest") },
  ];
  const left = manifest.entries.length - SHOWN;
  return [
    h("p", { class: "row" }, trustMark(page, trustOf(reading)), say("record.files_match")),
    table({ caption: say("record.files"), columns, rows: rows(0, SHOWN) }),
    left > 0 && h("p", null, say("record.files_more", { count: left })),
    h("p", { class: "hint" }, say("record.files_lengths")),
    h(
      "p",
      null,
      saveLink(page, say("record.files_save"), `${id.slice(0, 16)}.manifest.jsonl`, octets),
    ),
  ].filter(Boolean);
}

function refused(page, error) {
  if (error.code === "unavailable") return notice("caution", null, wordsOf(error));
  return notice(
    "false",
    [trustMark(page, "false"), " ", page.say("record.files_false")],
    h("p", { class: "soft" }, wordsOf(error)),
  );
}
