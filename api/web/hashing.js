/**
 * Hash files that a person picked or dropped, in workers; their contents never leave the machine.
 *
 * What a browser does not show cannot be refused here as the command line refuses it: Chromium
 * leaves out symbolic links, and of a picked folder names that are not UTF-8. So whoever picks a
 * folder is told how many files were found.
 *
 * @typedef {object} Picked
 * @property {string} path as on the disk, relative to the folder
 * @property {File} file
 * @property {() => Promise<File>} [again] looks at the file once more, where the browser can
 *
 * @typedef {{files: number, allFiles: number, bytes: number, allBytes: number}} Progress
 *
 * @typedef {import("./core/fingerprint.js").FileEntry & {picked: Picked}} HashedEntry the entry of
 *   a manifest, and the file it came from
 */

import { nameFiles, problem } from "./core/dataset_names.js";
import { EmptyDatasetError, UnusableDatasetError } from "./core/errors.js";
import { fileAt } from "./place.js";
import { outcomesOf } from "./worker/outcomes.js";

const BATCH_FILES = 64;
const BATCH_BYTES = 16 << 20;
const MOST_WORKERS = 8;
const WORKER = "worker/hash.js";
const POLICY = "provenance-worker";

// --- what was picked ----------------------------------------------------------------------

/**
 * Files of an `<input type="file">`, with `webkitdirectory` or without.
 *
 * @param {Iterable<File>} list
 * @returns {Picked[]} paths without the name of the folder that was picked
 */
export function pickedFiles(list) {
  return Array.from(list, (file) => {
    const { name, webkitRelativePath: path } = file;
    if (!path) return { path: name, file };
    // Chromium writes a backslash in a path as a slash. A file's own name tells; that a folder's
    // has one cannot be seen here, only in a drop.
    const folders = path.slice(path.indexOf("/") + 1, path.length - name.length);
    return { path: folders + name, file };
  });
}

/**
 * Files of a drop, folders walked; call it within the event, before anything is awaited.
 *
 * One folder is the dataset itself and its name is not in the paths; several things dropped
 * together are the dataset's files and folders.
 *
 * @param {DataTransfer} transfer
 * @param {{signal?: AbortSignal}} [given]
 * @returns {Promise<Picked[]>}
 * @throws {UnusableDatasetError} a folder cannot be read
 */
export async function droppedFiles(transfer, { signal } = {}) {
  const roots = Array.from(transfer.items, (item) => item.webkitGetAsEntry?.()).filter(Boolean);
  const isFolder = roots.length === 1 && roots[0].isDirectory;
  const waiting = isFolder ? await childrenOf(roots[0], "") : roots.map((root) => [root, ""]);
  const picked = [];
  while (waiting.length > 0) {
    signal?.throwIfAborted();
    const [entry, prefix] = waiting.pop();
    const path = prefix + entry.name;
    if (entry.isDirectory) {
      waiting.push(...(await childrenOf(entry, `${path}/`)));
    } else {
      const again = () => fileOf(entry, path);
      picked.push({ path, file: await again(), again });
    }
  }
  return picked;
}

