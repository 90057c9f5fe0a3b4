/**
 * What the page's shell works out without a document: addresses, times, numbers, short digests.
 */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";

import { shortDigest } from "../../api/web/elements/digest.js";
import { isSafeAddress } from "../../api/web/elements/dom.js";
import { durationText, lengthText } from "../../api/web/elements/numbers.js";
import { compare } from "../../api/web/elements/policy_compare.js";
import { timeText, utcText } from "../../api/web/elements/time.js";
import { ROUTES, findRoute } from "../../api/web/router.js";

const EN = { language: "en" };
const ZH = { language: "zh" };
const MOMENT = 1795407229; // 2026-11-23 04:13:49 UTC
const DIGEST = "7d3f0c52a94e6b18c2f5e07a916d4b83f02c9e57d81a46b3950ee7c4126fa8d0";

test("an address leads to its view with what stands in it", () => {
  const found = findRoute("/records/abc%20%E5%86%B0/");

  assert.equal(found.route.view, "record");
  assert.deepEqual(found.params, { id: "abc 冰" });
  assert.equal(findRoute("/").route.view, "home");
});

test("no address but the page's own is one of it", () => {
  for (const path of ["/v1/policy", "/records", "/records//", "/records/a/b", "/%", "/records/%"]) {
    assert.equal(findRoute(path), null, path);
  }
});

test("every route has its view", () => {
  for (const { view } of ROUTES) {
    const file = new URL(`../../api/web/views/${view}.js`, import.meta.url);
    assert.ok(existsSync(file), view);
  }
});

test("links lead to pages, and run nothing", () => {
  const safe = [
    "/about",
    "https://ror.org/x",
    "http://a/",
    "blob:x",
    "mailto:a@b",
    "?q=1",
    "#a",
    "",
  ];
  const unsafe = [
    "javascript:x",
    " javascript:x",
    "JAVASCRIPT:x",
    "java\tscript:x",
    "data:x",
    "http://[",
  ];

  assert.deepEqual(safe.filter(isSafeAddress), safe);
  assert.deepEqual(unsafe.filter(isSafeAddress), []);
});

test("a time is said with its zone, in either language", () => {
  assert.equal(utcText(MOMENT), "2026-11-23 04:13:49 UTC");
  assert.equal(timeText(EN, MOMENT, "UTC"), "23 November 2026, 04:13:49 UTC");
  assert.equal(timeText(EN, MOMENT, "Asia/Kolkata"), "23 November 2026, 09:43:49 UTC+5:30");
  assert.equal(timeText(ZH, MOMENT, "Asia/Shanghai"), "2026年11月23日 12:13:49 UTC+8");
});

test("how long something lasts is said in two units at most", () => {
  assert.equal(durationText(EN, 0), "0 sec");
  assert.equal(durationText(EN, 168), "2 min 48 sec");
  assert.equal(durationText(EN, 3600), "1 hr");
  assert.equal(durationText(EN, 90061), "1 day 1 hr");
  assert.equal(durationText(ZH, 168), "2分钟48秒");
});

test("lengths are decimal, with three digits", () => {
  const texts = [0, 999, 1000, 1234567, 999950000, 2e15].map((bytes) => lengthText(EN, bytes));

  assert.deepEqual(
    texts.map((text) => text.replace("\u00a0", " ")),
    ["0 B", "999 B", "1 kB", "1.23 MB", "1 GB", "2 PB"],
  );
});

test("a short digest keeps both ends, and a short text is left alone", () => {
  assert.equal(shortDigest(DIGEST), "7d3f0c52…126fa8d0");
  assert.equal(shortDigest(`0x${DIGEST}`), "0x7d3f0c52…126fa8d0");
  assert.equal(shortDigest("7d3f0c52126fa8d0"), "7d3f0c52126fa8d0");
});

test("a digest that was typed is compared as far as it goes", () => {
  const grouped = DIGEST.toUpperCase().match(/.{4}/g).join(" ");

  assert.equal(compare("", DIGEST), "none");
  assert.equal(compare(" 7d3f 0c52", DIGEST), "so_far");
  assert.equal(compare(grouped, DIGEST), "same");
  assert.equal(compare(`sha256:${DIGEST}`, DIGEST), "same");
  assert.equal(compare(`0x${DIGEST}`, DIGEST), "same");
  assert.equal(compare(`${DIGEST}0`, DIGEST), "other");
  assert.equal(compare("7d3f0c53", DIGEST), "other");
});
