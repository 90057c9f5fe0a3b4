/**
 * Plain HTTP: the browser keeps its cryptography from such pages, so nothing is hashed or signed.
 */

import { h } from "../elements/dom.js";

/**
 * @param {HTMLElement} root
 * @param {import("../page.js").Page} page
 */
export function render(root, page) {
  page.title(page.say("shell.insecure_title"));
  root.append(h("h1", null, page.say("shell.insecure_title")));
}
