/**
 * Deposit: from files on this computer to a receipt, one step after the other.
 */

import { h } from "../elements/dom.js";

/**
 * Show the deposit page.
 * @param {HTMLElement} root
 * @param {import("../page.js").Page} page
 */
export async function render(root, page) {
  root.append(h("h1", null, page.say("deposit.title")));
}
