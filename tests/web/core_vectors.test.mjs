// The page's core, judged in Node by our own vectors and by those that others published.

import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { parse } from "../../api/web/core/strict_json.js";
import { SUITES } from "./core_vectors.js";

const REPO = new URL("../../", import.meta.url);
const published = process.env.PROVENANCE_VECTORS;
const PUBLISHED = published ? new URL(`file://${published}/`) : new URL("../shared/vectors/", REPO);

async function load(folder) {
  const [place, ...rest] = folder.split("/");
  const root = place === "published" ? new URL(rest.join("/"), PUBLISHED) : new URL(folder, REPO);
  if (!existsSync(root)) return null;
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const path = `${entry.parentPath}/${entry.name}`;
      return [path.slice(fileURLToPath(root).length + 1), readFileSync(path)];
    });
}

for (const [name, run] of Object.entries(SUITES)) {
  test(name, async (t) => {
    const result = await run(load);
    if (result === null) {
      t.skip("published vectors are absent (name them in PROVENANCE_VECTORS)");
      return;
    }
    assert.deepEqual(result.wrong, []);
    assert.ok(result.checked > 0);
  });
}

test("a string without an end costs no more than its length", () => {
  const text = `${"[".repeat(129)}"${'\\"'.repeat(500_000)}`;
  const octets = new TextEncoder().encode(text);
  const began = performance.now();
  assert.throws(() => parse(octets, { maxBytes: octets.length }), { code: "too-large" });
  assert.ok(performance.now() - began < 2_000);
});
