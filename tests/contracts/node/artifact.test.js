// The committed artifact is what the Python package deploys and compares code hashes with.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, it } from "node:test";

import { keccak256 } from "ethers";
import hre from "hardhat";

import { ARTIFACT, buildArtifact } from "../../../scripts/export_abi.js";
import { ROOTS_SLOT, deploy } from "../support/anchoring.js";

const committed = await readFile(ARTIFACT, "utf8");
const artifact = JSON.parse(committed);

describe("the committed artifact", () => {
  it("equals a fresh build, byte for byte", async () => {
    assert.equal(await buildArtifact(), committed, "run `npm run export-abi` and commit the file");
  });

  it("names the code hash that a deployed contract has", async () => {
    const { ethers, contract } = await deploy();
    const address = await contract.getAddress();

    const { codeHash } = await ethers.provider.send("eth_getProof", [address, [], "latest"]);

    assert.equal(codeHash, artifact.code_hash);
    assert.equal(keccak256(await ethers.provider.getCode(address)), artifact.code_hash);
  });

  it("names the storage slot that the tests prove", () => {
    assert.equal(BigInt(artifact.roots_slot), ROOTS_SLOT);
  });

  it("has the interface's functions, events and errors, no more and no fewer", async () => {
    const signature = ({ type, name, inputs }) => `${type} ${name}(${inputs.map((i) => i.type)})`;
    const { abi } = await hre.artifacts.readArtifact("ICheckpointAnchor");

    assert.deepEqual(artifact.abi.map(signature).sort(), abi.map(signature).sort());
  });

  it("uses no opcode that came after Paris", () => {
    const runtime = artifact.bytecode.slice(2);
    assert.equal(artifact.compiler.evm_version, "paris");
    assert.ok(!opcodesOf(runtime).has(0x5f), "PUSH0 is an opcode of Shanghai");
  });
});

/** The opcodes of the code proper: what follows INVALID (0xfe) and the metadata is data. */
function opcodesOf(hex) {
  const code = Buffer.from(hex, "hex");
  const metadata = code.readUInt16BE(code.length - 2) + 2;
  const seen = new Set();
  for (let at = 0; at < code.length - metadata; at++) {
    const opcode = code[at];
    seen.add(opcode);
    if (opcode >= 0x60 && opcode <= 0x7f) at += opcode - 0x5f;
  }
  return seen;
}
