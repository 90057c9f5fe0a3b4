/**
 * No page has this address, or the ledger has nothing by that name.
 */

import { append, h } from "../elements/dom.js";

/**
 * @param {HTMLElement} root
 * @param {import("../page.js").Page} page
 */
export function render(root, page) {
  const { say } = page;
  page.title(say("shell.missing_title"));
  append(
    root,
    h("h1", null, say("shell.missing_title")),
    h("p", null, say("shell.missing_text")),
    h(
      "p",
      { class: "row" },
      h("a", { href: "/find" }, say("shell.missing_find")),
      h("a", { href: "/" }, say("shell.missing_home")),
    ),
  );
}
