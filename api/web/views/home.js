/**
 * The first page: what this is in plain words, three ways in, and how large the ledger is now.
 */

import { getSummary } from "../client.js";
import { digest } from "../elements/digest.js";
import { append, h } from "../elements/dom.js";
import { facts } from "../elements/facts.js";
import { intervalLine } from "../elements/interval.js";
import { mark } from "../frame.js";
import { askedSection } from "../elements/section.js";
import { ledgerLine, trialNotice } from "../elements/summary.js";

const HOW = ["fingerprint", "record", "log", "chain"];

/**
 * @param {HTMLElement} root
 * @param {import("../page.js").Page} page
 */
export async function render(root, page) {
  const { say } = page;
  if (page.fragment.startsWith("respond=")) {
    location.replace(`/respond#${page.fragment}`); // an invitation whose path was cut off
    return;
  }
  page.title("");
  append(
    root,
    h(
      "div",
      { class: "opening" },
      h("h1", null, say("home.title")),
      h("p", { class: "lead" }, say("home.lead")),
    ),
    ways(page),
    h(
      "section",
      { class: "part how" },
      h("div", { class: "how-words" }, h("h2", null, say("home.how")), how(say), more(say)),
      specimen(page),
    ),
  );
  const now = askedSection(page, say("home.ledger_now"), async () => {
    const summary = await getSummary({ signal: page.signal });
    return [
      ...ledgerLine(page, summary),
      trialNotice(page, summary),
      h("p", null, link("/ledger", say("home.ledger_more"))),
    ];
  });
  append(root, now.node);
  await now.again();
}

function ways(page) {
  const { say } = page;
  const go = (name) =>
    h(
      "a",
      { class: ["button", name === "deposit" && "main"], href: `/${name}` },
      say(`home.${name}_go`),
    );
  const way = (name, action) =>
    h(
      "li",
      null,
      h("h2", null, say(`home.${name}_title`)),
      h("p", null, say(`home.${name}_text`)),
      action,
    );
  return h(
    "ul",
    { class: "ways", "aria-label": say("home.ways") },
    way("deposit", go("deposit")),
    way("verify", go("verify")),
    way("find", finder(page)),
  );
}

function finder(page) {
  const { say } = page;
  const input = h("input", {
    type: "search",
    name: "q",
    required: true,
    placeholder: say("home.find_hint"),
    "aria-label": say("home.find_label"),
  });
  const look = (event) => {
    event.preventDefault();
    const words = input.value.trim();
    page.go(words ? `/find?q=${encodeURIComponent(words)}` : "/find");
  };
  return h(
    "form",
    { class: "finder-short", role: "search", novalidate: true, onsubmit: look },
    input,
    h("button", { type: "submit" }, say("home.find_go")),
  );
}

function how(say) {
  const item = (name) =>
    h(
      "li",
      null,
      h("h3", null, say(`home.how_${name}`)),
      h("p", null, say(`home.how_${name}_text`)),
    );
  return h("ol", { class: "how-steps" }, HOW.map(item));
}

function more(say) {
  return h("p", null, link("/about", say("home.how_more")));
}

function link(href, text) {
  return h("a", { href }, text);
}

// made up, and says so: nobody takes it for a record of this ledger
const SPECIMEN = {
  digest: "7d3f0c52a94e6b18c2f5e07a916d4b83f02c9e57d81a46b3950ee7c4126fa8d0",
  lower: 1750406411,
  claimed: 1750406507,
  upper: 1750406579,
};

function specimen(page) {
  const { say } = page;
  const log = "ledger.example.org/2025";
  const block = (number) => say("home.specimen_lower", { number: String(number) });
  return h(
    "figure",
    { class: "specimen" },
    h(
      "div",
      { class: "sheet" },
      h(
        "div",
        { class: "sheet-head" },
        mark(),
        h("p", { class: "kind" }, say("home.specimen_kind")),
        h("p", { class: "sheet-title" }, say("home.specimen_title")),
      ),
      facts([
        [say("home.specimen_people"), say("home.specimen_names")],
        [say("home.specimen_digest"), digest(page, SPECIMEN.digest, { bare: true })],
        [say("home.specimen_entry"), say("home.specimen_place", { index: "4211", log })],
      ]),
      intervalLine(page, {
        lower: { unix: SPECIMEN.lower, source: block(22745331) },
        upper: { unix: SPECIMEN.upper, source: block(22745345) },
        claimed: SPECIMEN.claimed,
      }),
    ),
    h("figcaption", null, say("home.specimen")),
  );
}
