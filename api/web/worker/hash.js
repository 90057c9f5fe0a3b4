/**
 * A worker: hashes batches of files that the page hands over; nothing of them goes anywhere else.
 *
 *     page    -> worker  {files: File[]}
 *     worker  -> page    {bytes}                 some times a second: so many more were hashed
 *     worker  -> page    {outcomes: Outcome[]}   one for each file, in order; ready for the next
 *
 * @typedef {{digest: Uint8Array} | {trouble: "changed" | "not-readable", detail: string}} Outcome
 */

import { outcomesOf } from "./outcomes.js";

const TELL_EVERY = 100; // milliseconds

let untold = 0;
let told = 0;

function tell(bytes) {
  untold += bytes;
  const now = performance.now();
  if (now - told < TELL_EVERY) return;
  postMessage({ bytes: untold });
  untold = 0;
  told = now;
}

addEventListener("message", async ({ data }) => {
  const outcomes = await outcomesOf(data.files, { onBytes: tell });
  postMessage({ bytes: untold });
  untold = 0;
  postMessage({ outcomes });
});
