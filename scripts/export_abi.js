// Builds the contract and writes what the Python package needs of it, so that using the ledger
// takes no compiler: provenance/chain/contracts/CheckpointAnchor.json. A test fails when the
// committed file differs from a fresh build. Run: `npm run export-abi`.
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { keccak256 } from "ethers";
import hre from "hardhat";

const NAME = "CheckpointAnchor";
const SOURCE = `contracts/${NAME}.sol`;

export const ARTIFACT = new URL(`../provenance/chain/contracts/${NAME}.json`, import.meta.url);

function slotOf(label, layout) {
  const found = layout.storage.find((variable) => variable.label === label);
  if (!found || found.offset !== 0) throw new Error(`${label} has no storage slot of its own`);
  return Number(found.slot);
}

async function readBuildInfo(id) {
  const [info, output] = await Promise.all([
    hre.artifacts.getBuildInfoPath(id),
    hre.artifacts.getBuildInfoOutputPath(id),
  ]);
  const [{ solcLongVersion, input }, contents] = await Promise.all(
    [info, output].map(async (path) => JSON.parse(await readFile(path, "utf8"))),
  );
  return { solcLongVersion, settings: input.settings, contracts: contents.output.contracts };
}

/** Builds the contract and returns the text of its artifact. */
export async function buildArtifact() {
  await hre.tasks.getTask("build").run({ quiet: true });
  const built = await hre.artifacts.readArtifact(NAME);
  if (Object.keys(built.immutableReferences).length || Object.keys(built.linkReferences).length) {
    throw new Error("immutables or links would give every deployment another code hash");
  }
  const { solcLongVersion, settings, contracts } = await readBuildInfo(built.buildInfoId);
  const artifact = {
    format: "provenance-contract",
    v: 1,
    name: NAME,
    source: SOURCE,
    compiler: {
      version: solcLongVersion,
      optimizer_runs: settings.optimizer.runs,
      evm_version: settings.evmVersion,
    },
    code_hash: keccak256(built.deployedBytecode),
    roots_slot: slotOf("roots", contracts[built.inputSourceName][NAME].storageLayout),
    abi: built.abi,
    bytecode: built.bytecode,
  };
  return `${JSON.stringify(artifact, null, 2)}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await writeFile(ARTIFACT, await buildArtifact());
  console.log(`wrote ${fileURLToPath(ARTIFACT)}`);
}
