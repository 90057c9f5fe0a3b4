/**
 * What is shown when a view could not be made: what happened, and its code for whoever asks.
 */

import { VerificationError } from "../core/errors.js";
import { trustMark } from "../elements/badge.js";
import { append, h } from "../elements/dom.js";
import { errorTitle } from "../elements/failure.js";
import { notice } from "../elements/notice.js";
import { technical } from "../elements/technical.js";
import { render as renderMissing } from "./missing.js";

/**
 * @param {HTMLElement} root
 * @param {import("../page.js").Page} page
 * @param {unknown} error
 */
export async function render(root, page, error) {
  if (error?.code === "not-found") {
    renderMissing(root, page);
    return;
  }
  const { say } = page;
  const title = await errorTitle(page, error);
  const isNamed = typeof error?.code === "string"; // what a browser says of itself is English
  page.title(say("shell.failed_title"));
  append(
    root,
    h("h1", null, say("shell.failed_title")),
    error instanceof VerificationError &&
      notice("false", trustMark(page, "false"), say("shell.failed_false")),
    h("p", null, title),
    isNamed && error.message && h("p", null, technical(error.message)),
    isNamed && h("p", null, say("shell.failed_code", { code: error.code })),
    h("button", { type: "button", onclick: () => location.reload() }, say("shell.failed_again")),
  );
}
