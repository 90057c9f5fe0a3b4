/**
 * No page has this address, or the ledger has nothing by that name.
 */

import { h } from "../elements/dom.js";

/**
 * @param {HTMLElement} root
 * @param {import("../page.js").Page} page
 */
export function render(root, page) {
  page.title(page.say("shell.missing_title"));
  root.append(
    h("h1", null, page.say("shell.missing_title")),
    h("p", null, page.say("shell.missing_text")),
  );
}
