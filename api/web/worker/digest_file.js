/**
 * The SHA-256 of one File, read piece by piece: what a worker does, and the page itself where
 * there is none.
 *
 * A short file is hashed whole by the browser's own code, which is some times faster. A long one
 * goes through in pieces of one size, so that memory does not grow with it: the next piece is
 * being read while this one is hashed.
 */

import { sha256 } from "../vendor/sha2.js";

/** Bytes of a piece of a long file; two of them are in memory. */
export const PIECE_BYTES = 4 << 20;

/** Bytes up to which a file is hashed whole. */
export const WHOLE_BYTES = 8 << 20;

/**
 * @param {File} file
 * @param {(bytes: number) => void} [onBytes] told how many more bytes were hashed
 * @returns {Promise<Uint8Array | null>} 32 bytes; null when the file had another length than it
 *   said
 * @throws {DOMException} it cannot be read
 */
export async function digestFile(file, onBytes = () => {}) {
  const digest = await (file.size <= WHOLE_BYTES ? digestWhole(file) : digestPieces(file, onBytes));
  if (file.size <= WHOLE_BYTES) onBytes(file.size);
  return digest;
}

async function digestWhole(file) {
  const content = await file.arrayBuffer();
  if (content.byteLength !== file.size) return null;
  // there is no crypto.subtle on a page that came over plain HTTP
  const { subtle } = globalThis.crypto ?? {};
  if (subtle === undefined) return sha256(new Uint8Array(content));
  return new Uint8Array(await subtle.digest("SHA-256", content));
}

async function digestPieces(file, onBytes) {
  const hash = sha256.create();
  let next = readPiece(file, 0);
  for (let at = 0; at < file.size; at += PIECE_BYTES) {
    const piece = await next;
    if (piece.length !== Math.min(PIECE_BYTES, file.size - at)) return null;
    next = at + PIECE_BYTES < file.size ? readPiece(file, at + PIECE_BYTES) : null;
    next?.catch(() => {}); // it is awaited when its turn comes
    hash.update(piece);
    onBytes(piece.length);
  }
  return hash.digest();
}

async function readPiece(file, at) {
  return new Uint8Array(await file.slice(at, at + PIECE_BYTES).arrayBuffer());
}
