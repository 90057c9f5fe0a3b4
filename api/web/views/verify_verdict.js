/**
 * A verdict for a person: the conclusion on top, the time as a line, the files, then every numbered
 * check with what it found and whose word it rests on. The words are those of the command line.
 */

import { dump } from "../core/strict_json.js";
import { describeVerdict } from "../core/wordings.js";
import { digest, digestGroups } from "../elements/digest.js";
import { h, replace } from "../elements/dom.js";
import { facts } from "../elements/facts.js";
import { saveLink } from "../elements/form.js";
import { intervalLine } from "../elements/interval.js";
import { notice } from "../elements/notice.js";
import { stepList } from "../elements/steps.js";
import { stepsOf } from "../elements/verdict_steps.js";
import { drawClaims } from "./verify_claims.js";
import { listsAnother } from "./verify_data.js";
import { drawFiles } from "./verify_files.js";
import { headlineOf } from "./verify_headline.js";

/**
 * @param {{verdict: Element, checks: Element}} places for what matters, and for what it rests on
 * @param {import("../page.js").Page} page
 * @param {{verdict: any, data: import("../core/given.js").Data | null, receipt: Uint8Array,
 *   material: import("./verify_material.js").Material}} found
 */
export function drawVerdict(places, page, { verdict, data, receipt, material }) {
  const { say, language } = page;
  const { warnings } = describeVerdict(verdict, language);
  const { title, means, cause } = headlineOf(page, verdict);
  const isAnother = listsAnother(material, receipt);
  const files = drawFiles(page, data, verdict, isAnother);
  replace(
    places.verdict,
    h("h2", null, say("verify.verdict_title")),
    notice(toneOf(verdict, material, cause), title, means),
    warnings.length > 0 && notice("caution", warnings[0], ...warnings.slice(1)),
    !material.judge.isOwn && notice("caution", null, say("verify.not_your_policy")),
    verdict.record && interval(page, verdict),
    advice(page, verdict, cause),
    files,
  );
  const bytes = dump(verdict);
  replace(
    places.checks,
    h("h2", null, say("verify.steps_title")),
    h("p", { class: "hint" }, say("verify.steps_lead")),
    stepList(page, steps(page, verdict, material, files !== null && !isAnother)),
    drawClaims(page, receipt),
    about(page, verdict),
    h("p", null, saveLink(page, say("verify.save_verdict"), "verdict.json", bytes)),
  );
}

/** Green only where nothing is wanting: a policy of the reader's, and a chain that proves. */
function toneOf({ exit_code: code, independent }, { judge }, cause) {
  if (cause === "block" || cause === "log") return "caution"; // most often the reader's own slip
  if (code === 0) return judge.isOwn && independent ? "proved" : "caution";
  return code === 1 || code === 2 ? "false" : "caution";
}

/** The steps; what the page knows better than a sentence for all is put in its own words. */
function steps({ say, language }, { checks }, { judge }, isListed) {
  const isServers = !judge.isOwn && judge.name === undefined; // a file has a name
  return stepsOf(checks, language).map((step, at) => {
    const { trust, code, facts: found } = checks[at];
    const isBelieved = isServers && trust === "policy" && step.trust !== null;
    return {
      ...step,
      text: isListed && code === "files-differ" ? say("verify.files_listed", found) : step.text,
      trust: isBelieved ? say("verify.trusts_server") : step.trust,
    };
  });
}

function interval(page, verdict) {
  const { trusts } = describeVerdict(verdict, page.language);
  const { entered_not_before: lower, not_after: upper } = verdict.interval;
  const bound = (end, name) =>
    end && {
      unix: end.time_unix,
      source: page.say("verify.bound_source", {
        number: end.block_number,
        chain: end.chain,
        trust: trusts[name],
      }),
      stated: !end.independent,
    };
  return intervalLine(page, {
    lower: bound(lower, "entered_not_before"),
    upper: bound(upper, "not_after"),
    claimed: verdict.record.claimed_at_unix,
  });
}

/** What to do about a verdict that is true so far: in words of this page, where it has some. */
function advice(page, verdict, cause) {
  const isSlip = cause === "block";
  if (verdict.exit_code !== 3 && !isSlip) return null;
  const because = isSlip ? "block_unmatched" : (verdict.because ?? "").replaceAll("-", "_");
  // nobody but the operator knows the blocks of a development chain
  const key = ["", "_dev"]
    .map((end) => `verify.next_${because}${end}`)
    .findLast((one, isDev) => page.say.has(one) && (!isDev || !verdict.independent));
  if (key === undefined) return null;
  const block = verdict.checks.find(({ code }) => code === "block-not-vouched");
  const hash = block?.facts.block_hash;
  return notice(
    "note",
    page.say("verify.next_title"),
    page.say(key),
    hash && h("p", null, page.say("verify.next_hash")),
    hash && digestGroups(page, hash),
  );
}

function about(page, verdict) {
  const { say } = page;
  const { record } = verdict;
  return facts([
    record && [say("verify.record_id"), digest(page, record.record_id)],
    record && [say("verify.record_entry"), String(record.leaf_index)],
    [say("verify.policy_digest"), digestGroups(page, verdict.policy_digest)],
  ]);
}
