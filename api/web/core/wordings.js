/**
 * The fixed sentences of verdicts and errors, in English and Chinese, as the command line says
 * them; they are made from Python's by `scripts/make_page_words`.
 */

import { utcText } from "./times.js";
import en from "./words.en.js";
import zh from "./words.zh.js";

/** @typedef {"en" | "zh"} Language */

const WORDS = { en, zh };

/** What stands before each outcome on one line. */
const MARKS = Object.freeze({
  proved: "✓",
  vouched: "✓",
  "not-checked": "–",
  "not-yet": "…",
  unavailable: "?",
  false: "✗",
  unusable: "✗",
});

/**
 * @param {Language} language
 * @returns {Record<string, Record<string, string>>} groups of sentences by their names
 */
export function wordsOf(language) {
  return WORDS[language] ?? en;
}

/**
 * Put facts into a sentence.
 *
 * @param {string} template with names in braces
 * @param {Record<string, unknown>} facts
 * @returns {string}
 */
function fill(template, facts) {
  return template.replace(/\{(\w+)\}/g, (all, name) =>
    Object.hasOwn(facts, name) ? String(facts[name]) : all,
  );
}

/**
 * Say what one check of a verdict found.
 *
 * @param {{code: string, facts: Record<string, string | number>}} check of the verdict's JSON
 * @param {Language} [language]
 * @returns {string}
 */
export function verdictSentence(check, language = "en") {
  const words = wordsOf(language);
  const facts = { ...check.facts };
  if ("block_time" in facts) facts.set_by = words.blockTimes[facts.block_time];
  if ("said_by" in facts) facts.revoker = fill(words.revokers[facts.said_by], facts);
  let said = fill(words.wordings[check.code], facts);
  if ("more" in facts) said = `${said}; ${words.wordings[facts.more]}`;
  if ("certificate_state" in facts) {
    said = `${said}; ${fill(words.certificates[facts.certificate_state], facts)}`;
  }
  return said;
}

/**
 * Everything that a reader is told of one check, in parts that a page can set as it likes.
 *
 * @param {object} check of the verdict's JSON
 * @param {Language} [language]
 * @returns {{number: number, mark: string, title: string, outcome: string, text: string,
 *   detail: string | null, trusted: string | null}} `text` names an error by its title, `detail`
 *   has the facts of it, in English; `trusted` says whom one has to believe, and is null where
 *   nothing was found to be true
 */
export function describeCheck(check, language = "en") {
  const words = wordsOf(language);
  const name = words.titles[check.name];
  const { subject, facts } = check;
  const { detail = null } = facts;
  const titled = { ...facts, detail: words.errors[facts.error] ?? words.errors.error };
  const told = detail === null ? check : { ...check, facts: titled };
  const isGood = check.outcome === "proved" || check.outcome === "vouched";
  return {
    number: check.number,
    mark: MARKS[check.outcome],
    title: subject === null ? name : fill(words.around.subject, { title: name, subject }),
    outcome: words.outcomes[check.outcome],
    text: verdictSentence(told, language),
    detail,
    trusted: isGood ? fill(words.around.trusted, { trust: words.trusts[check.trust] }) : null,
  };
}

/**
 * The same of all checks of a verdict. Which part of the receipt one is about is said only where
 * there are several of its name.
 *
 * @param {object[]} checks of the verdict's JSON
 * @param {Language} [language]
 * @returns {ReturnType<typeof describeCheck>[]}
 */
export function describeChecks(checks, language = "en") {
  return checks.map((check) => {
    const isAlone = checks.filter(({ name }) => name === check.name).length === 1;
    return describeCheck(isAlone ? { ...check, subject: null } : check, language);
  });
}

/**
 * Everything else that a reader is told of a verdict.
 *
 * @param {object} verdict its JSON
 * @param {Language} [language]
 * @returns {{conclusion: string, warnings: string[], next: string | null,
 *   trusts: Record<string, string>}} `next` is the advice where something is missing; `trusts`
 *   says whose word each end of the interval rests on
 */
export function describeVerdict(verdict, language = "en") {
  const words = wordsOf(language);
  const { interval } = verdict;
  const ends = Object.entries(interval).filter(([, bound]) => bound !== null);
  return {
    conclusion: words.conclusions[verdict.exit_code],
    warnings: verdict.independent ? [] : [words.around.development, words.around.developmentMeans],
    next: verdict.exit_code === 3 ? (words.next[verdict.because] ?? null) : null,
    trusts: Object.fromEntries(ends.map(([name, bound]) => [name, words.trusts[bound.trust]])),
  };
}

/**
 * The verdict as the command line prints it, line by line, with times in UTC.
 *
 * @param {object} verdict its JSON
 * @param {Language} [language]
 * @param {(seconds: number) => string} [when] writes a time
 * @returns {string[]}
 */
export function verdictLines(verdict, language = "en", when = utcText) {
  const { around } = wordsOf(language);
  const about = describeVerdict(verdict, language);
  const lines = [about.conclusion, ...about.warnings];
  const { record, interval } = verdict;
  if (record !== null) {
    const time = when(record.claimed_at_unix);
    lines.push("", fill(around.record, { id: record.record_id, index: record.leaf_index }));
    lines.push(fill(around.claimedTime, { time }));
  }
  lines.push("");
  const bound = (end) => boundText(end, language, when);
  lines.push(fill(around.enteredNotBefore, { bound: bound(interval.entered_not_before) }));
  lines.push(fill(around.notAfter, { bound: bound(interval.not_after) }));
  if (interval.signed_not_before !== null) {
    lines.push(fill(around.signedNotBefore, { bound: bound(interval.signed_not_before) }));
  }
  lines.push("");
  for (const check of verdict.checks) lines.push(...checkLines(check, language));
  if (verdict.checks.some((check) => check.code === "dataset-differs")) {
    lines.push("", around.differs);
  }
  lines.push("", fill(around.policy, { digest: grouped(verdict.policy_digest) }));
  return about.next === null ? lines : [...lines, "", about.next];
}

function checkLines(check, language) {
  const { mark, number, title, outcome, trusted } = describeCheck(check, language);
  const said = fill(wordsOf(language).around.said, { title, text: outcome });
  const text = verdictSentence(check, language);
  const lines = [`${mark} ${String(number).padStart(2)}  ${said}`, `      ${text}`];
  return trusted === null ? lines : [...lines, `      ${trusted}`];
}

function boundText(bound, language, when) {
  const { around, trusts } = wordsOf(language);
  if (bound === null) return around.notProved;
  const { block_number: number, chain, trust } = bound;
  const time = when(bound.time_unix);
  return fill(around.bound, { time, number, chain, trust: trusts[trust] });
}

/**
 * @param {string} digest hex
 * @returns {string} in groups of four, for reading aloud
 */
function grouped(digest) {
  return digest.replace(/.{4}(?=.)/g, "$& ");
}
