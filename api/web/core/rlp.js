/**
 * Recursive Length Prefix, Ethereum's encoding of nested byte strings (Yellow Paper, appendix B);
 * mirrors `provenance/rlp.py`.
 *
 *     00..7f               the byte itself, a string of one
 *     80+n  bytes          a string of n <= 55 bytes
 *     b7+k  length  bytes  a longer string, its length in k bytes
 *     c0+n  items          a list whose items take n <= 55 bytes
 *     f7+k  length  items  a longer list, its length in k bytes
 *
 * The decoder takes only the shortest form, so bytes and items determine each other.
 *
 * @typedef {Uint8Array | Item[]} Item a byte string or a list of items
 */

import { concat, fromInteger, simplest, toInteger } from "./bytes.js";
import { MalformedError } from "./errors.js";

/** Levels of lists followed: Ethereum's own structures have five. */
export const MAX_DEPTH = 64;

/**
 * @param {Item} item
 * @returns {Uint8Array}
 */
export function encode(item) {
  if (Array.isArray(item)) {
    const body = concat(...item.map(encode));
    return concat(prefix(body.length, 0xc0), body);
  }
  if (item.length === 1 && item[0] < 0x80) return item;
  return concat(prefix(item.length, 0x80), item);
}

/**
 * @param {number | bigint} number not negative
 * @returns {Uint8Array} the byte string that stands for it: big-endian, no leading zeros
 */
export function encodeInteger(number) {
  const digits = BigInt(number) === 0n ? "" : BigInt(number).toString(16);
  return fromInteger(number, Math.ceil(digits.length / 2));
}

/**
 * Decode exactly one item, in its shortest form.
 *
 * @param {Uint8Array} octets
 * @returns {Item}
 * @throws {MalformedError} bytes missing or left over, a longer form than needed, or too deep
 */
export function decode(octets) {
  const [item, end] = readItem(octets, 0, octets.length, MAX_DEPTH);
  if (end !== octets.length) {
    throw new MalformedError(`${octets.length - end} bytes are left over after the RLP item`);
  }
  return item;
}

/**
 * Decode exactly one item, which must be a list.
 *
 * @param {Uint8Array} octets
 * @returns {Item[]}
 * @throws {MalformedError} as `decode`, or the item is a byte string
 */
export function decodeList(octets) {
  const item = decode(octets);
  if (!Array.isArray(item)) throw new MalformedError("expected an RLP list, got a byte string");
  return item;
}

/**
 * Read the integer that a decoded byte string stands for.
 *
 * @param {Item} item
 * @param {{maxBytes?: number, field?: string | null}} [wanted]
 * @returns {number | bigint}
 * @throws {MalformedError} a list, a leading zero, or more than `maxBytes`
 */
export function decodeInteger(item, { maxBytes = 32, field = null } = {}) {
  if (Array.isArray(item)) throw new MalformedError("expected an RLP integer, got a list", field);
  if (item.length > maxBytes) {
    throw new MalformedError(`expected at most ${maxBytes} bytes, got ${item.length}`, field);
  }
  if (item[0] === 0) {
    throw new MalformedError("expected an RLP integer without leading zeros", field);
  }
  return simplest(toInteger(item));
}

function prefix(length, base) {
  if (length <= 55) return Uint8Array.of(base + length);
  const digits = encodeInteger(length);
  return concat(Uint8Array.of(base + 55 + digits.length), digits);
}

/** Decode the item at `at`, which must end by `limit`; return it and where it ends. */
function readItem(octets, at, limit, depth) {
  if (at >= limit) throw new MalformedError("the RLP item is cut short");
  const first = octets[at];
  if (first < 0x80) return [octets.subarray(at, at + 1), at + 1];
  const base = first < 0xc0 ? 0x80 : 0xc0;
  const [start, end] = bodyOf(octets, at, limit, first - base);
  if (base === 0xc0) return [readMembers(octets, start, end, depth), end];
  if (end - start === 1 && octets[start] < 0x80) {
    throw new MalformedError("expected the shortest RLP form, got a prefix before a low byte");
  }
  return [octets.subarray(start, end), end];
}

/** Return where the item at `at` has its body; `short` is its prefix less the base. */
function bodyOf(octets, at, limit, short) {
  let start = at + 1;
  let length = short;
  if (short > 55) {
    start += short - 55;
    const digits = octets.subarray(at + 1, Math.min(start, limit));
    length = simplest(toInteger(digits));
    if (start > limit || length <= 55 || digits[0] === 0) {
      throw new MalformedError("the RLP length is cut short or not in its shortest form");
    }
  }
  if (BigInt(start) + BigInt(length) > BigInt(limit)) {
    const message = `the RLP item says ${length} bytes, ${limit - start} are left`;
    throw new MalformedError(message);
  }
  return [start, start + length];
}

function readMembers(octets, start, end, depth) {
  if (depth === 0) throw new MalformedError(`expected at most ${MAX_DEPTH} levels of RLP lists`);
  const members = [];
  for (let at = start; at < end;) {
    const [member, next] = readItem(octets, at, end, depth - 1);
    members.push(member);
    at = next;
  }
  return members;
}
