/**
 * What this browser keeps for its reader: IndexedDB, nothing of it ever sent.
 *
 * policies  trust policies whose digest the reader compared, by it (hex): use policies.js
 * keys      signing keys that cannot be taken out again (CryptoKey), by thumbprint
 * outbox    signed records on their way, by record id: kept before they are sent, so that a
 *           retry sends the same bytes
 * receipts  receipts of deposits made here, by record id
 * states    the newest state of each log that was seen, by log and policy: use log_state.js
 * own       what else belongs to a deposit made here, by record id: its title, its manifest, and
 *           what opens it if it is sealed
 *
 * `keep` returns only when the browser says that the value is on the disk.
 */

const DATABASE = "provenance";
const VERSION = 1; // to be raised with every store that is added: what a reader has stays

/** @typedef {"policies" | "keys" | "outbox" | "receipts" | "own" | "states"} StoreName */

/** @type {readonly StoreName[]} */
export const STORES = Object.freeze(["policies", "keys", "outbox", "receipts", "own", "states"]);

let opening = null;

/**
 * Keep `value` under `key`, in the place of what was there.
 * @param {StoreName} name
 * @param {string} key
 * @param {unknown} value anything that can be cloned: bytes, objects, CryptoKey, handles of files
 * @returns {Promise<void>}
 * @throws {DOMException} where the browser keeps nothing (private windows of some) or is full
 */
export async function keep(name, key, value) {
  await work(name, "readwrite", (store) => store.put(value, key));
}

/**
 * Return what is kept under `key`.
 * @param {StoreName} name
 * @param {string} key
 * @returns {Promise<any>} undefined where there is nothing
 */
export async function load(name, key) {
  return work(name, "readonly", (store) => store.get(key));
}

/**
 * Return all that a store keeps, by key.
 * @param {StoreName} name
 * @returns {Promise<{key: string, value: any}[]>}
 */
export async function list(name) {
  const [keys, values] = await Promise.all([
    work(name, "readonly", (store) => store.getAllKeys()),
    work(name, "readonly", (store) => store.getAll()),
  ]);
  return keys.map((key, place) => ({ key, value: values[place] }));
}

/**
 * Forget what is kept under `key`; nothing happens where there is nothing.
 * @param {StoreName} name
 * @param {string} key
 * @returns {Promise<void>}
 */
export async function remove(name, key) {
  await work(name, "readwrite", (store) => store.delete(key));
}

async function work(name, mode, ask) {
  const database = await open();
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(name, mode, { durability: "strict" });
    const request = ask(transaction.objectStore(name));
    transaction.oncomplete = () => resolve(request.result);
    transaction.onabort = () => reject(transaction.error);
  });
}

function open() {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, VERSION);
    request.onupgradeneeded = () => {
      const there = request.result.objectStoreNames;
      for (const name of STORES) {
        if (!there.contains(name)) request.result.createObjectStore(name);
      }
    };
    request.onsuccess = () => {
      // another tab with a newer page must not wait for this one
      request.result.onversionchange = () => {
        request.result.close();
        opening = null;
      };
      resolve(request.result);
    };
    request.onerror = () => {
      opening = null;
      reject(request.error);
    };
  });
  return opening;
}
