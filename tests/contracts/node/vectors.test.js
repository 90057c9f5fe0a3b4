// The published RFC 6962 vectors, every one put to the deployed contract itself. Its storage is set
// so that sizes no log could begin with are reached too.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";

import { deploy, refusalOf, rootSlot, setHead, setStorage } from "../support/anchoring.js";
import { NaiveTree } from "../support/rfc9162.js";

const SHARED = fileURLToPath(new URL("../../../../shared/vectors", import.meta.url));
const FOLDER = path.join(process.env.PROVENANCE_VECTORS ?? SHARED, "rfc6962-merkle");
const skip = existsSync(FOLDER) ? false : `no vectors at ${FOLDER} (set PROVENANCE_VECTORS)`;

function casesOf(kind) {
  if (skip) return [{ name: skip }]; // one line that says so, instead of silence
  const folder = path.join(FOLDER, kind);
  return readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith(".json"))
    .sort()
    .map((name) => ({ name, ...parse(readFileSync(path.join(folder, name), "utf8")) }));
}

// some sizes do not fit a double
const parse = (text) =>
  JSON.parse(text, (_, value, { source }) => (typeof value === "number" ? BigInt(source) : value));

const bytes = (base64) => Buffer.from(base64 ?? "", "base64");
const proofOf = (vector) => (vector.proof ?? []).map(bytes);
const isWord = (octets) => octets.length === 32;

// Solidity's bytes32 cannot hold a hash of another length: the encoder refuses it. The contract is
// then asked the nearest thing it can be asked, the same hash filled up with zeros.
const filled = (octets) => Buffer.concat([octets, Buffer.alloc(32)]).subarray(0, 32);

const cannotBeAsked = (call) => assert.rejects(call, { code: "INVALID_ARGUMENT" });

async function assertOutcome(vector, contract, call) {
  if (!vector.wantErr) return call();
  const refusal = await refusalOf(contract, call());
  assert.match(refusal, /^\w*(Proof|Mismatch|TooSmall|NotGrowing|Conflict|NotAnchored|OutOfRange)/);
}

describe("published consistency vectors", () => {
  let chain;
  before(async () => {
    chain = await deploy();
  });

  for (const vector of casesOf("consistency")) {
    it(`${vector.name}: ${vector.wantErr ? "refused" : "accepted"}`, { skip }, async () => {
      const { contract, logId } = chain;
      const [root2, proof] = [bytes(vector.root2), proofOf(vector)];
      const ask = (root, hashes) => contract.anchor.staticCall(logId, vector.size2, root, hashes);
      await setHead(chain, vector.size1, filled(bytes(vector.root1)));

      if (![root2, ...proof].every(isWord)) await cannotBeAsked(() => ask(root2, proof));
      await assertOutcome(vector, contract, () => ask(filled(root2), proof.map(filled)));
    });
  }
});

describe("published inclusion vectors", () => {
  let chain;
  before(async () => {
    chain = await deploy();
  });

  for (const vector of casesOf("inclusion")) {
    it(`${vector.name}: ${vector.wantErr ? "refused" : "accepted"}`, { skip }, async () => {
      const { contract, logId } = chain;
      const { treeSize, leafIdx } = vector;
      const [leaf, proof] = [bytes(vector.leafHash), proofOf(vector)];
      const ask = (hash, path) => contract.verifyInclusion(logId, treeSize, leafIdx, hash, path);
      await setStorage(chain, rootSlot(logId, treeSize), filled(bytes(vector.root)));

      if (![leaf, ...proof].every(isWord)) await cannotBeAsked(() => ask(leaf, proof));
      await assertOutcome(vector, contract, () => ask(filled(leaf), proof.map(filled)));
    });
  }
});

describe("the node tests' own oracle", () => {
  it("agrees with the contract on every pair of sizes to 20", async () => {
    const chain = await deploy();
    const tree = new NaiveTree();
    for (let size2 = 2; size2 <= 20; size2++) {
      for (let size1 = 1; size1 < size2; size1++) {
        await setHead(chain, size1, tree.root(size1));
        const proof = tree.consistency(size1, size2);
        await chain.contract.anchor.staticCall(chain.logId, size2, tree.root(size2), proof);
      }
    }
  });
});
