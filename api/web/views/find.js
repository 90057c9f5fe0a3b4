/**
 * Look up: one box that understands what is typed into it, or files that are dropped on it.
 *
 * Of a digest only its first digits are sent, and what is meant is picked out here. Whatever the
 * server answers is its word until the receipt behind it has been checked.
 */

import { toHex } from "../core/bytes.js";
import { summarize } from "../core/fingerprint.js";
import { addressOf, questionOf, recognizeQuestion } from "../core/question.js";
import { h, replace } from "../elements/dom.js";
import { dropArea } from "../elements/drop.js";
import { checkedField, saying } from "../elements/form.js";
import { hashing } from "../elements/hashing_progress.js";
import { notice } from "../elements/notice.js";
import { why } from "../elements/why.js";
import { showHits } from "./find_hits.js";

/**
 * @param {HTMLElement} root
 * @param {import("../page.js").Page} page
 */
export async function render(root, page) {
  const again = () => draw(root, { ...page, fragment: location.hash.slice(1) });
  // what stands behind the # is a question of its own, also on the way back
  addEventListener("hashchange", again, { signal: page.signal });
  await draw(root, page);
}

async function draw(root, page) {
  const { say } = page;
  page.title(say("find.title"));
  const { text, question, wrong } = asked(page);
  const results = h("div", { class: "find-results" });
  replace(
    root,
    h("h1", null, say("find.title")),
    h("p", { class: "lead" }, say("find.lead")),
    askForm(page, text, wrong),
    page.secure ? dropFiles(page) : h("p", { class: "hint" }, say("find.no_files_here")),
    results,
  );
  if (question !== null) await answer(results, page, question);
}

function asked(page) {
  try {
    return { ...questionOf(page.query, page.fragment), wrong: null };
  } catch (error) {
    const text = page.query.get("q") ?? page.query.get("orcid") ?? "";
    return { text, question: null, wrong: error };
  }
}

async function answer(results, page, question) {
  if (question.kind === "page" || question.kind === "key" || question.kind === "orcid") {
    const address = addressOf(question);
    replace(results, h("p", null, h("a", { href: address }, page.say("find.go_to", { address }))));
    return;
  }
  await showHits(results, page, question);
}

function askForm(page, text, wrong) {
  const { say } = page;
  const box = checkedField({
    label: say("find.box"),
    hint: say("find.box_hint"),
    value: text,
    type: "search",
    more: { name: "q", autocomplete: "off", spellcheck: "false", enterkeyhint: "search" },
  });
  const blame = ({ field }) =>
    box.blame(say(field === "short" ? "find.short_form" : "find.typing_error"));
  if (wrong !== null) blame(wrong);
  const submit = (event) => {
    event.preventDefault();
    try {
      const question = recognizeQuestion(box.input.value);
      if (question === null) box.blame(say("find.empty"));
      else page.go(addressOf(question));
    } catch (error) {
      blame(error);
    }
  };
  return h(
    "form",
    { role: "search", class: "ask", onsubmit: submit },
    box.node,
    h("button", { type: "submit", class: "main" }, say("find.ask")),
  );
}

function dropFiles(page) {
  const { say } = page;
  const told = saying();
  const took = async ({ folder, files }) => {
    const entries = await hashing(page, told.node, files, page.signal);
    if (entries === null) return;
    try {
      // a lone file is looked up by its own digest: that finds it inside other datasets too
      const isOne = folder === null && entries.length === 1;
      const digest = isOne ? entries[0].sha256 : summarize(entries).digest;
      page.go(addressOf({ kind: "digest", value: toHex(digest) }));
    } catch (error) {
      told.show(notice("false", null, h("p", null, why(page, error))));
    }
  };
  const area = dropArea(page, {
    title: say("find.drop"),
    hint: say("find.drop_hint"),
    onPick: took,
    folders: true,
  });
  return h("div", { class: "find-files" }, area, told.node);
}
