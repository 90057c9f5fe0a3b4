/**
 * The operator's types of record: what the log says of itself; mirrors
 * `provenance/operator_types.py`.
 *
 *                       signed in the clear
 *     genesis       root_key checkpoint_keys beacon_key chains
 *     configuration from_tree_size add retire
 *     beacon        chain_id number block_hash timestamp
 *     erasure       records
 */

import { MalformedError } from "./errors.js";
import { PublicKey } from "./keys.js";
import {
  BLOCK,
  MAX_CONTRIBUTORS,
  arrayOf,
  checkArray,
  checkHex32,
  checkJwk,
  checkMembers,
  checkThumbprint,
  checkVkey,
  evmHex,
  integer,
  objectOf,
  recordType,
} from "./record_checks.js";

/** Records of one erasure: with a digest each they fit into an entry. */
const MAX_ERASED = 300;

const CHAIN = objectOf({
  chain_id: integer(1),
  genesis_hash: evmHex(32),
  contract: evmHex(20),
  log_id: evmHex(32),
  code_hash: evmHex(32),
  roots_slot: integer(0),
});

const KEYS_AND_CHAINS = {
  checkpoint_keys: arrayOf(checkVkey),
  chains: arrayOf(CHAIN),
  beacon_keys: arrayOf(checkJwk),
};

function checkChange(value, where) {
  if (Object.keys(checkMembers(value, where, KEYS_AND_CHAINS)).length === 0) {
    throw new MalformedError("expected a member, or no such object", where);
  }
}

function checkGenesis(claims, kid) {
  if (PublicKey.fromJwk(claims.root_key).thumbprint !== kid) {
    throw new MalformedError("expected the key that signs the record", "root_key");
  }
}

function checkManifest(value, where) {
  if (value !== true) throw new MalformedError("expected true, or no such member", where);
}

// Of one record: some disclosures, its published manifest, or with neither member all of both.
const erasedOne = objectOf(
  {
    record: checkHex32,
    digests: arrayOf(checkThumbprint, MAX_CONTRIBUTORS),
    manifest: checkManifest,
  },
  ["digests", "manifest"],
);

function checkErased(value, where) {
  checkArray(value, where, MAX_ERASED).forEach((one, number) => {
    erasedOne(one, `${where}[${number}]`);
  });
  if (new Set(value.map((one) => one.record)).size !== value.length) {
    throw new MalformedError("expected each record once", where);
  }
}

function checkConfiguration(claims) {
  if (!Object.hasOwn(claims, "add") && !Object.hasOwn(claims, "retire")) {
    throw new MalformedError("expected add, retire or both", "add");
  }
}

/** Types that only the ledger itself may add. */
export const OPERATOR_RECORDS = [
  recordType({
    name: "genesis",
    plain: {
      root_key: checkJwk,
      checkpoint_keys: KEYS_AND_CHAINS.checkpoint_keys,
      beacon_key: checkJwk,
      chains: KEYS_AND_CHAINS.chains,
    },
    required: ["root_key", "checkpoint_keys", "beacon_key", "chains"],
    whole: checkGenesis,
  }),
  recordType({
    name: "configuration",
    plain: { from_tree_size: integer(1), add: checkChange, retire: checkChange },
    required: ["from_tree_size"],
    whole: checkConfiguration,
  }),
  recordType({
    name: "beacon",
    plain: { ...BLOCK, timestamp: integer(0) },
    required: [...Object.keys(BLOCK), "timestamp"],
  }),
  recordType({ name: "erasure", plain: { records: checkErased }, required: ["records"] }),
];
