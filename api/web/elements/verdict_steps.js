/**
 * The checks of a verdict as the steps of a list, in the reader's language.
 */

import { describeChecks } from "../core/wordings.js";
import { technical } from "./technical.js";

/**
 * @param {object[]} checks of the verdict's JSON
 * @param {import("../language.js").Language} language
 * @returns {import("./steps.js").Step[]}
 */
export function stepsOf(checks, language) {
  const named = language === "zh" ? checks.map(inChinese) : checks;
  return describeChecks(named, language).map((told, at) => ({
    number: told.number,
    title: told.title,
    outcome: checks[at].outcome,
    outcomeText: told.outcome,
    text: [told.text, told.detail !== null && [" ", technical(told.detail)]],
    trust: told.trusted,
  }));
}

/** Of the parts of a receipt that a sentence begins with, the first is a word of every day. */
function inChinese(check) {
  return check.facts.part === "record"
    ? { ...check, facts: { ...check.facts, part: "记录" } }
    : check;
}