async function childrenOf(folder, prefix) {
  const reader = folder.createReader();
  const children = [];
  for (;;) {
    const some = await unlessUnreadable(prefix, (resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    // a browser gives some hundred at a time, and then none
    if (some.length === 0) return children;
    children.push(...some.map((entry) => [entry, prefix]));
  }
}

function fileOf(entry, path) {
  return unlessUnreadable(path, (resolve, reject) => entry.file(resolve, reject));
}

async function unlessUnreadable(path, ask) {
  try {
    return await new Promise(ask);
  } catch (error) {
    throw unusable([problem(path || ".", "not-readable", `${error.name}: ${error.message}`)]);
  }
}

function unusable(problems) {
  const text = problems.map((one) => `${one.path}: ${one.what} ${one.detail}`.trim()).join("; ");
  return Object.assign(new UnusableDatasetError(text), { problems });
}

// --- hashing ------------------------------------------------------------------------------

/**
 * Hash every file and give the entries of a manifest, in order.
 *
 * @param {Picked[]} picked
 * @param {{onProgress?: (progress: Progress) => void, signal?: AbortSignal}} [given]
 * @returns {Promise<HashedEntry[]>}
 * @throws {EmptyDatasetError} no file
 * @throws {UnusableDatasetError} with `problems`, all that were met, by path
 * @throws {DOMException} `AbortError` when cancelled
 */
export async function hashFiles(picked, { onProgress = () => {}, signal } = {}) {
  signal?.throwIfAborted();
  const { files, problems } = nameFiles(picked.map((one) => one.path));
  if (problems.length > 0) throw unusable(problems);
  if (files.length === 0) {
    throw new EmptyDatasetError("expected a file, got none (folders do not count)");
  }
  const jobs = files.map(({ path, at }) => ({ path, picked: picked[at], outcome: null }));
  const run = new Run(jobs, onProgress);
  await run.hash(signal);
  const failed = jobs.filter((job) => job.outcome.trouble !== undefined);
  if (failed.length > 0) {
    throw unusable(
      failed.map(({ path, outcome }) => problem(path, outcome.trouble, outcome.detail)),
    );
  }
  return jobs.map(({ path, picked: one, outcome }) => ({
    path,
    sha256: outcome.digest,
    length: one.file.size,
    imported: false,
    picked: one,
  }));
}

/** Find that a file is another one by now, where the browser lets us look. */
async function lookAgain(job) {
  const { file, again } = job.picked;
  if (again === undefined) return;
  try {
    const now = await again();
    if (now.size !== file.size || now.lastModified !== file.lastModified) {
      job.outcome = { trouble: "changed", detail: "" };
    }
  } catch (error) {
    job.outcome = { trouble: "not-readable", detail: error.message };
  }
}

/** One pass over the files of a dataset. */
class Run {
  #batches;
  #next = 0;
  #onProgress;
  #progress;

  constructor(jobs, onProgress) {
    this.#batches = batchesOf(jobs);
    this.#onProgress = onProgress;
    const allBytes = jobs.reduce((sum, job) => sum + job.picked.file.size, 0);
    this.#progress = { files: 0, allFiles: jobs.length, bytes: 0, allBytes };
  }

  async hash(signal) {
    const count = Math.min(navigator.hardwareConcurrency || 2, MOST_WORKERS, this.#batches.length);
    const hashers = Array.from({ length: count }, () => makeHasher((bytes) => this.#count(bytes)));
    const stop = stopped(signal);
    try {
      this.#tell();
      await Promise.race([stop.promise, Promise.all(hashers.map((one) => this.#feed(one)))]);
    } finally {
      stop.forget();
      for (const hasher of hashers) hasher.end();
    }
  }

  async #feed(hasher) {
    while (this.#next < this.#batches.length) {
      const batch = this.#batches[this.#next];
      this.#next += 1;
      const outcomes = await hasher.hash(batch.map((job) => job.picked.file));
      batch.forEach((job, at) => {
        job.outcome = outcomes[at];
      });
      await Promise.all(batch.map(lookAgain));
      this.#progress.files += batch.length;
      this.#tell();
    }
  }

  #count(bytes) {
    this.#progress.bytes += bytes;
    this.#tell();
  }

  #tell() {
    this.#onProgress({ ...this.#progress });
  }
}

/** Part files into batches; the longest go first, so that none is left over at the end. */
function batchesOf(jobs) {
  const byLength = jobs.toSorted((one, other) => other.picked.file.size - one.picked.file.size);
  const batches = [];
  let bytes = Infinity;
  for (const job of byLength) {
    const { size } = job.picked.file;
    if (bytes + size > BATCH_BYTES || batches.at(-1).length >= BATCH_FILES) {
      batches.push([]);
      bytes = 0;
    }
    batches.at(-1).push(job);
    bytes += size;
  }
  return batches;
}

function stopped(signal) {
  let onAbort;
  const promise = new Promise((_, reject) => {
    onAbort = () => reject(signal.reason);
    signal?.addEventListener("abort", onAbort);
  });
  return { promise, forget: () => signal?.removeEventListener("abort", onAbort) };
}

// --- workers ------------------------------------------------------------------------------

/** Return who hashes: a worker, or this very thread where none can be made. */
function makeHasher(onBytes) {
  const ending = new AbortController();
  const here = (files) => outcomesOf(files, { onBytes, signal: ending.signal });
  const worker = makeWorker();
  if (worker === null) return { hash: here, end: () => ending.abort() };
  let isBroken = false;
  return {
    hash(files) {
      if (isBroken) return here(files);
      return new Promise((resolve) => {
        worker.onmessage = ({ data }) => {
          if (data.outcomes === undefined) onBytes(data.bytes);
          else resolve(data.outcomes);
        };
        worker.onerror = () => {
          isBroken = true;
          resolve(here(files));
        };
        worker.postMessage({ files });
      });
    },
    end() {
      worker.terminate();
      ending.abort();
    },
  };
}

let workerURL = null;

function makeWorker() {
  // a saved copy of the page, opened from a disk, has the worker's text in itself
  const saved = globalThis.SAVED_WORKERS?.[WORKER];
  try {
    workerURL ??= trusted(
      saved === undefined
        ? fileAt(WORKER)
        : URL.createObjectURL(new Blob([saved], { type: "text/javascript" })),
    );
    return new Worker(workerURL, { type: saved === undefined ? "module" : "classic" });
  } catch {
    return null;
  }
}

/** The page's policy asks that whoever starts a script says so (Trusted Types). */
function trusted(url) {
  if (globalThis.trustedTypes === undefined) return url;
  return trustedTypes.createPolicy(POLICY, { createScriptURL: () => url }).createScriptURL(url);
}
