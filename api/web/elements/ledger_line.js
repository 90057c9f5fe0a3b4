/**
 * How large the ledger is now, in one line, as its server says.
 */

import { getSummary } from "../client.js";
import { trustMark } from "./badge.js";
import { h } from "./dom.js";

/**
 * @param {import("../page.js").Page} page
 * @returns {Promise<HTMLElement>}
 */
export async function ledgerLine(page) {
  const { say, signal } = page;
  try {
    await getSummary({ signal });
    return h("p", null, trustMark(page, "stated"));
  } catch {
    return h("p", { class: "soft" }, say("ledger.away"));
  }
}
