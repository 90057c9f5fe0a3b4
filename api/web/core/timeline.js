/**
 * A case along the order of its log: what each entry says, and where it lies on an axis of time.
 *
 * What an entry says is read by its type (`attribution_values`); times are those that a verdict
 * proved. An entry without a proved time has no place on the axis, so that nothing that was not
 * proved looks like a time.
 */

import {
  namedPeople,
  readCorrection,
  readDispute,
  readResponse,
  readRuling,
  readStatement,
  readTransfer,
  readWithdrawal,
} from "./attribution_values.js";
import { isSound } from "./record_standing.js";

const READERS = {
  deposit: (record) => ({ title: record.payload.title ?? null, people: namedPeople(record) }),
  contribution: (record) => ({ people: namedPeople(record) }),
  response: readResponse,
  transfer: readTransfer,
  withdrawal: readWithdrawal,
  correction: readCorrection,
  dispute: readDispute,
  statement: readStatement,
  ruling: readRuling,
};

/**
 * @typedef {object} Event
 * @property {import("./case.js").Entry} entry
 * @property {string} type of the record
 * @property {object | null} said what the record says, by its type; null for a type that says
 *   nothing of others
 * @property {import("./record_standing.js").RecordStanding} standing
 * @property {boolean} stands nothing has to be shown beside it
 * @property {boolean} counts its key could sign it, by the reader's policy
 */

/**
 * Return what every entry of a case says, oldest first.
 *
 * @param {import("./case.js").Case} case_
 * @returns {Event[]}
 */
export function timelineOf(case_) {
  return case_.entries.map((entry) => {
    const standing = case_.standing(entry.id);
    return {
      entry,
      type: entry.record.type,
      said: READERS[entry.record.type]?.(entry.record) ?? null,
      standing,
      stands: isSound(standing),
      counts: entry.isEffective,
    };
  });
}

/**
 * @typedef {object} Bar one entry on the axis; `left` and `width` in shares of the whole, 0 to 1
 * @property {import("./case.js").Entry} entry
 * @property {number | null} left null where nothing is proved
 * @property {number} width
 * @property {boolean} isOpen only one end is proved
 * @property {boolean} isIndependent no end lies on a chain that the log's operator runs
 */

/**
 * Lay entries along one axis of time, from the earliest to the latest proved time among them.
 *
 * @param {import("./case.js").Entry[]} entries
 * @returns {{low: number | null, high: number | null, bars: Bar[]}} POSIX seconds; null where no
 *   entry has a proved time
 */
export function axisOf(entries) {
  const ends = entries.map((entry) => [entry.notBefore, entry.notAfter]);
  const times = ends.flat().flatMap((bound) => (bound === null ? [] : [bound.time_unix]));
  if (times.length === 0) {
    return { low: null, high: null, bars: entries.map((entry) => barOf(entry, 0, 1)) };
  }
  const low = Math.min(...times);
  const high = Math.max(...times, low + 1);
  return { low, high, bars: entries.map((entry) => barOf(entry, low, high)) };
}

function barOf(entry, low, high) {
  const bounds = [entry.notBefore, entry.notAfter].filter((one) => one !== null);
  if (bounds.length === 0) {
    return { entry, left: null, width: 0, isOpen: true, isIndependent: false };
  }
  const [start, end] = [bounds[0].time_unix, bounds.at(-1).time_unix];
  return {
    entry,
    left: (start - low) / (high - low),
    width: Math.max(0, end - start) / (high - low),
    isOpen: bounds.length < 2,
    isIndependent: bounds.every((one) => one.independent),
  };
}
