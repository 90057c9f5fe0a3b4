// Measures what each call costs: the gas table, a golden file that a test compares.
// Run `npm run gas-table` to write it anew after a change that is meant to change it.
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import hre from "hardhat";

import { deploy, ORIGIN } from "./anchoring.js";
import { UniformTree } from "./rfc9162.js";

export const GAS_TABLE = new URL("../gas_table.json", import.meta.url);
const GROWTH = 1000; // entries between two anchors
const tree = new UniformTree();

const used = async (sent) => Number((await (await sent).wait()).gasUsed);

async function growth(size1, size2) {
  const { contract, logId } = await deploy();
  await contract.anchor(logId, size1, tree.root(size1), []);
  const proof = tree.consistency(size1, size2);
  const gas = await used(contract.anchor(logId, size2, tree.root(size2), proof));
  return { proof_hashes: proof.length, gas };
}

async function inclusion(index, size) {
  const { contract, logId } = await deploy();
  await contract.anchor(logId, size, tree.root(size), []);
  const path = tree.inclusion(index, size);
  const gas = await contract.verifyInclusion.estimateGas(logId, size, index, tree.leaf(), path);
  return { proof_hashes: path.length, gas: Number(gas) };
}

async function otherCalls() {
  const { contract, ethers, logId, other } = await deploy();
  const theirs = contract.connect(other);
  return {
    deploy: await used(Promise.resolve(contract.deploymentTransaction())),
    register: await used(theirs.register(ORIGIN)),
    first_anchor: await used(contract.anchor(logId, 2, tree.root(2), [])),
    head_again: await used(contract.anchor(logId, 2, tree.root(2), [])),
    propose_anchorer: await used(contract.proposeAnchorer(logId, other.address)),
    accept_anchorer: await used(theirs.acceptAnchorer(logId)),
    set_successor: await used(theirs.setSuccessor(logId, 1n, other.address, ethers.id("log"))),
  };
}

/** The text of the gas table. */
export async function measureGas() {
  const table = { calls: await otherCalls(), anchor: {}, verify_inclusion: {} };
  for (const power of [10, 20, 30, 40]) {
    const size = 2 ** power;
    for (const [name, old] of [
      [`2^${power}-1`, size - 1], // every level has both roots to hash: the dearest
      [`2^${power}`, size], // the old root is itself a node: the cheapest
      [`2^${power}+1`, size + 1],
      [`2^${power}*4/3`, Math.floor((size * 4) / 3)], // every second bit set
    ]) {
      table.anchor[`${name} + ${GROWTH}`] = await growth(old, old + GROWTH);
    }
    table.verify_inclusion[`2^${power}`] = await inclusion(Math.floor(size / 3), size);
  }
  return `${JSON.stringify(table, null, 2)}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await hre.tasks.getTask("build").run({ quiet: true });
  await writeFile(GAS_TABLE, await measureGas());
  console.log(`wrote ${fileURLToPath(GAS_TABLE)}`);
}
