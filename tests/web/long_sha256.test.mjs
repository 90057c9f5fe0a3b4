// The hash of long files is SHA-256: at every length around a block, in pieces of any size.

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { test } from "node:test";

import { sha256 } from "../../api/web/vendor/sha2.js";
import { LongSHA256 } from "../../api/web/worker/long_sha256.js";

const hex = (octets) => Buffer.from(octets).toString("hex");
const expected = (octets) => createHash("sha256").update(octets).digest("hex");

test("every length up to five blocks", () => {
  const octets = randomBytes(320);
  for (let length = 0; length <= octets.length; length += 1) {
    const part = octets.subarray(0, length);
    assert.equal(hex(new LongSHA256().update(part).digest()), expected(part), `${length} bytes`);
  }
});

test("pieces of any size, each in its own memory", () => {
  const octets = randomBytes(100_000);
  for (const size of [1, 63, 64, 65, 127, 1_000, 65_536]) {
    const hash = new LongSHA256();
    for (let at = 0; at < octets.length; at += size) {
      hash.update(Uint8Array.from(octets.subarray(at, at + size)));
    }
    assert.equal(hex(hash.digest()), expected(octets), `pieces of ${size}`);
  }
});

test("bits that fill a word, and two hashes at a time", () => {
  for (const octet of [0x00, 0x7f, 0x80, 0xff]) {
    const octets = new Uint8Array(1_000).fill(octet);
    const [one, other] = [new LongSHA256(), sha256.create()];
    for (const part of [octets.subarray(0, 500), octets.subarray(500)]) {
      one.update(part);
      other.update(part);
    }
    assert.equal(hex(one.digest()), hex(other.digest()));
  }
});
