/**
 * How far long work has come; a screen reader hears it now and then, not at every step.
 */

import { h } from "./dom.js";

const SAID_EVERY_MS = 5000;

/**
 * @typedef {HTMLElement & {update: (done: number, total: number, text: string) => void}} Progress
 */

/**
 * @param {import("../page.js").Page} page
 * @param {string} label what is being done
 * @param {(() => void) | null} [onCancel] a button to stop it, if it can be
 * @returns {Progress}
 */
export function progress(page, label, onCancel = null) {
  const bar = h("progress", { max: 1, "aria-label": label });
  const words = h("p", { class: "progress-text" }, label);
  const stop = { class: "quiet", type: "button", onclick: onCancel };
  const element = h(
    "div",
    { class: "progress" },
    words,
    bar,
    onCancel && h("button", stop, page.say("shell.cancel")),
  );
  let saidAt = 0;
  const update = (done, total, text) => {
    if (total > 0) bar.value = Math.min(done / total, 1);
    words.textContent = text;
    if (performance.now() - saidAt < SAID_EVERY_MS) return;
    saidAt = performance.now();
    page.announce(text);
  };
  return Object.assign(element, { update });
}
