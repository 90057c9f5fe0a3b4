/** Times as verdicts write them. */

/** The last second of the year 9999. */
const LAST_SECOND = 253_402_300_799;

/**
 * @param {number | bigint} timeUnix
 * @returns {string} as `2026-08-01 09:30:00 UTC`; seconds beyond the year 9999 stay a number
 */
export function utcText(timeUnix) {
  if (timeUnix > LAST_SECOND) return `${timeUnix} s after 1970`;
  const text = new Date(Number(timeUnix) * 1000).toISOString();
  return `${text.slice(0, 10)} ${text.slice(11, 19)} UTC`;
}
