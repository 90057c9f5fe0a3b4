/**
 * Numbers and lengths as people of either language write them.
 */

import { TAGS } from "../language.js";

const UNITS = ["B", "kB", "MB", "GB", "TB", "PB"];

/**
 * Write a count: 1,234.
 * @param {{language: import("../language.js").Language}} page
 * @param {number} count
 * @param {Intl.NumberFormatOptions} [options]
 * @returns {string}
 */
export function numberText(page, count, options = {}) {
  return new Intl.NumberFormat(TAGS[page.language], options).format(count);
}

/**
 * Write a length in decimal units, three digits of it: 1.23 MB.
 * @param {{language: import("../language.js").Language}} page
 * @param {number} bytes
 * @returns {string}
 */
export function lengthText(page, bytes) {
  const rounded = Number(bytes.toPrecision(3)); // 999,950,000 is 1 GB, not 1,000 MB
  const exponent =
    rounded < 1000 ? 0 : Math.min(Math.floor(Math.log10(rounded) / 3), UNITS.length - 1);
  const amount = numberText(page, bytes / 1000 ** exponent, { maximumSignificantDigits: 3 });
  return `${amount}\u00a0${UNITS[exponent]}`;
}

/**
 * Write how long something lasted or lasts, in its two largest units: 3 hr 20 min.
 * @param {{language: import("../language.js").Language}} page
 * @param {number} seconds not negative
 * @returns {string}
 */
export function durationText(page, seconds) {
  const whole = Math.round(seconds);
  const parts = [
    [Math.floor(whole / 86400), "day"],
    [Math.floor(whole / 3600) % 24, "hour"],
    [Math.floor(whole / 60) % 60, "minute"],
    [whole % 60, "second"],
  ];
  const first = parts.findIndex(([amount]) => amount > 0);
  const told = first === -1 ? [[0, "second"]] : parts.slice(first, first + 2);
  return told
    .filter(([amount], place) => place === 0 || amount > 0)
    .map(([amount, unit]) =>
      numberText(page, amount, { style: "unit", unit, unitDisplay: "short" }),
    )
    .join(page.language === "zh" ? "" : " ");
}
