/**
 * Hash files while the reader watches: how far it is, and a way to stop.
 */

import { hashFiles } from "../hashing.js";
import { h, replace } from "./dom.js";
import { notice } from "./notice.js";
import { lengthText } from "./numbers.js";
import { progress } from "./progress.js";
import { technical } from "./technical.js";
import { why } from "./why.js";

const MOST_PROBLEMS = 20;

/**
 * Hash `picked`, showing progress in `place`; afterwards `place` is empty, or says what is wrong.
 * @param {import("../page.js").Page} page
 * @param {Element} place
 * @param {import("../hashing.js").Picked[]} picked
 * @param {AbortSignal} signal of whoever asked
 * @returns {Promise<import("../core/fingerprint.js").FileEntry[] | null>} null when it was stopped,
 *   or could not be done, which has then been said
 */
export async function hashing(page, place, picked, signal) {
  const { say } = page;
  const stopping = new AbortController();
  const bar = progress(page, say("deposit.hashing"), () => stopping.abort());
  replace(place, bar);
  const onProgress = ({ files, allFiles, bytes, allBytes }) => {
    const lengths = { bytes: lengthText(page, bytes), all_bytes: lengthText(page, allBytes) };
    bar.update(
      bytes,
      allBytes,
      say("deposit.hashing_so_far", { files, all_files: allFiles, ...lengths }),
    );
  };
  try {
    const both = AbortSignal.any([signal, stopping.signal]);
    const entries = await hashFiles(picked, { onProgress, signal: both });
    if (!signal.aborted) replace(place);
    return signal.aborted ? null : entries;
  } catch (error) {
    if (signal.aborted) return null;
    const isStopped = stopping.signal.aborted;
    replace(
      place,
      isStopped ? notice("note", null, say("deposit.hashing_stopped")) : problemsOf(page, error),
    );
    return null;
  }
}

function problemsOf(page, error) {
  const { say } = page;
  if (error.code === "empty-dataset") return notice("false", null, say("deposit.hashing_nothing"));
  const problems = error.problems ?? [];
  if (problems.length === 0) {
    return notice(
      "false",
      null,
      h("p", null, say.nodes("deposit.hashing_failed", { why: why(page, error) })),
    );
  }
  const items = problems.slice(0, MOST_PROBLEMS).map(({ path, what, detail }) => {
    const told = say(`deposit.problem_${what.replaceAll("-", "_")}`);
    const facts = detail && [" ", technical(detail)];
    return h("li", null, h("bdi", null, path), say("deposit.colon"), told, facts);
  });
  const left = problems.length - items.length;
  return notice(
    "false",
    say("deposit.hashing_problems", { count: problems.length }),
    h("ul", null, items),
    left > 0 && say("deposit.hashing_problems_more", { count: left }),
  );
}
