/**
 * Fifth step of a deposit: the key that signs. A key of this browser, a new one, or a key file.
 *
 * A new key can be taken out of the browser only once: into a file under a passphrase. It signs
 * only after that file was opened again, so that nobody signs with a key that he has lost already;
 * from then on it is kept non-extractable.
 */

import {
  createKey,
  keptOf,
  openKeyFile,
  sealKeyFile,
  signerFromKept,
  signerOf,
} from "../core/key_file.js";
import { digest } from "../elements/digest.js";
import { h, replace } from "../elements/dom.js";
import { dropArea } from "../elements/drop.js";
import { choice } from "../elements/field.js";
import { busyButton, button, checkedField, saveLink, saying } from "../elements/form.js";
import { notice } from "../elements/notice.js";
import { why } from "../elements/why.js";
import { keep, list } from "../store.js";
import { enteredPeople, identityFields, trimmed } from "./deposit_people.js";

const MOST_KEY_BYTES = 4096;
const LEAST_PASSPHRASE = 8;

/**
 * @param {import("./deposit.js").Step} step
 * @returns {Node[]}
 */
export function draw(step) {
  const { page } = step;
  const place = h("div", { class: "key-step" }, h("p", null, page.say("deposit.key_wait")));
  list("keys")
    .catch(() => [])
    .then((kept) => {
      if (!page.signal.aborted) showChoices(place, step, kept);
    });
  return [h("p", null, page.say("deposit.key_lead")), place];
}

function showChoices(place, step, kept) {
  const { page } = step;
  const { say } = page;
  const body = h("div", { class: "key-body" });
  const ways = {
    kept: () => keptKeys(step, kept),
    new: () => newKey(step),
    file: () => keyFile(step),
  };
  const open = (way) => replace(body, ways[way]());
  const names = kept.length ? ["kept", "new", "file"] : ["new", "file"];
  const options = names.map((way) => ({
    value: way,
    title: say(`deposit.key_${way}`),
    text: say(`deposit.key_${way}_hint`),
  }));
  const legend = say("deposit.key_question");
  replace(place, choice({ legend, options, value: names[0], onChoose: open }), body);
  open(names[0]);
}

// --- a key of this browser ------------------------------------------------------------------

function keptKeys(step, kept) {
  const { page } = step;
  const { say } = page;
  return h(
    "ul",
    { class: "keys" },
    kept.map(({ key, value }) => {
      const use = () => {
        step.draft.holder = personOf(value.holder);
        chosen(step, signerFromKept(value.signer));
      };
      const who = value.holder.name || say("deposit.key_unnamed");
      return h(
        "li",
        null,
        h("p", null, h("bdi", null, who), " ", digest(page, key)),
        button(say("deposit.key_use"), use, "main"),
      );
    }),
  );
}

function chosen(step, signer) {
  step.draft.signer = signer;
  step.next();
}

// --- a new key ------------------------------------------------------------------------------

function newKey(step) {
  const { draft, page } = step;
  const { say } = page;
  const place = h("div", { class: "fields" });
  if (!draft.holder.name) draft.holder = personOf(enteredPeople(draft)[0]);
  const who = identityFields(page, draft.holder, { isOwn: true });
  const passphrase = passphraseField(page, { isNew: true });
  const failure = saying();
  const make = async () => {
    if (!(await isReady(page, who, passphrase))) return;
    failure.show(h("p", null, say("deposit.key_making")));
    try {
      const made = await makeKeyFile(passphrase.input.value);
      replace(place, saveAndShow(step, made));
    } catch (error) {
      const told = say.nodes("deposit.key_failed", { why: why(page, error) });
      failure.show(notice("false", null, h("p", null, told)));
    }
  };
  replace(
    place,
    h("p", { class: "hint" }, say("deposit.holder_lead")),
    who.nodes,
    passphrase.node,
    notice("caution", null, say("deposit.key_lost")),
    h("p", null, busyButton(say("deposit.key_make"), make, "main")),
    failure.node,
  );
  return place;
}

async function isReady(page, who, passphrase) {
  if (!who.name.input.value.trim()) {
    who.name.blame(page.say("deposit.name_needed"));
    who.name.input.focus();
    return false;
  }
  if (!(await areFine(who))) return false;
  if (Array.from(passphrase.input.value).length >= LEAST_PASSPHRASE) return true;
  passphrase.blame(page.say("deposit.passphrase_short", { least: LEAST_PASSPHRASE }));
  passphrase.input.focus();
  return false;
}

