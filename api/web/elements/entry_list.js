/**
 * Entries of the log, judged before, in a short list: what, when, by whom.
 */

import { h } from "./dom.js";
import { recordLink, titleOf, typeName } from "./story.js";
import { signerLine, whenLine } from "./who.js";

/**
 * @param {import("../page.js").Page} page
 * @param {import("../core/case.js").Entry[]} entries
 * @param {(entry: import("../core/case.js").Entry) => import("./dom.js").Child} [note]
 * @returns {HTMLElement}
 */
export function entryList(page, entries, note = () => null) {
  return h(
    "ol",
    { class: "hits" },
    entries.map((entry) => oneEntry(page, entry, note(entry))),
  );
}

function oneEntry(page, entry, note) {
  const { record, id } = entry;
  const where = record.type === "dispute" ? "disputes" : "records";
  const isTitled = record.type === "deposit";
  const words = isTitled
    ? titleOf(page, record.payload.title ?? null)
    : typeName(page, record.type);
  const about = typeof record.payload.record === "string" ? record.payload.record : null;
  return h(
    "li",
    { class: "hit", "data-id": id },
    h("p", { class: "hit-title" }, h("a", { href: `/${where}/${id}` }, words)),
    h(
      "p",
      { class: "hit-line" },
      h("span", null, page.say("record.entry_number", { index: entry.leafIndex })),
      whenLine(page, entry),
      record.type === "response" &&
        h("span", null, page.say(`record.answer_${record.payload.answer}`)),
      about !== null &&
        h("span", null, page.say.nodes("record.about", { id: recordLink(page, about) })),
    ),
    h("p", { class: "hit-line" }, signerLine(page, entry.signer), note),
  );
}
