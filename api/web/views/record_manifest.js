/**
 * A published list of files, checked against the signed fingerprint and shown; loaded by who asks.
 */

import { fromHex, toHex } from "../core/digests.js";
import { checkPublished, parseManifest } from "../core/manifest.js";
import { trustMark } from "../elements/badge.js";
import { digest } from "../elements/digest.js";
import { h } from "../elements/dom.js";
import { saveLink } from "../elements/form.js";
import { lengthText } from "../elements/numbers.js";
import { table } from "../elements/table.js";
import { trustOf } from "../elements/trust_notice.js";

/** Files listed at first; a dataset may have millions. */
const SHOWN = 100;

/**
 * @param {import("./record_certificate.js").View} view
 * @param {Uint8Array} octets the manifest, as the server gave it
 * @returns {Node[]}
 * @throws {import("../core/errors.js").LedgerError} it is not the manifest of the record
 */
export function listed(view, octets) {
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
