/**
 * What a reader takes away: the receipt as a file, a badge for a README, a citation.
 */

import { getReceiptPdf } from "../client.js";
import { creditOf } from "../core/attribution.js";
import { bibtex, citationText, citedOf, ris } from "../core/citation.js";
import { copyButton } from "../elements/copy.js";
import { h } from "../elements/dom.js";
import { busyButton, saveLink, saying } from "../elements/form.js";
import { why } from "../elements/why.js";

/**
 * @param {import("./record_certificate.js").View} view
 * @returns {HTMLElement}
 */
export function takePart(view) {
  const { page, entry } = view;
  const { say } = page;
  const isDeposit = entry.record.type === "deposit";
  return h(
    "section",
    { class: "part take on-screen" },
    h("h2", null, say("record.take")),
    h("p", null, say("record.receipt_means")),
    receipts(view),
    isDeposit && citation(view),
    isDeposit && badgeSnippet(view),
  );
}

function receipts({ page, entry, id }) {
  const { say } = page;
  const name = `${id.slice(0, 16)}.receipt`;
  const told = saying();
  const pdf = busyButton(say("record.receipt_pdf"), async () => {
    try {
      const blob = await getReceiptPdf(id, { signal: page.signal });
      const link = saveLink(page, "", `${name}.pdf`, blob);
      link.click();
      told.show(say("record.receipt_pdf_there"));
    } catch (error) {
      if (!page.signal.aborted) told.show(h("p", null, why(page, error)));
    }
  });
  const json = saveLink(page, say("record.receipt_json"), `${name}.json`, entry.octets, {
    type: "application/json",
    kind: "main",
  });
  return [h("p", { class: "row" }, json, pdf), told.node];
}

function citation({ page, entry, reading, found }) {
  const { say } = page;
  const { people } = creditOf(found.case, entry.id);
  const address = addressOf(entry.id);
  const about = { origin: reading.origin, address, untitled: say("record.no_title") };
  const cited = citedOf(entry, people, about);
  const text = citationText(cited, page.language);
  const name = `${entry.id.slice(0, 16)}`;
  return [
    h("h3", null, say("record.cite")),
    h(
      "p",
      { class: "citation" },
      h("bdi", { dir: "auto" }, text),
      " ",
      copyButton(page, text, say("record.citation")),
    ),
    h(
      "p",
      { class: "row" },
      saveLink(page, "BibTeX", `${name}.bib`, bibtex(cited)),
      saveLink(page, "RIS", `${name}.ris`, ris(cited)),
    ),
    h("p", { class: "hint" }, say("record.cite_means")),
  ];
}

function badgeSnippet({ page, id }) {
  const { say } = page;
  const address = addressOf(id);
  const words = say("record.badge_words");
  const snippets = {
    Markdown: `[![${words}](${address}/badge.svg)](${address})`,
    HTML: `<a href="${address}"><img src="${address}/badge.svg" alt="${words}"></a>`,
  };
  return [
    h("h3", null, say("record.badge")),
    h("p", null, h("img", { src: `/records/${id}/badge.svg`, alt: words, height: 20 })),
    Object.entries(snippets).map(([name, text]) =>
      h(
        "div",
        { class: "snippet" },
        h("p", { class: "row" }, h("strong", null, name), copyButton(page, text, name)),
        h("pre", { tabindex: 0 }, text),
      ),
    ),
    h("p", { class: "hint" }, say("record.badge_means")),
  ];
}

function addressOf(id) {
  return `${location.origin}/records/${id}`;
}
