/**
 * What the forms of several steps need beside elements/field.js: fields that check themselves,
 * buttons that are busy, files to save.
 */

import { h, replace } from "./dom.js";
import { field } from "./field.js";

/**
 * @typedef {object} Wish
 * @property {string} label
 * @property {string} [hint] what it is for
 * @property {string} [optional] the word for "may be left empty"
 * @property {string} [value]
 * @property {string} [type] of the input; `select` makes one of `options`
 * @property {{value: string, label: string}[]} [options]
 * @property {(text: string) => string | null | Promise<string | null>} [check] what is wrong with
 *   the text; null when nothing is. Empty text is not checked
 * @property {(text: string) => string} [praise] said of text that passed the check
 * @property {(text: string) => void} [onChange]
 * @property {Record<string, unknown>} [more] further attributes of the input
 *
 * @typedef {object} CheckedField
 * @property {HTMLElement} node to be put into the page
 * @property {HTMLInputElement} input
 * @property {(words: string | null) => void} blame say that something is wrong; null takes it back
 * @property {() => Promise<boolean>} isFine check once more what stands there
 */

/**
 * Make a field that says what is wrong once it was filled in, and takes it back while it is put
 * right; nothing half written is called wrong.
 * @param {Wish} wish
 * @returns {CheckedField}
 */
export function checkedField(wish) {
  const input = inputOf(wish);
  const node = field({
    label: wish.label,
    hint: wish.hint,
    optional: wish.optional,
    control: input,
  });
  const good = h("p", { class: "field-good", "aria-live": "polite" });
  node.append(good);
  const show = (text, wrong) => {
    node.showError(wrong);
    good.textContent = text && wrong === null && wish.praise ? wish.praise(text) : "";
  };
  const problem = async (text) => (text && wish.check ? wish.check(text) : null);
  const look = async ({ isTyping = false } = {}) => {
    const text = input.value.trim();
    const wrong = await problem(text);
    if (text !== input.value.trim()) return false; // typed on meanwhile: that is looked at next
    if (!isTyping || wrong === null || input.hasAttribute("aria-invalid")) show(text, wrong);
    else good.textContent = "";
    return wrong === null;
  };
  input.addEventListener("input", () => {
    wish.onChange?.(input.value);
    if (wish.praise || input.hasAttribute("aria-invalid")) look({ isTyping: true });
  });
  input.addEventListener("change", () => look());
  if (input.value && wish.praise) look();
  return { node, input, blame: (words) => show("", words), isFine: look };
}

/**
 * Let Enter in a field press what it is for, but not while a Chinese word is chosen.
 * @param {HTMLElement} input
 * @param {() => void} press
 */
export function onEnter(input, press) {
  input.addEventListener("keydown", ({ key, isComposing }) => {
    if (key === "Enter" && !isComposing) press();
  });
}

/**
 * Make a button.
 * @param {string} label
 * @param {(event: Event) => void} onPress
 * @param {"main" | "plain" | "quiet"} [kind]
 * @returns {HTMLButtonElement}
 */
export function button(label, onPress, kind = "plain") {
  return h("button", { type: "button", class: kind, onclick: onPress }, label);
}

/**
 * Make a button that cannot be pressed twice while its work goes on.
 * @param {string} label
 * @param {() => Promise<void>} work
 * @param {"main" | "plain" | "quiet"} [kind]
 * @returns {HTMLButtonElement}
 */
export function busyButton(label, work, kind = "plain") {
  const press = async () => {
    if (made.getAttribute("aria-disabled") === "true") return;
    made.setAttribute("aria-disabled", "true"); // keeps the focus, which a disabled one loses
    try {
      await work();
    } finally {
      made.removeAttribute("aria-disabled");
    }
  };
  const made = button(label, press, kind);
  return made;
}

/**
 * Offer something as a file to save.
 * @param {import("../page.js").Page} page the file is given up when the reader leaves its view
 * @param {string} label
 * @param {string} name of the file
 * @param {BlobPart | Blob} content
 * @param {{type?: string, kind?: string, onSave?: () => void}} [wish]
 * @returns {HTMLElement}
 */
export function saveLink(page, label, name, content, { type, kind = "plain", onSave } = {}) {
  const blob = content instanceof Blob ? content : new Blob([content], { type: type ?? OCTETS });
  const address = URL.createObjectURL(blob);
  page.signal.addEventListener("abort", () => URL.revokeObjectURL(address));
  const attributes = { href: address, download: name, class: ["button", kind] };
  return h("a", { ...attributes, onclick: () => onSave?.() }, label);
}

/**
 * A place where words about work under way, or what went wrong, are put and read out.
 * @returns {{node: HTMLElement, show: (...children: import("./dom.js").Child[]) => void}}
 */
export function saying() {
  const node = h("div", { class: "saying", "aria-live": "polite" });
  return { node, show: (...children) => replace(node, children) };
}

const OCTETS = "application/octet-stream";

function inputOf({ type = "text", options = [], value = "", more = {} }) {
  if (type !== "select") return h("input", { type, ...more, value });
  const children = options.map((one) => h("option", { value: one.value }, one.label));
  const select = h("select", more, children);
  select.value = value;
  return select;
}
