import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, it } from "node:test";

import { GAS_TABLE, measureGas } from "../support/measure_gas.js";

const committed = await readFile(GAS_TABLE, "utf8");

describe("the gas table", () => {
  it("equals a fresh measurement", async () => {
    assert.equal(await measureGas(), committed, "run `npm run gas-table` and look at the change");
  });

  it("keeps an anchor at 2^20 entries within 95,000", () => {
    const near = Object.entries(JSON.parse(committed).anchor).filter(([old]) =>
      old.startsWith("2^20"),
    );

    assert.equal(near.length, 4);
    for (const [old, { gas }] of near) assert.ok(gas <= 95_000, `${old}: ${gas}`);
  });
});
