/**
 * Runs test vectors, our own and those that others published, through the page's core. The same
 * in Node (`core_vectors.test.mjs`) and in a browser (`../page/test_verifier_in_browser.py`).
 *
 * @typedef {(folder: string) => Promise<[string, Uint8Array][] | null>} Load returns the files below
 *   a folder, by their names in it; null where the folder is absent
 * @typedef {{checked: number, wrong: string[]}} Result
 */

import { parseEvidence, parseHistory } from "../../api/web/core/anchor_evidence.js";
import { verifyAnchoredRoot, verifyHistory } from "../../api/web/core/anchor.js";
import { verifyAnchoredEvent } from "../../api/web/core/anchored_event.js";
import { fromB64, fromEvmHex, fromHex, toEvmHex } from "../../api/web/core/digests.js";
import { LedgerError } from "../../api/web/core/errors.js";
import { parseHeader } from "../../api/web/core/header.js";
import { keccak256 } from "../../api/web/core/keccak.js";
import { PublicKey, toLowS } from "../../api/web/core/keys.js";
import { verifyConsistency, verifyInclusion } from "../../api/web/core/merkle.js";
import { Note, NoteVerifier } from "../../api/web/core/note.js";
import { parseRecord } from "../../api/web/core/parse_record.js";
import { digestOf, parseDisclosure, process, verify } from "../../api/web/core/sdjwt.js";
import { Members, tokenize } from "../../api/web/core/strict_json.js";
import { get } from "../../api/web/core/trie.js";
import { verifyReceipt } from "../../api/web/core/verify.js";

