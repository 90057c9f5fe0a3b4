/**
 * Hash files that a person picked or dropped, in workers; their contents never leave the machine.
 *
 * @typedef {{path: string, file: File}} Picked `path` as on the disk, relative to the folder
 * @typedef {{files: number, allFiles: number, bytes: number, allBytes: number}} Progress
 */

const soon = () => {
  throw new Error("not yet");
};

/**
 * Files of an `<input type="file">`, with `webkitdirectory` or without.
 * @param {FileList} list
 * @returns {Picked[]}
 */
export function pickedFiles(list) {
  return soon(list);
}
/**
 * Files of a drop, folders walked; call it within the event, before anything is awaited.
 * @param {DataTransfer} transfer
 * @param {{signal?: AbortSignal}} [given]
 * @returns {Promise<Picked[]>}
 */
export async function droppedFiles(transfer, given = {}) {
  return soon(transfer, given);
}
/**
 * Hash every file and give the entries of a manifest, in order.
 * @param {Picked[]} picked
 * @param {{onProgress?: (progress: Progress) => void, signal?: AbortSignal}} [given]
 * @returns {Promise<import("./core/fingerprint.js").FileEntry[]>}
 * @throws {import("./core/errors.js").LedgerError} `unusable-dataset` with `problems`, each
 *   `{path, what, detail}`; `empty-dataset`; DOMException `AbortError` when cancelled
 */
export async function hashFiles(picked, given = {}) {
  return soon(picked, given);
}