/** Ed25519 where the browser has it, else ES256; the private part is forgotten with this call. */
async function makeKeyFile(passphrase) {
  let jwk;
  try {
    jwk = await createKey("Ed25519");
  } catch {
    jwk = await createKey("ES256");
  }
  const { kid } = await signerOf(jwk);
  return {
    name: `provenance-key-${kid.slice(0, 8)}.jwe`,
    text: await sealKeyFile(jwk, passphrase),
  };
}

/** The file is saved, then shown again: only what was really kept can be opened. */
function saveAndShow(step, { name, text }) {
  const { page } = step;
  const { say } = page;
  const opening = h("div", { class: "fields", hidden: true });
  const save = saveLink(page, say("deposit.key_save"), name, text, {
    kind: "main",
    onSave: () => {
      opening.hidden = false;
    },
  });
  replace(opening, h("p", null, say("deposit.key_show")), openFields(step, { expected: text }));
  return [h("p", null, say("deposit.key_made")), h("p", null, save), opening];
}

// --- a key file -----------------------------------------------------------------------------

function keyFile(step) {
  const { draft, page } = step;
  if (!draft.holder.name) draft.holder = personOf(enteredPeople(draft)[0]);
  const who = identityFields(page, draft.holder, { isOwn: true });
  return h(
    "div",
    { class: "fields" },
    h("p", { class: "hint" }, page.say("deposit.holder_lead")),
    who.nodes,
    openFields(step, { who }),
  );
}

/** A file and its passphrase; opened, the key is kept in this browser and can be used. */
function openFields(step, { who = null, expected = null }) {
  const { page } = step;
  const { say } = page;
  const passphrase = passphraseField(page, { isNew: false });
  const said = saying();
  const named = h("p", { class: "picked", "aria-live": "polite" });
  let picked = null;
  const onPick = ({ files: [{ file }] }) => {
    picked = file;
    replace(named, h("bdi", null, file.name));
    said.show();
  };
  const drop = dropArea(page, { title: say("deposit.key_file_label"), onPick, multiple: false });
  const refuse = (key) => said.show(notice("false", null, say(key)));
  const open = async () => {
    if (picked === null) return refuse("deposit.key_file_needed");
    if (who !== null && !(await areFine(who))) return undefined;
    const text = picked.size > MOST_KEY_BYTES ? "" : (await picked.text()).trim();
    if (expected !== null && text !== expected) return refuse("deposit.key_other_file");
    said.show(h("p", null, say("deposit.key_opening")));
    const signer = await openedSigner(page, text, passphrase, said);
    if (signer === null || page.signal.aborted) return undefined;
    await keepKey(step, signer, said);
    return chosen(step, signer);
  };
  const go = h("p", null, busyButton(say("deposit.key_open"), open, "main"));
  const stays = h("p", { class: "hint" }, say("deposit.key_stays"));
  return [drop, named, passphrase.node, stays, go, said.node];
}

async function areFine({ name, orcid, ror }) {
  for (const one of [name, orcid, ror]) {
    if (await one.isFine()) continue;
    one.input.focus();
    return false;
  }
  return true;
}

async function openedSigner(page, text, passphrase, said) {
  const { say } = page;
  try {
    const signer = await signerOf(await openKeyFile(text, passphrase.input.value));
    said.show();
    return signer;
  } catch (error) {
    const isPassphrase = error.code === "wrong-passphrase";
    const told = isPassphrase
      ? say("deposit.passphrase_wrong")
      : say.nodes("deposit.key_unreadable", { why: why(page, error) });
    said.show(notice("false", null, h("p", null, told)));
    passphrase.input.focus();
    return null;
  }
}

async function keepKey(step, signer, said) {
  try {
    await keep("keys", signer.kid, { signer: keptOf(signer), holder: trimmed(step.draft.holder) });
  } catch {
    // a private window keeps nothing: the key signs now, and its file opens it another time
    said.show(h("p", null, step.page.say("deposit.key_not_kept")));
  }
}

function passphraseField(page, { isNew }) {
  const { say } = page;
  return checkedField({
    label: say(isNew ? "deposit.passphrase_new" : "deposit.passphrase_label"),
    hint: isNew ? say("deposit.passphrase_hint") : undefined,
    type: "password",
    more: { autocomplete: isNew ? "new-password" : "current-password" },
  });
}

function personOf(person) {
  const { name = "", orcid = "", ror = [] } = person ?? {};
  return { name, orcid, ror: [...ror] };
}
