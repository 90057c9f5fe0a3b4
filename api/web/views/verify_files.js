/**
 * Which files are as recorded, and which are not.
 */

import { h } from "../elements/dom.js";
import { notice } from "../elements/notice.js";

const MOST_NAMED = 500;
const COMPARED = Object.freeze(["proved", "false"]);
const ANOTHER_LIST = Object.freeze(["dataset-differs", "manifest-differs"]);
const KINDS = Object.freeze(["changed", "missing", "added", "renamed", "duplicated"]);

/**
 * List what differs between the reader's files and the manifest; null where nothing was
 * compared. Without a manifest it says that one is wanting.
 * @param {import("../page.js").Page} page
 * @param {import("../core/given.js").Data | null} data
 * @param {{checks: {name: string, outcome: string, code: string}[]}} verdict
 * @param {boolean} isAnother whether the manifest is known to be of other data
 * @returns {HTMLElement | null}
 */
export function drawFiles(page, data, verdict, isAnother) {
  const comparison = data?.comparison;
  const compared = verdict.checks.find(({ name }) => name === "dataset");
  if (!comparison && data && compared?.code === "dataset-differs") {
    return notice("note", page.say("verify.files_title"), page.say("verify.files_no_list"));
  }
  if (!comparison || !COMPARED.includes(compared?.outcome)) return null;
  const { say } = page;
  if (isAnother || ANOTHER_LIST.includes(compared.code)) {
    return notice("false", say("verify.files_title"), say("verify.files_other_list"));
  }
  const lists = KINDS.filter((kind) => comparison[kind].length > 0).map((kind) =>
    listOf(page, kind, comparison[kind]),
  );
  return h(
    "section",
    { class: "files-compared" },
    h("h3", null, say("verify.files_title")),
    h("p", null, say("verify.files_matched", { count: comparison.matched })),
    lists,
  );
}

function listOf(page, kind, found) {
  const { say } = page;
  const named = found.slice(0, MOST_NAMED).map((one) => h("li", { class: "mono" }, pathsOf(one)));
  const left = found.length - named.length;
  return h(
    "details",
    { class: ["files-list", kind], open: found.length <= 20 },
    h("summary", null, say(`verify.files_${kind}`, { count: found.length })),
    h("ul", null, named),
    left > 0 && h("p", null, say("verify.files_more", { count: left })),
  );
}

function pathsOf(one) {
  if (typeof one === "string") return h("bdi", null, one);
  return [h("bdi", null, one.before), " → ", h("bdi", null, one.after)];
}