const DECODER = new TextDecoder();
const ENCODER = new TextEncoder();
const hex = (text) => fromHex(text, { length: text.length / 2 });
const json = (octets) => JSON.parse(DECODER.decode(octets));
/** Writes a value so that equal ones have one text, whatever the order of their members. */
const sorted = (value) => {
  if (Array.isArray(value)) return `[${value.map(sorted).join()}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const names = Object.keys(value).sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${sorted(value[name])}`).join()}}`;
};
const same = (one, other) => sorted(one) === sorted(other);

/** Return `ok`, or the code of the error that was thrown. */
async function codeOf(run) {
  try {
    await run();
    return "ok";
  } catch (error) {
    if (error instanceof LedgerError) return error.code;
    throw error;
  }
}

const parsed = (value) => tokenize(ENCODER.encode(JSON.stringify(value)));
const members = (value, field) => new Members(parsed(value), field);

// --- our own ------------------------------------------------------------------------------

const OWN = {
  async receipts(vector) {
    const { given, verdict: expected } = vector;
    if (given.data || given.key_status || given.rpc) return null; // test_verifier_in_node.py
    const found = await verifyReceipt(
      ENCODER.encode(vector.receipt),
      ENCODER.encode(vector.policy),
      {
        now: vector.now_unix,
        blocks: [
          ...(given.block_hashes ?? []).map((hash) => ({ hash })),
          ...(given.headers ?? []).map((text) => ({ header: fromEvmHex(text) })),
        ],
        fixity: (given.fixity ?? []).map((text) => ENCODER.encode(text)),
        requires: given.require,
        allowDevChain: given.allow_dev_chain,
      },
    );
    const { interval } = found;
    return same(expected, {
      exit_code: found.exit_code,
      independent: found.independent,
      not_before: interval.entered_not_before?.time_unix ?? null,
      not_after: interval.not_after?.time_unix ?? null,
      signed_not_before: interval.signed_not_before?.time_unix ?? null,
      checks: found.checks.map((one) => [one.number, one.subject, one.outcome, one.code]),
    });
  },

  async records({ compact, complete, expect, field, payload }) {
    try {
      const record = parseRecord(compact, { complete });
      return expect === "ok" && same(record.payload, payload) && record.compact === compact;
    } catch (error) {
      return error.code === expect && error.field === field;
    }
  },

  async anchor(vector) {
    const evidence = parseEvidence(members(vector.evidence, "evidence"));
    const place = {
      contract: fromEvmHex(vector.contract),
      codeHash: fromEvmHex(vector.code_hash),
      logId: fromEvmHex(vector.log_id),
      treeSize: vector.tree_size,
      rootHash: hex(vector.root_hash),
      rootsSlot: vector.roots_slot,
    };
    const isNamed = toEvmHex(parseHeader(evidence.header).hash) === vector.block_hash;
    return isNamed && (await codeOf(() => verifyAnchoredRoot(evidence, place))) === vector.expect;
  },

  async event(vector) {
    const evidence = parseEvidence(members(vector.evidence, "evidence"));
    const place = {
      contract: fromEvmHex(vector.contract),
      logId: fromEvmHex(vector.log_id),
      treeSize: vector.tree_size,
      rootHash: hex(vector.root_hash),
    };
    return (await codeOf(() => verifyAnchoredEvent(evidence, place))) === vector.expect;
  },

  async history(vector) {
    const proof = parseHistory(members(vector.history, "history"));
    const root = fromEvmHex(vector.state_root);
    const hash = fromEvmHex(vector.block_hash);
    return (await codeOf(() => verifyHistory(root, proof, vector.number, hash))) === vector.expect;
  },

  async header({ header, block }) {
    const read = parseHeader(fromEvmHex(header));
    const names = ["parentHash", "stateRoot", "transactionsRoot", "receiptsRoot", "hash"];
    const isNumber = ["number", "timestamp"].every((name) => read[name] === Number(block[name]));
    return isNumber && names.every((name) => toEvmHex(read[name]) === block[name]);
  },

  async sdjwt(vector) {
    const key = PublicKey.fromJwk(vector.issuer_key);
    const check = (_header, input, signature) => key.verify(toLowS(signature), input);
    for (const { disclosure, digest, contents } of vector.digests) {
      const { salt, name, value } = parseDisclosure(disclosure);
      const found = name === null ? [salt, value] : [salt, name, value];
      if (digestOf(disclosure) !== digest || !same(found, contents)) return false;
    }
    for (const { sd_jwt: compact, claims } of vector.signed) {
      const found = await verify(compact, check);
      if (!same(found.claims, claims)) return false;
    }
    for (const { payload, disclosures, claims } of vector.payloads) {
      const { claims: found } = process(parsed(payload), disclosures);
      if (!same(found, claims)) return false;
    }
    return true;
  },
};

/**
 * @param {Load} load
 * @param {string} folder below `tests/vectors`
 * @returns {Promise<Result>}
 */
async function runOwn(load, folder) {
  const result = { checked: 0, wrong: [] };
  for (const [name, octets] of await load(`tests/vectors/${folder}`)) {
    const isRight = name.endsWith(".json") ? await OWN[folder](json(octets)) : null;
    if (isRight !== null) result.checked += 1;
    if (isRight === false) result.wrong.push(name);
  }
  return result;
}

// --- published by others --------------------------------------------------------------------

async function isVerified(key, signature, message) {
  return (await codeOf(() => key.verify(signature, message))) === "ok";
}

async function runSignatures(octets, { keyOf, isExpected }) {
  const result = { checked: 0, wrong: [] };
  for (const group of json(octets).testGroups) {
    const key = keyOf(group.publicKey);
    for (const one of group.tests) {
      const signature = hex(one.sig);
      const found = await isVerified(key, signature, hex(one.msg));
      if (found !== isExpected(one, signature)) result.wrong.push(`${one.tcId}: ${one.comment}`);
      result.checked += 1;
    }
  }
  return result;
}

const PUBLISHED = {
  "wycheproof/ed25519_test.json": (octets) =>
    runSignatures(octets, {
      keyOf: ({ pk }) => new PublicKey("Ed25519", hex(pk)),
      isExpected: (one) => one.result === "valid",
    }),

  "wycheproof/ecdsa_secp256r1_sha256_p1363_test.json": (octets) =>
    runSignatures(octets, {
      keyOf: ({ uncompressed }) => new PublicKey("ES256", hex(uncompressed).subarray(1)),
      isExpected: (one, signature) =>
        one.result === "valid" && (signature.length !== 64 || toLowS(signature) === signature),
    }),

  "sunlight-mirror-log/mirror-and-cosignatures.json": async (octets) => {
    const result = { checked: 0, wrong: [] };
    for (const who of ["mirror", "witness", "witness2"]) {
      const { checkpoint, vkey } = json(octets)[who];
      const note = Note.parse(checkpoint);
      const verifier = NoteVerifier.fromVkey(vkey);
      const names = await note.verifiedBy([verifier]);
      const line = note.signatures.find((one) => verifier.made(one));
      const time = await verifier.verify(note.text, line);
      const changed = Note.parse(checkpoint.replace("\n300\n", "\n301\n"));
      const refusal = await codeOf(() => verifier.verify(changed.text, line));
      const isRight = time === 1_767_139_200 && names.join() === `${who}.example.org`;
      if (!isRight || refusal !== "bad-signature") result.wrong.push(who);
      result.checked += 1;
    }
    return result;
  },
};

const MERKLE = async (one) => {
  const path = (one.proof ?? []).map((text) => fromB64(text));
  const read = (name) => fromB64(one[name] ?? "");
  const run = () =>
    "leafIdx" in one
      ? verifyInclusion(read("leafHash"), one.leafIdx, one.treeSize, path, read("root"))
      : verifyConsistency(one.size1, one.size2, path, read("root1"), read("root2"));
  return ((await codeOf(run)) !== "ok") === one.wantErr;
};

/** Is a JSON text taken that every reader must take, and refused that none may take? */
const JSON_TEXT = async (name, octets) => {
  const kind = name.split("/").at(-1)[0];
  if (kind !== "y" && kind !== "n") return null;
  return ((await codeOf(() => tokenize(octets))) === "ok") === (kind === "y");
};

const STATE = async (one) => {
  if (!("accountProof" in one)) return null;
  const nodes = one.accountProof.map((text) => fromEvmHex(text));
  const account = get(keccak256(nodes[0]), keccak256(fromEvmHex(one.address)), nodes);
  const isNobody = BigInt(one.nonce) === 0n && BigInt(one.balance) === 0n;
  return (account === null) === isNobody;
};

const FOLDERS = {
  "rfc6962-merkle": (_name, octets) => MERKLE(json(octets)),
  "jsontestsuite/test_parsing": JSON_TEXT,
  "eip1186-proofs": (name, octets) => (name.endsWith(".json") ? STATE(json(octets)) : null),
};

async function runFolder(load, folder) {
  const files = await load(`published/${folder}`);
  if (files === null) return null;
  const result = { checked: 0, wrong: [] };
  for (const [name, octets] of files) {
    const isRight = name.endsWith(".json") ? await FOLDERS[folder](name, octets) : null;
    if (isRight !== null) result.checked += 1;
    if (isRight === false) result.wrong.push(name);
  }
  return result;
}

async function runFile(load, path) {
  const [folder, file] = path.split("/");
  const files = await load(`published/${folder}`);
  const found = files?.find(([name]) => name === file);
  return found === undefined ? null : PUBLISHED[path](found[1]);
}

/** Name of each suite -> runs it; null where its vectors are absent. */
export const SUITES = Object.fromEntries([
  ...Object.keys(OWN).map((name) => [name, (load) => runOwn(load, name)]),
  ...Object.keys(FOLDERS).map((name) => [name, (load) => runFolder(load, name)]),
  ...Object.keys(PUBLISHED).map((name) => [name, (load) => runFile(load, name)]),
]);
