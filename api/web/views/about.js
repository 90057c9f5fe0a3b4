/**
 * What a receipt proves and what it does not; whom one has to believe; what the words mean.
 */

import { append, h } from "../elements/dom.js";
import { facts } from "../elements/facts.js";
import { STORES, list } from "../store.js";

const PROVES = ["content", "after", "key", "data"];
const NOT = ["true", "good", "who", "first", "absent"];
const WORDS = ["proved", "vouched", "claimed", "unchecked"];
const TRUST = ["policy", "block"];
const PRIVATE = ["data", "record", "list", "guess", "erase"];
const TERMS = [
  "fingerprint",
  "manifest",
  "record",
  "log",
  "checkpoint",
  "anchor",
  "final",
  "receipt",
  "policy",
  "witness",
  "sealed",
];

/**
 * @param {HTMLElement} root
 * @param {import("../page.js").Page} page
 */
export async function render(root, page) {
  const { say } = page;
  const kept = h("p", { class: "soft" });
  page.title(say("about.title"));
  append(
    root,
    h("h1", null, say("about.title")),
    h("p", { class: "lead" }, say("about.lead")),
    h(
      "div",
      { class: "two-sides" },
      h("section", null, h("h2", null, say("about.proves")), items(say, "proves", PROVES)),
      h("section", null, h("h2", null, say("about.not")), items(say, "not", NOT)),
    ),
    part(say("about.words"), terms(say, "word", WORDS)),
    part(say("about.trust"), h("p", null, say("about.trust_intro")), terms(say, "trust", TRUST)),
    part(say("about.private"), items(say, "private", PRIVATE)),
    part(say("about.key"), h("p", null, say("about.key_text"))),
    part(say("about.alone"), h("p", null, say("about.alone_text")), command(page)),
    part(say("about.browser"), h("p", null, say("about.browser_text")), kept),
    part(say("about.glossary"), terms(say, "term", TERMS)),
  );
  kept.textContent = await keptText(say);
}

function part(title, ...children) {
  return h("section", { class: "part" }, h("h2", null, title), children);
}

function items(say, group, names) {
  return h(
    "ul",
    { class: "plain-list" },
    names.map((name) => h("li", null, say(`about.${group}_${name}`))),
  );
}

function terms(say, group, names) {
  const list = facts(
    names.map((name) => [say(`about.${group}_${name}`), say(`about.${group}_${name}_text`)]),
  );
  list.classList.add("words");
  return list;
}

function command({ language }) {
  const program = language === "zh" ? "provenance --lang zh" : "provenance";
  return h(
    "pre",
    null,
    `${program} verify receipt.json DATA --policy policy.json --block-hash 0x…`,
  );
}

async function keptText(say) {
  try {
    const counts = await Promise.all(STORES.map(async (name) => [name, (await list(name)).length]));
    return say("about.browser_count", Object.fromEntries(counts));
  } catch {
    return ""; // a private window keeps nothing, and there is nothing to count
  }
}
