/**
 * First step of a deposit: choose files or a folder, and have them fingerprinted here.
 */

import { toHex } from "../core/bytes.js";
import { ManifestBuilder } from "../core/manifest.js";
import { h, replace } from "../elements/dom.js";
import { digestGroups } from "../elements/digest.js";
import { dropArea } from "../elements/drop.js";
import { facts } from "../elements/facts.js";
import { button } from "../elements/form.js";
import { hashing } from "../elements/hashing_progress.js";
import { notice } from "../elements/notice.js";
import { lengthText } from "../elements/numbers.js";

/**
 * @param {import("./deposit.js").Step} step
 * @returns {Node[]}
 */
export function draw(step) {
  const { draft, page } = step;
  const { say } = page;
  const result = h("div", { class: "files-result" });
  let working = new AbortController();
  const took = async ({ files }) => {
    working.abort(); // what was dropped before counts no more
    working = new AbortController();
    const signal = AbortSignal.any([page.signal, working.signal]);
    const entries = await hashing(page, result, files, signal);
    if (entries === null) return;
    const builder = new ManifestBuilder();
    for (const entry of entries) builder.add(entry);
    const finished = builder.finish();
    if (finished.summary.length === 0) {
      replace(result, notice("false", null, say("deposit.all_empty")));
      return;
    }
    draft.entries = finished.entries;
    draft.summary = finished.summary;
    showResult(result, step);
    page.announce(say("deposit.hashed", { files: draft.summary.files }));
  };
  const drop = dropArea(page, {
    title: say("deposit.drop"),
    hint: say("deposit.drop_hint"),
    onPick: took,
    folders: true,
  });
  if (draft.summary !== null) showResult(result, step);
  return [h("p", null, say("deposit.files_lead")), drop, result, explained(page)];
}

/** Files that file managers write into folders and change again. */
const MADE_BY_COMPUTER = /^(?:\.DS_Store|\._.*|Thumbs\.db|desktop\.ini)$/i;
const MOST_NAMED = 5;

function madeByComputer(page, entries) {
  const found = entries
    .map(({ path }) => path)
    .filter((path) => MADE_BY_COMPUTER.test(path.split("/").at(-1)));
  if (found.length === 0) return null;
  const more = found.length > MOST_NAMED ? " …" : "";
  const names = found.slice(0, MOST_NAMED).join(page.say("deposit.list_comma")) + more;
  return notice("caution", null, page.say("deposit.made_by_computer", { names }));
}

/** What a fingerprint is, for those who want to know. */
function explained(page) {
  const { say } = page;
  return h(
    "details",
    null,
    h("summary", null, say("deposit.fingerprint_question")),
    h("p", null, say("deposit.fingerprint_answer")),
    h("p", null, say("deposit.fingerprint_names")),
  );
}

function showResult(result, step) {
  const { draft, page, next } = step;
  const { say } = page;
  replace(
    result,
    facts([
      [say("deposit.found_files"), sizesText(page, draft.summary)],
      [say("deposit.fingerprint"), digestGroups(page, toHex(draft.summary.digest))],
    ]),
    madeByComputer(page, draft.entries),
    h("p", { class: "hint" }, say("deposit.keep_unchanged")),
    h("p", { class: "hint" }, say("deposit.links_left_out")),
    h("p", { class: "step-next" }, button(say("deposit.next"), next, "main")),
  );
}

/**
 * Write how many files and bytes a dataset has.
 * @param {import("../page.js").Page} page
 * @param {import("../core/fingerprint.js").Summary} summary
 * @returns {string}
 */
export function sizesText(page, { files, length }) {
  return page.say("deposit.files_and_bytes", { files, bytes: lengthText(page, length ?? 0) });
}
