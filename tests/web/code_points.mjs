// One digest for each block of 4,096 code points, over what each folds to and its NFC: few enough
// to be compared, and the block that differs is named. Runs in Node and, as text, in a browser.

import { casefoldKey } from "../../api/web/core/casefold.js";
import { sha256, toHex } from "../../api/web/core/digests.js";
import { nfc } from "../../api/web/core/text.js";

export function blockDigests(given = { casefoldKey, nfc, sha256, toHex }) {
  const digests = [];
  for (let block = 0; block < 0x110000; block += 4096) {
    let lines = "";
    for (let point = block; point < block + 4096; point += 1) {
      const character = String.fromCodePoint(point);
      try {
        lines += `${point}:${given.nfc(character)}:${given.casefoldKey(character)}\n`;
      } catch (error) {
        lines += `${point}:${error.code}\n`;
      }
    }
    digests.push(given.toHex(given.sha256(new TextEncoder().encode(lines))));
  }
  return digests;
}
