/**
 * Keep the verifier in the browser, so that it opens without a network: a service worker that asks
 * the server first and falls back on what it kept.
 *
 * What belongs to the page is found as a browser finds it: from the shell, along its scripts and
 * styles and their imports. So no list has to be kept in step with the files.
 */

import { fileAt } from "./place.js";

const WORKER = "/service_worker.js";
const SHELL = "/verify";
const CACHE = "provenance-page";
const POLICY = "provenance-offline";
/** Loaded only when somebody drops a file, so no import leads to it. */
const WORKERS = Object.freeze(["worker/hash.js"]);

const IMPORT = /(?:\bfrom\s*|\bimport\s*\(?\s*)["'](\.{1,2}\/[^"'`$]+\.js)["']/g;
const COMMENT = /^[ \t]*(?:\/\*[^]*?\*\/|\/\/.*)/gm;
const IN_SHELL = /(?:src|href)="(\/web\/[^"]+)"/g;

/**
 * Keep the page of the verifier in this browser.
 * @returns {Promise<"kept" | "away">} whether it was kept as it is now; `away` where nobody answers
 *   and what was kept before is shown
 * @throws {Error} this browser has no service workers here, or something could not be fetched
 */
export function keepForOffline() {
  keeping ??= keepPage();
  return keeping;
}

async function keepPage() {
  if (!navigator.serviceWorker) throw new Error("no service workers here");
  await navigator.serviceWorker.register(trusted(WORKER), { type: "classic", scope: "/" });
  const cache = await caches.open(CACHE);
  const shell = await fetch(SHELL).catch(() => null);
  if (shell === null && (await cache.match(SHELL)) !== undefined) return "away";
  if (!shell?.ok) throw new Error(`${SHELL} could not be fetched`);
  const kept = await keepAll(cache, await shell.clone().text());
  await cache.put(SHELL, shell); // last: once it is there, everything is
  for (const { url } of await cache.keys()) {
    const path = new URL(url).pathname;
    if (path !== SHELL && !kept.has(path)) await cache.delete(url); // of an earlier release
  }
  return "kept";
}

/** Keep all files that the shell leads to; returns their paths. */
async function keepAll(cache, shell) {
  const waiting = [
    ...WORKERS.map(fileAt),
    ...Array.from(shell.matchAll(IN_SHELL), ([, path]) => path),
  ];
  const found = new Set(waiting);
  while (waiting.length > 0) {
    const some = waiting.splice(0);
    const lists = await Promise.all(some.map((path) => keepOne(cache, path)));
    for (const path of lists.flat()) {
      if (found.has(path)) continue;
      found.add(path);
      waiting.push(path);
    }
  }
  return found;
}

/** Keep one file; returns the paths of those that it imports. */
async function keepOne(cache, path) {
  const answer = await fetched(path);
  await cache.put(path, answer.clone());
  if (!path.endsWith(".js")) return [];
  const text = await answer.text();
  const here = new URL(path, location.origin);
  return [...imported(text)].map((one) => new URL(one, here).pathname);
}

function* imported(text) {
  const code = text.replace(COMMENT, ""); // types in comments name modules as well
  for (const [, path] of code.matchAll(IMPORT)) yield path;
  // views are loaded by name; those that a reader needs offline are the verifier's
  if (text.includes("./views/${")) yield* ["./views/verify.js", "./views/failed.js"];
}

async function fetched(path) {
  const answer = await fetch(path);
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer;
}

/** The page's policy asks that whoever starts a script says so (Trusted Types). */
function trusted(url) {
  if (globalThis.trustedTypes === undefined) return url;
  policy ??= trustedTypes.createPolicy(POLICY, { createScriptURL: (one) => one });
  return policy.createScriptURL(url);
}

let policy;
let keeping;
