/**
 * What the reader has given to be checked: one place to drop everything, sorted by what each file
 * says of itself, and the list of what is there by now.
 */

import { getManifest, getReceipt } from "../client.js";
import { HEAD_BYTES, receiptType, recognize } from "../core/recognize.js";
import { h, replace } from "../elements/dom.js";
import { dropArea } from "../elements/drop.js";
import { button } from "../elements/form.js";
import { hashing as hashFiles } from "../elements/hashing_progress.js";
import { notice } from "../elements/notice.js";
import { why } from "../elements/why.js";
import { judgeOf } from "../own_policy.js";
import { isPdf, receiptInPdf } from "../printed_receipt.js";
import { partReceipts, putReceipt } from "./verify_material.js";

const MOST_DOCUMENT = 64 << 20;
const NOT_OURS_TO_KEEP = Object.freeze(["key", "secret", "records", "chunks"]);

/**
 * Draw the place to drop files, and what was given.
 * @param {Element} place
 * @param {import("./verify_material.js").Desk} desk
 */
export function drawGiven(place, desk) {
  const { page, changed } = desk;
  const { say } = page;
  const work = h("div", { class: "hashing-place" });
  const list = h("div", { class: "given-list", "aria-live": "polite" });
  const redraw = () => replace(list, givenList(desk, refresh));
  const refresh = () => {
    redraw();
    changed();
  };
  let turn = Promise.resolve();
  let hashing = new AbortController();
  const begin = () => {
    hashing.abort(); // other data were given meanwhile
    hashing = new AbortController();
    return AbortSignal.any([page.signal, hashing.signal]);
  };
  const onPick = (picked) => {
    // one after the other: whatever is given later takes the place of what was given before
    turn = turn.then(async () => {
      const data = await takeDocuments(desk, picked, work);
      if (page.signal.aborted) return;
      refresh();
      if (data.length > 0) takeData(desk, picked, data, { work, signal: begin(), refresh });
    });
  };
  redraw();
  replace(
    place,
    dropArea(page, {
      title: say("verify.drop"),
      hint: say("verify.drop_hint"),
      onPick,
      folders: true,
    }),
    work,
    list,
  );
  Object.assign(place, { redraw, refresh });
}

/** Take documents of ours to their places; returns all else, which is data. */
async function takeDocuments({ material, page }, { folder, files }, work) {
  if (folder !== null) return files; // a folder is data, whatever lies in it
  const data = [];
  for (const one of files) if (!(await takeDocument(material, one, page, work))) data.push(one);
  return data;
}

async function takeData({ material, page }, { folder }, data, { work, signal, refresh }) {
  const entries = await hashFiles(page, work, data, signal);
  if (entries === null) return;
  const name = folder ?? (data.length === 1 ? data[0].path : null);
  material.data = { name, entries, isFolder: folder !== null };
  refresh();
}

/**
 * Fetch the receipt of a record from this server, and its list of files if that is published.
 * @param {Element & {refresh: () => void}} place
 * @param {import("./verify_material.js").Desk} desk
 * @param {string} id
 */
export async function takeFromServer(place, { material, page }, id) {
  const { signal } = page;
  try {
    const octets = await getReceipt(id, { signal });
    putReceipt(material, {
      name: `${id.slice(0, 16)}.receipt.json`,
      octets,
      type: receiptType(octets),
    });
  } catch (error) {
    if (!signal.aborted) {
      place.append(
        notice(
          "caution",
          null,
          h("p", null, page.say.nodes("verify.not_fetched", { why: why(page, error) })),
        ),
      );
    }
    return;
  }
  const manifest = await getManifest(id, { signal }).catch(() => null);
  if (signal.aborted) return;
  if (manifest !== null) material.manifest = { name: "manifest.jsonl", octets: manifest };
  place.refresh();
}

