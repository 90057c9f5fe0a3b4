/** What becomes of the files of a batch; used by the worker, and by the page where there is none. */

import { digestFile } from "./digest_file.js";

const AT_ONCE = 8; // reading a short file is mostly waiting

/**
 * @param {File[]} files
 * @param {{onBytes: (bytes: number) => void, signal?: AbortSignal}} given
 * @returns {Promise<import("./hash.js").Outcome[]>} one for each, in order
 */
export async function outcomesOf(files, given) {
  const outcomes = new Array(files.length);
  let next = 0;
  async function work() {
    while (next < files.length) {
      const at = next;
      next += 1;
      outcomes[at] = await outcomeOf(files[at], given);
    }
  }
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, files.length) }, work));
  return outcomes;
}

async function outcomeOf(file, given) {
  try {
    const digest = await digestFile(file, given);
    if (digest === null) return { trouble: "changed", detail: "" };
    return { digest };
  } catch (error) {
    return { trouble: "not-readable", detail: `${error.name}: ${error.message}` };
  }
}
