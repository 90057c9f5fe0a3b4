// Every file of the registry keeps to provenance/chain/contracts/deployments/README.md.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { describe, it } from "node:test";

import { getAddress } from "ethers";

import { ARTIFACT } from "../../../scripts/export_abi.js";

const FOLDER = new URL("deployments/", ARTIFACT);
const WORD = /^0x[0-9a-f]{64}$/;
const CHAIN = ["format", "v", "chain_id", "name", "genesis_hash", "deployments"];
const DEPLOYMENT = [
  "contract",
  "address",
  "code_hash",
  "roots_slot",
  "block_number",
  "block_hash",
  "transaction_hash",
];

function checkChain(name, chain) {
  assert.deepEqual(Object.keys(chain), CHAIN);
  assert.equal(chain.format, "provenance-deployments");
  assert.equal(chain.v, 1);
  assert.equal(`${chain.chain_id}.json`, name);
  assert.match(chain.genesis_hash, WORD);
  chain.deployments.forEach(checkDeployment);
}

function checkDeployment(deployment) {
  assert.deepEqual(Object.keys(deployment), DEPLOYMENT);
  readFileSync(new URL(`${deployment.contract}.json`, ARTIFACT));
  assert.equal(deployment.address, getAddress(deployment.address));
  for (const word of ["code_hash", "block_hash", "transaction_hash"]) {
    assert.match(deployment[word], WORD, word);
  }
  for (const count of ["roots_slot", "block_number"]) {
    assert.ok(Number.isSafeInteger(deployment[count]) && deployment[count] >= 0, count);
  }
}

describe("the registry of deployments", () => {
  const page = readFileSync(new URL("README.md", FOLDER), "utf8");
  const example = JSON.parse(/```json\n(.*?)```/s.exec(page)[1]);

  it("is described by an example that keeps to its own rules", () => {
    checkChain("1.json", example);
  });

  it("refuses a file named for another chain", () => {
    assert.throws(() => checkChain("5.json", example), assert.AssertionError);
  });

  it("holds only files that keep to the rules", () => {
    for (const name of readdirSync(FOLDER).filter((file) => file !== "README.md")) {
      checkChain(name, JSON.parse(readFileSync(new URL(name, FOLDER), "utf8")));
    }
  });
});