/** @returns {Promise<boolean>} whether it was a document of ours */
async function takeDocument(material, { path, file }, page, work) {
  const head = new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer());
  const kind = recognize(head);
  if (file.size > MOST_DOCUMENT) return false;
  if (isPdf(head)) return takePrinted(material, path, file);
  if (kind === null) return false;
  if (NOT_OURS_TO_KEEP.includes(kind)) {
    material.unused.push({ name: path, kind });
    return true;
  }
  const octets = new Uint8Array(await file.arrayBuffer());
  const document = { name: path, octets };
  switch (kind) {
    case "receipt":
      putReceipt(material, { ...document, type: receiptType(octets) });
      break;
    case "policy":
      try {
        material.judge = { ...(await judgeOf(octets)), name: path };
      } catch (error) {
        replace(
          work,
          notice("false", page.say("verify.policy_unreadable"), h("p", null, why(page, error))),
        );
      }
      break;
    case "manifest":
      material.manifest = document;
      break;
    case "file-proof":
      material.fileProof = document;
      break;
    default:
      material.fileOpening = document;
  }
  return true;
}

/** The PDF of a receipt stands for the receipt in it; any other PDF is data. */
async function takePrinted(material, path, file) {
  const octets = await receiptInPdf(new Uint8Array(await file.arrayBuffer()));
  if (octets === null) return false;
  const isThere =
    octets !== "unreadable" && recognize(octets.subarray(0, HEAD_BYTES)) === "receipt";
  if (isThere) {
    const name = `${path} → receipt.json`;
    putReceipt(material, { name, octets, type: receiptType(octets) });
  }
  material.unused.push({ name: path, kind: isThere ? "print" : "print_alone" });
  return true;
}

// --- what is there by now -------------------------------------------------------------------

function givenList(desk, refresh) {
  const { material, page } = desk;
  const { say } = page;
  const { main, opening, fixity } = partReceipts(material);
  const without = (receipt) => () => {
    material.receipts = material.receipts.filter((one) => one !== receipt);
    refresh();
  };
  const forget = (name) => () => {
    material[name] = null;
    refresh();
  };
  const row = (key, name, onForget) =>
    h(
      "li",
      { class: name === null ? "is-missing" : "is-there" },
      h("span", { class: "given-what" }, say(`verify.has_${key}`)),
      " ",
      name === null
        ? h("span", { class: "hint" }, say(`verify.lacks_${key}`))
        : h("bdi", { class: "mono" }, name),
      name !== null && onForget && [" ", forgetButton(page, name, onForget)],
    );
  const { judge, data, manifest, fileProof, fileOpening } = material;
  return [
    h(
      "ul",
      { class: "given-rows" },
      row("receipt", main?.name ?? null, main && without(main)),
      row("policy", judge === null ? null : (judge.name ?? judge.origin), forget("judge")),
      row("data", data === null ? null : dataName(page, data), forget("data")),
      (manifest || (data && !fileProof && !fileOpening)) &&
        row("manifest", manifest?.name ?? null, forget("manifest")),
      opening && row("opening", opening.name, without(opening)),
      fileOpening && row("file_opening", fileOpening.name, forget("fileOpening")),
      fileProof && row("file_proof", fileProof.name, forget("fileProof")),
      fixity.map((one) => row("fixity", one.name, without(one))),
    ),
    material.unused.map(({ name, kind }) =>
      notice(
        kind === "key" || kind === "secret" ? "caution" : "note",
        null,
        say(`verify.unused_${kind}`, { name }),
      ),
    ),
  ];
}

/** Of several such buttons each says aloud what it is for. */
function forgetButton({ say }, name, onForget) {
  const made = button(say("verify.forget"), onForget, "quiet");
  made.setAttribute("aria-label", `${say("verify.forget")} ${name}`);
  return made;
}

function dataName(page, { name, entries }) {
  const files = page.say("verify.data_files", { files: entries.length });
  return name === null ? files : `${name} (${files})`;
}
