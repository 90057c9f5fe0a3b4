/**
 * What a failure is called, in the reader's language.
 */

import { h } from "./dom.js";
import { technical } from "./technical.js";

/**
 * Return the title that the code of an error has; the service's own where the code is unknown here.
 * @param {import("../page.js").Page} page
 * @param {Error & {code?: string, title?: string}} error
 * @returns {Promise<string>}
 */
export async function errorTitle(page, error) {
  // asked for only now: most readers never need these words
  const wordings = await import("../core/wordings.js").catch(() => null);
  if (wordings === null) return page.say("shell.away"); // what is not to be had is the network
  const { errors } = wordings.wordsOf(page.language);
  return errors[error?.code] ?? error?.title ?? errors.error;
}

/**
 * Say that something could not be had, and why.
 * @param {import("../page.js").Page} page
 * @param {Error & {code?: string, title?: string}} error
 * @returns {Promise<HTMLElement>}
 */
export async function failure(page, error) {
  return h(
    "p",
    { class: "soft" },
    page.say("shell.not_had"),
    " ",
    await errorTitle(page, error),
    error?.message && [" ", technical(error.message)],
  );
}
