/**
 * Verify: a receipt, a policy and data, checked in this browser.
 */

import { h } from "../elements/dom.js";

/**
 * Show the verify page.
 * @param {HTMLElement} root
 * @param {import("../page.js").Page} page
 */
export async function render(root, page) {
  root.append(h("h1", null, page.say("verify.title")));
}
