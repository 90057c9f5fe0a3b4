/**
 * Read DER, the encoding of X.509 certificates (X.690, definite form): tags, lengths, contents.
 *
 * @typedef {object} Element
 * @property {number} tag first octet
 * @property {Uint8Array} body
 * @property {Uint8Array} whole tag, length and body
 */

/** Not DER; whoever reads a format says what that means there. */
export class DerError extends Error {}

export const SEQUENCE = 0x30;
export const INTEGER = 0x02;
const BIT_STRING = 0x03;
export const OCTET_STRING = 0x04;
const OBJECT_IDENTIFIER = 0x06;
export const BOOLEAN = 0x01;

/**
 * @param {Uint8Array} octets one element and nothing after it
 * @returns {Element}
 */
export function readElement(octets) {
  const [element, rest] = nextElement(octets);
  if (rest.length > 0) throw new DerError("more than one element");
  return element;
}

/**
 * @param {Uint8Array} octets elements, one after the other
 * @returns {Element[]}
 */
export function readElements(octets) {
  const found = [];
  let left = octets;
  while (left.length > 0) {
    const [element, rest] = nextElement(left);
    found.push(element);
    left = rest;
  }
  return found;
}

/** @param {Element} element @param {number} tag that it must have @returns {Element} */
export function expectTag(element, tag) {
  if (element?.tag !== tag) throw new DerError("another kind of element");
  return element;
}

/** @param {Element} element an OBJECT IDENTIFIER @returns {string} as `1.2.840.10045.2.1` */
export function readObjectIdentifier(element) {
  const { body } = expectTag(element, OBJECT_IDENTIFIER);
  const numbers = [];
  let number = 0n;
  for (const octet of body) {
    number = (number << 7n) | BigInt(octet & 0x7f);
    if (octet < 0x80) {
      numbers.push(number);
      number = 0n;
    }
  }
  if (numbers.length === 0 || body.at(-1) >= 0x80) throw new DerError("not an identifier");
  const first = numbers[0] < 80n ? numbers[0] / 40n : 2n;
  return [first, numbers[0] - first * 40n, ...numbers.slice(1)].join(".");
}

/** @param {Element} element a BIT STRING of whole octets @returns {Uint8Array} */
export function readBits(element) {
  const { body } = expectTag(element, BIT_STRING);
  if (body[0] !== 0) throw new DerError("not whole octets");
  return body.subarray(1);
}

function nextElement(octets) {
  if (octets.length < 2) throw new DerError("cut short");
  let length = octets[1];
  let start = 2;
  if (length >= 0x80) {
    const count = length & 0x7f;
    if (count < 1 || count > 4) throw new DerError("a length of another form");
    start += count;
    length = octets.subarray(2, start).reduce((sum, octet) => sum * 256 + octet, 0);
  }
  const end = start + length;
  if (end > octets.length) throw new DerError("shorter than its length says");
  const whole = octets.subarray(0, end);
  return [{ tag: octets[0], body: octets.subarray(start, end), whole }, octets.subarray(end)];
}
