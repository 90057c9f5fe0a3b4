// What the node tests share: a deployed contract, storage slots, and refusals compared exactly.
import assert from "node:assert/strict";

import { AbiCoder, hexlify, keccak256, toBeHex } from "ethers";
import { network } from "hardhat";

export const ORIGIN = "log.example.org/provenance";
export const ROOTS_SLOT = 0n;
export const LOGS_SLOT = 1n;

const abi = AbiCoder.defaultAbiCoder();
const inMapping = (types, key, slot) => keccak256(abi.encode(types, [key, slot]));

/** Where `roots[logId][treeSize]` lies, as documented in the interface. */
export function rootSlot(logId, treeSize) {
  return inMapping(["uint64", "bytes32"], treeSize, inMapping(["bytes32", "uint256"], logId, 0n));
}

/** Where a log's anchorer (160 bits) and, above it, its tree size (64 bits) lie. */
export function headSlot(logId) {
  return inMapping(["bytes32", "uint256"], logId, LOGS_SLOT);
}

/** A fresh chain with the contract and one registered log. */
export async function deploy() {
  const { ethers } = await network.create();
  const [anchorer, other] = await ethers.getSigners();
  const contract = await ethers.deployContract("CheckpointAnchor");
  await contract.register(ORIGIN);
  const logId = await contract.logIdOf(anchorer.address, ORIGIN);
  return { ethers, contract, anchorer, other, logId };
}

/** Writes 32 bytes into the contract's storage. */
export async function setStorage(chain, slot, word) {
  const address = await chain.contract.getAddress();
  await chain.ethers.provider.send("hardhat_setStorageAt", [address, slot, hexlify(word)]);
}

/** Puts a log's head where no anchor would bring it: any size, any root of 32 bytes. */
export async function setHead(chain, treeSize, rootHash) {
  const packed = (BigInt(treeSize) << 160n) | BigInt(chain.anchorer.address);
  await setStorage(chain, headSlot(chain.logId), toBeHex(packed, 32));
  await setStorage(chain, rootSlot(chain.logId, treeSize), rootHash);
}

/** The custom error a call reverts with, as text: `Name(argument,argument)`. */
export async function refusalOf(contract, promise) {
  let data;
  try {
    await promise;
  } catch (error) {
    data = error.data ?? error.info?.error?.data;
    data = data?.data ?? data;
    if (!data) throw error;
  }
  assert.ok(data, "expected a revert");
  const parsed = contract.interface.parseError(data);
  assert.ok(parsed, `an error the interface does not know: ${data}`);
  return `${parsed.name}(${parsed.args.join(",")})`;
}
