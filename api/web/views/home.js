/**
 * The first page: what this is, and three ways in.
 */

import { h } from "../elements/dom.js";

/**
 * @param {HTMLElement} root
 * @param {import("../page.js").Page} page
 */
export async function render(root, page) {
  page.title("");
  root.append(h("h1", null, page.say("shell.name")));
}
