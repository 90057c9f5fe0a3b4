import { fileURLToPath } from "node:url";

import hardhatEthers from "@nomicfoundation/hardhat-ethers";
import hardhatNodeTestRunner from "@nomicfoundation/hardhat-node-test-runner";
import { defineConfig } from "hardhat/config";

const compiler = {
  version: "0.8.37",
  // the compiler comes from npm, pinned by the lock: nothing is downloaded from elsewhere
  path: fileURLToPath(import.meta.resolve("solc/soljson.js")),
  settings: {
    optimizer: { enabled: true, runs: 1_000_000 }, // deployed once, called for ever
    evmVersion: "paris", // no newer opcode: one code hash serves every chain
    metadata: { bytecodeHash: "none" }, // the code hash does not depend on comments
    outputSelection: { "*": { "*": ["storageLayout"] } }, // for scripts/export_abi.js
  },
};

// `scripts/fuzz_contract` asks for more; the seed makes a run repeatable
const fuzz = {
  runs: Number(process.env.FUZZ_RUNS ?? 256),
  seed: process.env.FUZZ_SEED ?? "0x1",
};
const invariant = {
  runs: Number(process.env.INVARIANT_RUNS ?? 32),
  depth: Number(process.env.INVARIANT_DEPTH ?? 50),
  failOnRevert: true,
};

export default defineConfig({
  plugins: [hardhatEthers, hardhatNodeTestRunner],
  solidity: { profiles: { default: compiler, production: compiler } },
  paths: { tests: { solidity: "tests/contracts", nodejs: "tests/contracts/node" } },
  networks: {
    default: { type: "edr-simulated", chainType: "l1", hardfork: "osaka" },
  },
  test: {
    solidity: { fuzz, invariant },
  },
});
