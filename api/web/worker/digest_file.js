/**
 * The SHA-256 of one File: what a worker does, and the page itself where there is none.
 *
 * A short file is hashed whole by the browser's own code, which is some times faster and wants all
 * of it at once. A long one goes through one small buffer, so that memory does not grow with it.
 */

import { sha256 } from "../vendor/sha2.js";
import { LongSHA256 } from "./long_sha256.js";

/** Bytes up to which a file is hashed whole. */
const WHOLE_BYTES = 16 << 20;

const BUFFER_BYTES = 1 << 20;

/**
 * @param {File} file
 * @param {{onBytes?: (bytes: number) => void, signal?: AbortSignal}} [given] `onBytes` is told how
 *   many more bytes were hashed
 * @returns {Promise<Uint8Array | null>} 32 bytes; null when the file had another length than it
 *   said
 * @throws {DOMException} it cannot be read; `AbortError` when stopped
 */
export async function digestFile(file, { onBytes = () => {}, signal } = {}) {
  signal?.throwIfAborted();
  return file.size <= WHOLE_BYTES ? digestWhole(file, onBytes) : digestLong(file, onBytes, signal);
}

async function digestWhole(file, onBytes) {
  const content = await file.arrayBuffer();
  if (content.byteLength !== file.size) return null;
  // there is no crypto.subtle on a page that came over plain HTTP
  const { subtle } = globalThis.crypto ?? {};
  const digest =
    subtle === undefined
      ? sha256(new Uint8Array(content))
      : new Uint8Array(await subtle.digest("SHA-256", content));
  onBytes(file.size);
  return digest;
}

async function digestLong(file, onBytes, signal) {
  const hash = new LongSHA256();
  let length = 0;
  for await (const piece of piecesOf(file)) {
    signal?.throwIfAborted();
    hash.update(piece);
    length += piece.length;
    onBytes(piece.length);
  }
  return length === file.size ? hash.digest() : null;
}

/** Yield a file piece by piece, all of them in the same memory where the browser can do so. */
async function* piecesOf(file) {
  const stream = file.stream();
  const [reader, isInto] = readerOf(stream);
  let buffer = new ArrayBuffer(BUFFER_BYTES);
  try {
    for (;;) {
      const { done, value } = await (isInto ? reader.read(new Uint8Array(buffer)) : reader.read());
      if (done) return;
      yield value;
      buffer = value.buffer;
    }
  } finally {
    reader.cancel().catch(() => {}); // nobody waits for what is left
  }
}

function readerOf(stream) {
  try {
    return [stream.getReader({ mode: "byob" }), true];
  } catch {
    return [stream.getReader(), false];
  }
}
