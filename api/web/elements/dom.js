/**
 * Making elements without markup: every text becomes a text node, so nothing that a record says can
 * run or change the page. The page's only way to build its tree.
 *
 *     h("p", { class: "lead" }, "signed by ", h("bdi", null, name))
 */

const SVG = "http://www.w3.org/2000/svg";
const SAFE_SCHEMES = new Set(["http:", "https:", "blob:", "mailto:"]);
const ADDRESSES = new Set(["href", "src", "action", "formaction", "xlink:href"]);
const REFUSED = new Set(["innerhtml", "outerhtml", "srcdoc", "style"]);

/**
 * @typedef {Node | string | number | null | undefined | false | Child[]} Child
 * What may stand inside an element; null, undefined and false are left out.
 * @typedef {Record<string, unknown>} Attributes
 * `class` a string or a list (falsy members are left out); `onclick` and the like a function;
 * `vars` custom properties, as `{"--share": "40%"}` (the CSP forbids style attributes);
 * `value` and `checked` are set as properties; true an empty attribute; false and null none.
 */

/**
 * Make an HTML element.
 * @param {string} tag
 * @param {Attributes | null} [attributes]
 * @param {...Child} children
 * @returns {HTMLElement}
 */
export function h(tag, attributes, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/**
 * Make an SVG element.
 * @param {string} tag
 * @param {Attributes | null} [attributes]
 * @param {...Child} children
 * @returns {SVGElement}
 */
export function svg(tag, attributes, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

/**
 * Put `children` in the place of whatever `parent` holds. A reader without a mouse who was in there,
 * at the button that he pressed say, is led to what stands there now.
 * @param {Element} parent
 * @param {...Child} children
 */
export function replace(parent, ...children) {
  const before = document.activeElement;
  const isInside = parent !== before && parent.contains(before);
  parent.replaceChildren(...children.flat(Infinity).filter(isShown).map(asNode));
  if (!isInside || parent.contains(document.activeElement)) return;
  const place = parent.querySelector("h1, h2, h3") ?? parent;
  place.tabIndex = -1;
  place.focus({ preventScroll: true });
}

/**
 * Put `children` behind what `parent` holds; unlike the DOM's own `append` it leaves out what is
 * null or false.
 * @param {Element} parent
 * @param {...Child} children
 */
export function append(parent, ...children) {
  parent.append(...children.flat(Infinity).filter(isShown).map(asNode));
}

/**
 * Tell whether an address may stand in a link: a depositor's `javascript:` may not.
 * @param {string} address absolute, or relative to the page
 * @returns {boolean}
 */
export function isSafeAddress(address) {
  try {
    return SAFE_SCHEMES.has(new URL(address, "https://page.invalid/").protocol);
  } catch {
    return false;
  }
}

let lastId = 0;

/**
 * Return an id that no other element of this page has, to tie labels to their fields.
 * @param {string} [prefix]
 * @returns {string}
 */
export function freshId(prefix = "e") {
  lastId += 1;
  return `${prefix}-${lastId}`;
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) setAttribute(element, name, value);
  append(element, children);
  return element;
}

function setAttribute(element, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (typeof value === "function") {
    element.addEventListener(name.replace(/^on/, ""), value);
  } else if (name === "vars") {
    for (const [property, text] of Object.entries(value)) element.style.setProperty(property, text);
  } else if (name === "value" || name === "checked" || name === "indeterminate") {
    element[name] = value;
  } else if (REFUSED.has(name.toLowerCase()) || name.startsWith("on")) {
    throw new TypeError(`no element gets ${name}`);
  } else if (!ADDRESSES.has(name) || isSafeAddress(String(value))) {
    const text = Array.isArray(value) ? value.filter(Boolean).join(" ") : value;
    element.setAttribute(name, text === true ? "" : String(text));
  }
}

function isShown(child) {
  return child !== null && child !== undefined && child !== false;
}

function asNode(child) {
  return child instanceof Node ? child : document.createTextNode(String(child));
}
