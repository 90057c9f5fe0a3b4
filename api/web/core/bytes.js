/**
 * Small things that JavaScript has no operators for: bytes compared, joined, written as text.
 *
 * A digest is a `Uint8Array`; a record's number beyond 2^53 a `bigint`. What is here knows no
 * format of ours and raises nothing.
 */

const ENCODER = new TextEncoder();
const DIGITS = Array.from({ length: 256 }, (_, octet) => octet.toString(16).padStart(2, "0"));

/**
 * Encode text as UTF-8; half a surrogate pair becomes U+FFFD, so check for it before.
 *
 * @param {string} text
 * @returns {Uint8Array}
 */
export function utf8(text) {
  return ENCODER.encode(text);
}

/**
 * Decode bytes of which each is a character below U+0100, for text known to be ASCII.
 *
 * @param {Uint8Array} octets
 * @returns {string}
 */
export function latin1(octets) {
  let text = "";
  for (let at = 0; at < octets.length; at += 8192) {
    text += String.fromCharCode(...octets.subarray(at, at + 8192));
  }
  return text;
}

/**
 * @param {Uint8Array} octets
 * @returns {string} lower-case hex without `0x`
 */
export function toHex(octets) {
  let text = "";
  for (const octet of octets) text += DIGITS[octet];
  return text;
}

/**
 * @param {Uint8Array} one
 * @param {Uint8Array} other
 * @returns {boolean} whether both are the same bytes
 */
export function equal(one, other) {
  if (one.length !== other.length) return false;
  for (let at = 0; at < one.length; at += 1) {
    if (one[at] !== other[at]) return false;
  }
  return true;
}

/**
 * @param {...Uint8Array} parts
 * @returns {Uint8Array} one after the other
 */
export function concat(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/**
 * @param {Uint8Array} octets big-endian
 * @returns {bigint}
 */
export function toInteger(octets) {
  return octets.length === 0 ? 0n : BigInt(`0x${toHex(octets)}`);
}

/**
 * @param {bigint | number} integer not negative
 * @param {number} length in bytes
 * @returns {Uint8Array} big-endian
 */
export function fromInteger(integer, length) {
  const octets = new Uint8Array(length);
  let left = BigInt(integer);
  for (let at = length - 1; at >= 0; at -= 1) {
    octets[at] = Number(left & 255n);
    left >>= 8n;
  }
  return octets;
}

/**
 * Return a whole number in the simplest type that holds it: a number where that is exact.
 *
 * @param {bigint} integer
 * @returns {number | bigint}
 */
export function simplest(integer) {
  const isExact = integer <= Number.MAX_SAFE_INTEGER && integer >= Number.MIN_SAFE_INTEGER;
  return isExact ? Number(integer) : integer;
}

/**
 * Compare two texts by code points, which is the order of their UTF-8 bytes; `<` compares units
 * of UTF-16 and has another order above U+FFFF.
 *
 * @param {string} one
 * @param {string} other
 * @returns {number} below, at or above 0
 */
export function compareText(one, other) {
  const length = Math.min(one.length, other.length);
  for (let at = 0; at < length; at += 1) {
    const left = one.charCodeAt(at);
    const right = other.charCodeAt(at);
    if (left !== right) {
      // a surrogate stands for more than any other unit
      const isLow = (unit) => unit < 0xd800 || unit > 0xdfff;
      if (isLow(left) !== isLow(right)) return isLow(left) ? -1 : 1;
      return left - right;
    }
  }
  return one.length - other.length;
}

/**
 * @param {string} text
 * @returns {number} how many characters (code points) it has
 */
export function lengthOf(text) {
  let length = text.length;
  for (let at = 0; at < text.length - 1; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit >= 0xd800 && unit < 0xdc00) {
      const next = text.charCodeAt(at + 1);
      if (next >= 0xdc00 && next < 0xe000) {
        length -= 1;
        at += 1;
      }
    }
  }
  return length;
}

/**
 * @param {string} text
 * @param {number} length
 * @returns {string} its first characters (code points)
 */
export function cut(text, length) {
  return text.length <= length ? text : Array.from(text).slice(0, length).join("");
}
