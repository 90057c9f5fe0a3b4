/**
 * Two lists of steps: what a check found, one after the other; and how far one has come in a form.
 */

import { h } from "./dom.js";

const SIGNS = {
  proved: "✓",
  vouched: "✓",
  "not-checked": "–",
  "not-yet": "…",
  unavailable: "?",
  false: "✗",
  unusable: "✗",
};

/**
 * @typedef {keyof typeof SIGNS} Outcome as in provenance/verdict.py
 * @typedef {object} Step
 * @property {number | string} number
 * @property {string} title
 * @property {Outcome} outcome
 * @property {string} outcomeText `proved`, `not checked` ... in the reader's language
 * @property {import("./dom.js").Child} text what was found
 * @property {import("./dom.js").Child} [trust] whose word it rests on
 * @property {import("./dom.js").Child} [details] more, opened by who wants it
 */

/**
 * Show the numbered checks of a verdict.
 * @param {import("../page.js").Page} page
 * @param {Step[]} steps
 * @returns {HTMLElement}
 */
export function stepList(page, steps) {
  return h(
    "ol",
    { class: "steps" },
    steps.map((step) => oneStep(page, step)),
  );
}

/**
 * Show the stages of a form and which one is open.
 * @param {import("../page.js").Page} page
 * @param {string[]} stages their titles
 * @param {number} current place of the open one
 * @param {(place: number) => void} [onGo] lets the reader go back to a stage that is done
 * @returns {HTMLElement}
 */
export function stageList(page, stages, current, onGo) {
  const stage = (title, place) => {
    const isDone = place < current;
    const words = [h("span", { class: "stage-number" }, String(place + 1)), h("span", null, title)];
    const inside =
      isDone && onGo
        ? h("button", { type: "button", onclick: () => onGo(place) }, words)
        : h("span", null, words);
    const attributes = {
      class: isDone ? "done" : undefined,
      "aria-current": place === current ? "step" : undefined,
    };
    return h("li", attributes, inside);
  };
  return h("ol", { class: "stages", "aria-label": page.say("shell.stages") }, stages.map(stage));
}

function oneStep(page, { number, title, outcome, outcomeText, text, trust, details }) {
  return h(
    "li",
    { class: ["step", outcome] },
    h("span", { class: "step-sign", "aria-hidden": "true" }, SIGNS[outcome]),
    h(
      "div",
      { class: "step-body" },
      h(
        "p",
        { class: "step-title" },
        h("span", { class: "step-number" }, String(number)),
        h("span", null, title),
        h("span", { class: "step-outcome" }, outcomeText),
      ),
      text && h("p", { class: "step-text" }, text),
      trust && h("p", { class: "step-trust" }, trust),
      details && h("details", null, h("summary", null, page.say("shell.details")), details),
    ),
  );
}
