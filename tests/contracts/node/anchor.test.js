// What a verifier outside the chain sees: events, storage slots, storage proofs, refusals.
import assert from "node:assert/strict";
import { before, beforeEach, describe, it } from "node:test";

import { AbiCoder, ZeroAddress, ZeroHash, hexlify, keccak256, toBeHex, toUtf8Bytes } from "ethers";

import { ORIGIN, deploy, refusalOf, rootSlot } from "../support/anchoring.js";
import { NaiveTree } from "../support/rfc9162.js";

const tree = new NaiveTree();
const root = (size) => hexlify(tree.root(size));

describe("an anchored checkpoint", () => {
  let chain, contract, logId, address;
  beforeEach(async () => {
    chain = await deploy();
    ({ contract, logId } = chain);
    address = await contract.getAddress();
  });

  it("has the log id that the registrar's address and the origin give", () => {
    const originHash = keccak256(toUtf8Bytes(ORIGIN));
    const packed = AbiCoder.defaultAbiCoder().encode(
      ["address", "bytes32"],
      [chain.anchorer.address, originHash],
    );

    assert.equal(logId, keccak256(packed));
  });

  it("is found by log id and tree size, and only by them", async () => {
    await contract.anchor(logId, 3, tree.root(3), []);
    await contract.anchor(logId, 7, tree.root(7), tree.consistency(3, 7));

    const found = await contract.queryFilter(contract.filters.CheckpointAnchored(logId, 7));

    assert.deepEqual(
      found.map((event) => [event.topics.length, event.args.toObject()]),
      [[3, { logId, treeSize: 7n, rootHash: root(7) }]],
    );
    const none = await contract.queryFilter(contract.filters.CheckpointAnchored(logId, 6));
    assert.equal(none.length, 0);
  });

  it("emits nothing when the same transaction is sent again", async () => {
    const proof = tree.consistency(3, 7);
    await contract.anchor(logId, 3, tree.root(3), []);
    await contract.anchor(logId, 7, tree.root(7), proof);

    const again = await (await contract.anchor(logId, 7, tree.root(7), proof)).wait();

    assert.equal(again.status, 1);
    assert.deepEqual(again.logs, []);
  });

  it("has its root at the documented slot, where a storage proof finds it", async () => {
    const { provider } = chain.ethers;
    await contract.anchor(logId, 3, tree.root(3), []);
    await contract.anchor(logId, 7, tree.root(7), tree.consistency(3, 7));
    const slots = [3, 7, 5].map((size) => rootSlot(logId, size));

    const { storageProof } = await provider.send("eth_getProof", [address, slots, "latest"]);

    const values = storageProof.map(({ value }) => toBeHex(value, 32));
    assert.deepEqual(values, [root(3), root(7), ZeroHash]);
  });

  it("is proved included by its own view, or refused with the values", async () => {
    await contract.anchor(logId, 7, tree.root(7), []);
    const path = tree.inclusion(4, 7);

    assert.equal(await contract.verifyInclusion(logId, 7, 4, tree.leaf(4), path), root(7));
    const wrongPlace = contract.verifyInclusion(logId, 7, 7, tree.leaf(4), path);
    assert.equal(await refusalOf(contract, wrongPlace), "LeafIndexOutOfRange(7,7)");
    const short = contract.verifyInclusion(logId, 7, 4, tree.leaf(4), path.slice(1));
    assert.equal(await refusalOf(contract, short), `InclusionProofLength(4,7,${path.length - 1})`);
  });

  it("is not proved by an address without code", async () => {
    const nobody = contract.attach(chain.other.address);

    const call = nobody.verifyInclusion(logId, 7, 4, tree.leaf(4), tree.inclusion(4, 7));

    await assert.rejects(call, { code: "BAD_DATA" });
  });

  it("takes no ether", async () => {
    const { anchorer } = chain;
    const anchor = await contract.anchor.populateTransaction(logId, 2, tree.root(2), []);

    for (const data of ["0x", anchor.data]) {
      const call = anchorer.sendTransaction({ to: address, data, value: 1n, gasLimit: 200_000n });
      await assert.rejects(call);
    }
    assert.equal(await chain.ethers.provider.getBalance(address), 0n);
  });

  it("is anchored by its anchorer only, who hands over in two steps", async () => {
    const { other, anchorer } = chain;
    await contract.anchor(logId, 2, tree.root(2), []);
    const growth = [logId, 4, tree.root(4), tree.consistency(2, 4)];

    const early = contract.connect(other).anchor.staticCall(...growth);
    const expected = `NotAnchorer(${logId},${anchorer.address},${other.address})`;
    assert.equal(await refusalOf(contract, early), expected);
    await contract.proposeAnchorer(logId, other.address);
    await contract.connect(other).acceptAnchorer(logId);
    await contract.connect(other).anchor(...growth);

    assert.deepEqual([...(await contract.anchorerOf(logId))], [other.address, ZeroAddress]);
    assert.deepEqual([...(await contract.head(logId))], [4n, root(4)]);
    const events = await contract.queryFilter(contract.filters.AnchorerChanged(logId));
    assert.deepEqual([...events[0].args], [logId, anchorer.address, other.address]);
  });

  it("names its successor once", async () => {
    const { other } = chain;
    await contract.setSuccessor(logId, 1n, other.address, ZeroHash.replace(/0$/, "1"));

    const again = contract.setSuccessor.staticCall(logId, 1n, other.address, logId);

    const first = `1,${other.address},${ZeroHash.replace(/0$/, "1")}`;
    assert.equal(await refusalOf(contract, again), `SuccessorAlreadySet(${first})`);
    assert.equal((await contract.successorOf(logId)).join(","), first);
  });
});

describe("a chain without the SHA-256 precompile", () => {
  let chain;
  before(async () => {
    chain = await deploy();
    await chain.contract.anchor(chain.logId, 2, tree.root(2), []);
    await aimElsewhere(chain);
  });

  // PUSH1 02, GAS, STATICCALL becomes PUSH1 99: address 0x99 has no code, so it answers nothing.
  async function aimElsewhere({ ethers, contract }) {
    const address = await contract.getAddress();
    const code = await ethers.provider.getCode(address);
    const aimed = code.replaceAll("60025afa", "60995afa");
    assert.notEqual(aimed, code);
    await ethers.provider.send("hardhat_setCode", [address, aimed]);
  }

  it("gets an error, never an anchor or a proof", async () => {
    const { contract, logId } = chain;

    const growth = contract.anchor.staticCall(logId, 3, tree.root(3), tree.consistency(2, 3));
    const inclusion = contract.verifyInclusion(logId, 2, 0, tree.leaf(0), tree.inclusion(0, 2));

    assert.equal(await refusalOf(contract, growth), "Sha256Failed()");
    assert.equal(await refusalOf(contract, inclusion), "Sha256Failed()");
  });
});
