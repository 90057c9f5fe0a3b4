/**
 * What a reader has given, and what of it goes where.
 */

/**
 * @typedef {{name: string, octets: Uint8Array}} Document a file of ours that was given
 * @typedef {Document & {type: string | null}} ReceiptDocument with the type of its record
 *
 * @typedef {object} Material everything that the reader has given
 * @property {ReceiptDocument[]} receipts of any type of record
 * @property {(import("../own_policy.js").Judge & {name?: string}) | null} judge the policy
 * @property {Document | null} manifest
 * @property {Document | null} fileProof
 * @property {Document | null} fileOpening
 * @property {{name: string | null, entries: import("../hashing.js").HashedEntry[],
 *   isFolder: boolean} | null} data
 * @property {{name: string, kind: string}[]} unused files of ours that are of no use here
 * @property {string} hashes block hashes as typed
 * @property {string} node address of a node that the reader trusts
 * @property {any} rpc what that node answered; null when nobody was asked
 * @property {boolean} allowDevChain
 * @property {string[]} requires
 *
 * @typedef {object} Desk
 * @property {Material} material
 * @property {import("../page.js").Page} page
 * @property {() => void} changed something was given or taken away
 */

/** @returns {Material} */
export function newMaterial() {
  return {
    receipts: [],
    judge: null,
    manifest: null,
    fileProof: null,
    fileOpening: null,
    data: null,
    unused: [],
    hashes: "",
    node: "",
    rpc: null,
    allowDevChain: false,
    requires: [],
  };
}

/**
 * The receipt that is checked, and those that only speak about it.
 * @param {Material} material
 * @returns {{main: ReceiptDocument | null, opening: ReceiptDocument | null,
 *   fixity: ReceiptDocument[]}}
 */
export function partReceipts({ receipts }) {
  const isAbout = ({ type }) => type === "opening" || type === "fixity";
  const main = receipts.findLast((one) => !isAbout(one)) ?? receipts.at(-1) ?? null;
  const others = receipts.filter((one) => one !== main);
  return {
    main,
    opening: others.findLast(({ type }) => type === "opening") ?? null,
    fixity: others.filter(({ type }) => type === "fixity"),
  };
}

/**
 * Put a receipt among the others: of deposits and openings the newest counts alone.
 * @param {Material} material
 * @param {ReceiptDocument} receipt
 */
export function putReceipt(material, receipt) {
  const kindOf = ({ type }) => (type === "opening" || type === "fixity" ? type : "main");
  const kind = kindOf(receipt);
  const left = material.receipts.filter((one) => kind === "fixity" || kindOf(one) !== kind);
  material.receipts = [...left, receipt];
}
