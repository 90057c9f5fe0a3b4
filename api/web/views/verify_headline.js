/**
 * The headline of a verdict. Where one thing alone decided it, that is said in the first line: the
 * result is the command line's all the same.
 */

import { describeVerdict } from "../core/wordings.js";

const BAD = Object.freeze(["false", "unusable"]);
// of what was given these blame the data alone; other codes blame a proof or a list as well
const DATA_DIFFER = Object.freeze(["dataset-differs", "files-differ", "range-differs"]);

/**
 * @param {import("../page.js").Page} page
 * @param {any} verdict
 * @returns {{title: string, means: string, cause: "block" | "data" | "log" | null}} `cause` is what
 *   alone is not as it should be: a block hash that was typed, the data, the policy of another log
 */
export function headlineOf({ say, language }, verdict) {
  const bad = verdict.checks.filter(({ outcome }) => BAD.includes(outcome));
  const cause = causeOf(bad);
  if (cause === null) {
    const { conclusion } = describeVerdict(verdict, language);
    return { title: conclusion, means: say(`verify.means_${verdict.exit_code}`), cause };
  }
  const means = say(`verify.only_${cause}_means`, bad[0].facts);
  return { title: say(`verify.only_${cause}`), means, cause };
}

function causeOf(bad) {
  if (bad.length === 0) return null;
  const isAll = (codes) => bad.every(({ code }) => codes.includes(code));
  if (isAll(["block-unmatched"])) return "block";
  if (isAll(DATA_DIFFER)) return "data";
  // any other part of another log: the receipt mixes two
  return bad.length === 1 && bad[0].code === "other-log" && bad[0].facts.part === "record"
    ? "log"
    : null;
}
