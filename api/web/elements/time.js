/**
 * Times: always a <time>, always with the zone, always to the second; the title says UTC.
 */

import { TAGS } from "../language.js";
import { h } from "./dom.js";

const SHAPE = {
  year: "numeric",
  month: "long",
  day: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
};
const TAG_OF_DATES = { en: "en-GB", zh: "zh-Hans-CN" };

/** The last second of the year 9999: a record may claim any later one, which no calendar has. */
const LAST_SECOND = 253_402_300_799;

function isDated(unix) {
  return unix <= LAST_SECOND;
}

/**
 * Show a moment in the reader's own zone.
 * @param {{language: import("../language.js").Language}} page
 * @param {number} unix POSIX seconds
 * @param {object} [options]
 * @param {string} [options.zone] as "UTC" or "Asia/Shanghai"; the browser's if absent
 * @returns {HTMLElement}
 */
export function time(page, unix, { zone } = {}) {
  if (!isDated(unix)) return h("span", {}, utcText(unix));
  const moment = new Date(unix * 1000);
  return h(
    "time",
    { datetime: moment.toISOString(), title: utcText(unix) },
    timeText(page, unix, zone),
  );
}

/**
 * Write a moment with its zone: 23 November 2026, 16:51:05 UTC+8.
 * @param {{language: import("../language.js").Language}} page
 * @param {number} unix POSIX seconds
 * @param {string} [zone]
 * @returns {string}
 */
export function timeText(page, unix, zone) {
  if (!isDated(unix)) return utcText(unix);
  const moment = new Date(unix * 1000);
  const written = new Intl.DateTimeFormat(TAG_OF_DATES[page.language], {
    ...SHAPE,
    timeZone: zone,
  });
  const text = written.format(moment).replace(" at ", ", ");
  return `${text} ${zoneText(moment, zone)}`;
}

/**
 * Write a moment as the command line does: 2026-11-23 16:51:05 UTC.
 * @param {number} unix POSIX seconds
 * @returns {string}
 */
export function utcText(unix) {
  if (!isDated(unix)) return `${unix} s after 1970`;
  return `${new Date(unix * 1000).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

/**
 * Show how long ago something was: 3 minutes ago; the title has the moment itself.
 * @param {{language: import("../language.js").Language}} page
 * @param {number} unix POSIX seconds
 * @param {number} now POSIX seconds
 * @returns {HTMLElement}
 */
export function timeAgo(page, unix, now) {
  if (!isDated(unix)) return h("span", {}, utcText(unix));
  const relative = new Intl.RelativeTimeFormat(TAGS[page.language], { numeric: "always" });
  const [amount, unit] = unitOf(unix - now);
  return h(
    "time",
    { datetime: new Date(unix * 1000).toISOString(), title: timeText(page, unix) },
    relative.format(amount, unit),
  );
}

function unitOf(seconds) {
  for (const [unit, length] of [
    ["day", 86400],
    ["hour", 3600],
    ["minute", 60],
  ]) {
    if (Math.abs(seconds) >= length) return [Math.trunc(seconds / length), unit];
  }
  return [Math.trunc(seconds), "second"];
}

function zoneText(moment, zone) {
  const parts = new Intl.DateTimeFormat("en", { timeZone: zone, timeZoneName: "shortOffset" });
  const name = parts.formatToParts(moment).find((part) => part.type === "timeZoneName").value;
  return name.replace("GMT", "UTC").replace(/\+0$/, "");
}
