/**
 * A case along the order of its log: what each entry says, and where it lies on an axis of time.
 *
 * What an entry says is read by its type (`attribution_values`); times are those of blocks. A
 * signer's own clock has no place on the axis, so that nothing that is only claimed looks like a
 * time.
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
import { isSound, targetsOf } from "./record_standing.js";

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
 * Return those events that are about some records, or about what is about them; other records of
 * the same dispute, and what was said of those, are not among them.
 *
 * @param {Event[]} events of a whole case
 * @param {...string} ids
 * @returns {Event[]}
 */
export function eventsAbout(events, ...ids) {
  const about = new Set(ids);
  return events.filter(({ entry, type }) => {
    const isAbout = targetsOf(entry.record).some((one) => about.has(one));
    if (type !== "deposit" && isAbout) about.add(entry.id);
    return isAbout && !ids.includes(entry.id);
  });
}

/**
 * @typedef {object} Bar one entry on the axis; `left` and `width` in shares of the whole, 0 to 1
 * @property {import("./case.js").Entry} entry
 * @property {number | null} left null where no time is known
 * @property {number} width
 * @property {boolean} isOpen only one end is known
 * @property {boolean} isProved every end shown is proved, and on no chain that the operator runs
 */

/**
 * Lay entries along one axis of time, from the earliest to the latest time of a block among them.
 *
 * Blocks that nobody has vouched for have a place too, but nothing that rests on one is proved.
 *
 * @param {import("./case.js").Entry[]} entries
 * @returns {{low: number | null, high: number | null, isProved: boolean, bars: Bar[]}} POSIX
 *   seconds; null where no entry has a time
 */
export function axisOf(entries) {
  const ends = entries.map(endsOf);
  const times = ends.flat().map((bound) => bound.time_unix);
  const low = times.length ? Math.min(...times.map(Number)) : null;
  const high = times.length ? Math.max(...times.map(Number), low + 1) : null;
  const bars = entries.map((entry, at) => barOf(entry, ends[at], low, high));
  return { low, high, isProved: bars.every((one) => one.isProved), bars };
}

function endsOf(entry) {
  const proved = [entry.notBefore, entry.notAfter];
  const stated = [entry.statedNotBefore, entry.statedNotAfter];
  return [0, 1]
    .map((at) => proved[at] ?? (stated[at] && { ...stated[at], isStated: true }))
    .filter((one) => one !== null);
}

function barOf(entry, ends, low, high) {
  if (ends.length === 0) return { entry, left: null, width: 0, isOpen: true, isProved: false };
  const [start, end] = [Number(ends[0].time_unix), Number(ends.at(-1).time_unix)];
  return {
    entry,
    left: (start - low) / (high - low),
    width: Math.max(0, end - start) / (high - low),
    isOpen: ends.length < 2,
    isProved: ends.every((one) => !one.isStated && one.independent),
  };
}
