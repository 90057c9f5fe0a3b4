/**
 * Where files are dropped or picked. What comes out is files with their paths; nothing is read here.
 */

import { freshId, h } from "./dom.js";

/**
 * @typedef {object} Picked
 * @property {string | null} folder name of the one folder that was dropped or picked; null: files
 * @property {{path: string, file: File}[]} files path below that folder, `/`-separated, as on disk
 */

/**
 * @param {import("../page.js").Page} page
 * @param {object} given
 * @param {string} given.title what to drop here
 * @param {import("./dom.js").Child} [given.hint]
 * @param {(picked: Picked) => void} given.onPick
 * @param {boolean} [given.folders] also offer to pick a folder
 * @param {boolean} [given.multiple]
 * @param {string} [given.accept] as `.json`
 * @returns {HTMLElement}
 */
export function dropArea(page, { title, hint, onPick, folders = false, multiple = true, accept }) {
  const { say } = page;
  const titleId = freshId("drop");
  const give = (picked) => picked.files.length > 0 && onPick(picked);
  const area = h(
    "div",
    { class: "drop", role: "group", "aria-labelledby": titleId },
    h("p", { class: "drop-title", id: titleId }, title),
    hint && h("p", { class: "hint" }, hint),
    h(
      "div",
      { class: "drop-buttons" },
      picker(
        say(multiple ? "shell.pick_files" : "shell.pick_file"),
        titleId,
        { multiple, accept },
        give,
      ),
      folders && picker(say("shell.pick_folder"), titleId, { webkitdirectory: true }, give),
    ),
  );
  listen(area, give, multiple);
  return area;
}

/**
 * Return what a list of a file input holds.
 * @param {Iterable<File>} list
 * @returns {Picked}
 */
function pickedOf(list) {
  const files = Array.from(list, (file) => ({ path: file.webkitRelativePath || file.name, file }));
  return belowOneFolder(files);
}

function picker(text, titleId, attributes, give) {
  const input = h("input", {
    class: "unseen",
    type: "file",
    tabindex: -1,
    "aria-hidden": "true",
    ...attributes,
  });
  input.addEventListener("change", () => {
    give(pickedOf(input.files));
    input.value = ""; // the same file again is a change again
  });
  const id = freshId("pick");
  const button = { type: "button", id, "aria-labelledby": `${id} ${titleId}` };
  return [h("button", { ...button, onclick: () => input.click() }, text), input];
}

function listen(area, give, multiple) {
  let depth = 0; // enter and leave also tell of the children
  const mark = () => area.classList.toggle("over", depth > 0);
  area.addEventListener("dragenter", (event) => {
    event.preventDefault();
    depth += 1;
    mark();
  });
  area.addEventListener("dragleave", () => {
    depth -= 1;
    mark();
  });
  area.addEventListener("dragover", (event) => event.preventDefault());
  area.addEventListener("drop", async (event) => {
    event.preventDefault();
    depth = 0;
    mark();
    const picked = await droppedOf(event.dataTransfer);
    give(multiple ? picked : { ...picked, files: picked.files.slice(0, 1) });
  });
}

async function droppedOf(transfer) {
  // entries have to be taken before the first await: the list is emptied then
  const entries = Array.from(transfer.items, (item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (entries.length === 0) return pickedOf(transfer.files);
  const files = [];
  for (const entry of entries) await gather(entry, files);
  return belowOneFolder(files);
}

async function gather(entry, files) {
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    files.push({ path: entry.fullPath.replace(/^\//, ""), file });
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return; // a reader gives a hundred at a time, and nothing at the end
    for (const one of some) await gather(one, files);
  }
}

function belowOneFolder(files) {
  const folders = new Set(files.map(({ path }) => path.split("/", 1)[0]));
  const isFolder = folders.size === 1 && files.every(({ path }) => path.includes("/"));
  if (!isFolder) return { folder: null, files };
  const [folder] = folders;
  return {
    folder,
    files: files.map(({ path, file }) => ({ path: path.slice(folder.length + 1), file })),
  };
}
