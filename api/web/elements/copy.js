/**
 * A button that copies a text, and says that it did.
 */

import { h, replace, svg } from "./dom.js";

const SAID_MS = 2000;

/**
 * @param {import("../page.js").Page} page
 * @param {string} text
 * @param {string} [what] what is copied, for a screen reader; the text itself if absent
 * @returns {HTMLElement}
 */
export function copyButton(page, text, what = text) {
  const label = page.say("shell.copy", { what });
  const button = h("button", { class: "copy", type: "button", "aria-label": label, title: label });
  button.addEventListener("click", () => copy(page, button, text));
  replace(button, sheets());
  return button;
}

async function copy(page, button, text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    page.announce(page.say("shell.not_copied"));
    return;
  }
  button.classList.add("done");
  replace(button, tick());
  page.announce(page.say("shell.copied"));
  setTimeout(() => {
    button.classList.remove("done");
    replace(button, sheets());
  }, SAID_MS);
}

function sheets() {
  return icon("M5.5 5.5v-3h8v8h-3M2.5 5.5h8v8h-8z");
}

function tick() {
  return icon("M3 8.5l3.5 3.5L13 4.5");
}

function icon(d) {
  return svg("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" }, svg("path", { d }));
}
