/**
 * Fields of a form: a label, a hint, the control, and what is wrong with what was entered.
 */

import { freshId, h } from "./dom.js";

/**
 * @typedef {HTMLElement & {control: HTMLElement, showError: (text: string | null) => void}} Field
 */

/**
 * Put a label, a hint and a place for an error around a control.
 * @param {object} given
 * @param {string} given.label
 * @param {HTMLElement} given.control an input, select or textarea; it gets an id
 * @param {import("./dom.js").Child} [given.hint]
 * @param {string} [given.optional] the word for "may be left empty", beside the label
 * @returns {Field} `showError(text)` marks it wrong, `showError(null)` right again
 */
export function field({ label, control, hint, optional }) {
  control.id ||= freshId("field");
  const hintId = `${control.id}-hint`;
  const errorId = `${control.id}-error`;
  const error = h("p", { class: "field-error", id: errorId, hidden: true });
  const describe = (hasError) => {
    const ids = [hint && hintId, hasError && errorId].filter(Boolean).join(" ");
    if (ids) control.setAttribute("aria-describedby", ids);
    else control.removeAttribute("aria-describedby");
  };
  const element = h(
    "div",
    { class: "field" },
    h(
      "label",
      { for: control.id },
      label,
      optional && [" ", h("span", { class: "optional" }, optional)],
    ),
    hint && h("p", { class: "hint", id: hintId }, hint),
    control,
    error,
  );
  const showError = (text) => {
    error.textContent = text ?? "";
    error.hidden = !text;
    if (text) control.setAttribute("aria-invalid", "true");
    else control.removeAttribute("aria-invalid");
    describe(Boolean(text));
  };
  describe(false);
  return Object.assign(element, { control, showError });
}

/**
 * One of several, each with a line that explains it.
 * @param {object} given
 * @param {string} given.legend
 * @param {{value: string, title: string, text?: import("./dom.js").Child}[]} given.options
 * @param {string} given.value the one chosen at first
 * @param {(value: string) => void} given.onChoose
 * @returns {HTMLElement}
 */
export function choice({ legend, options, value, onChoose }) {
  const name = freshId("choice");
  const option = (one) =>
    h(
      "label",
      { class: "choice-option" },
      h("input", {
        type: "radio",
        name,
        value: one.value,
        checked: one.value === value,
        onchange: () => onChoose(one.value),
      }),
      h(
        "span",
        null,
        h("span", { class: "choice-title" }, one.title),
        one.text && h("span", { class: "hint" }, one.text),
      ),
    );
  return h("fieldset", { class: "choice" }, h("legend", null, legend), options.map(option));
}

/**
 * A box to tick, with its words beside it.
 * @param {import("./dom.js").Child} label
 * @param {object} [given]
 * @param {boolean} [given.checked]
 * @param {(isChecked: boolean) => void} [given.onChange]
 * @returns {HTMLElement} its input is `element.control`
 */
export function tickBox(label, { checked = false, onChange } = {}) {
  const control = h("input", {
    type: "checkbox",
    checked,
    onchange: () => onChange?.(control.checked),
  });
  // a label knows the control within it: `control` is its own property
  return h("label", { class: "tick-box" }, control, h("span", null, label));
}
