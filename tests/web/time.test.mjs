// Times that a record may claim and no calendar has are shown as the numbers they are.

import assert from "node:assert/strict";
import { test } from "node:test";

import { timeText, utcText } from "../../api/web/elements/time.js";

const PAGE = { language: "en" };

test("a time beyond the year 9999 stays a number", () => {
  assert.equal(utcText(253_402_300_799), "9999-12-31 23:59:59 UTC");
  assert.equal(utcText(Number.MAX_SAFE_INTEGER), "9007199254740991 s after 1970");
  assert.equal(timeText(PAGE, Number.MAX_SAFE_INTEGER, "UTC"), "9007199254740991 s after 1970");
});
