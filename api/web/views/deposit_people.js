/**
 * Third step of a deposit: who contributed what.
 */

import { ROLES } from "../core/credit.js";
import { bareOrcid, bareRor, checkOrcid, checkRor } from "../core/identifiers.js";
import { h, replace } from "../elements/dom.js";
import { busyButton, button, checkedField, saying } from "../elements/form.js";
import { notice } from "../elements/notice.js";
import { lineProblem } from "./deposit_about.js";

/**
 * @param {import("./deposit.js").Step} step
 * @returns {Node[]}
 */
export function draw({ draft, page, next }) {
  const { say } = page;
  const list = h("div", { class: "people" });
  const nobody = saying();
  let isTold = false;
  let made = [];
  const show = (focusOn) => {
    made = draft.people.map((person, at) => personFields(page, person, at, remove));
    replace(
      list,
      made.map((one) => one.node),
    );
    if (focusOn !== undefined) made[focusOn].name.input.focus();
  };
  const remove = (at) => {
    draft.people.splice(at, 1);
    show(draft.people.length ? Math.min(at, draft.people.length - 1) : undefined);
    page.announce(say("deposit.person_removed"));
  };
  const add = () => {
    draft.people.push({ name: "", orcid: "", ror: [], roles: [] });
    show(draft.people.length - 1);
  };
  const goOn = async () => {
    for (const one of made) {
      const wrong = await one.firstWrong();
      if (wrong === null) continue;
      return wrong.focus();
    }
    if (enteredPeople(draft).length > 0 || isTold) return next();
    isTold = true;
    return nobody.show(notice("caution", null, say("deposit.people_nobody")));
  };
  show();
  return [
    h("p", null, say("deposit.people_lead")),
    h("p", { class: "hint" }, say("deposit.people_consent")),
    list,
    h("p", null, button(say("deposit.person_add"), add)),
    nobody.node,
    h("p", { class: "step-next" }, busyButton(say("deposit.next"), goOn, "main")),
  ];
}

/**
 * Fields of name, ORCID iD and institution, each checked while it is typed.
 * @param {import("../page.js").Page} page
 * @param {import("../core/compose_deposit.js").Person} person is changed as things are entered
 * @param {{isOwn?: boolean}} [wish] whether it is the reader himself: browsers then fill in names
 * @returns {{name: import("../elements/form.js").Field, orcid: import("../elements/form.js").Field,
 *   ror: import("../elements/form.js").Field, nodes: Node[]}}
 */
export function identityFields(page, person, { isOwn = false } = {}) {
  const { say } = page;
  const name = checkedField({
    label: say("deposit.name_label"),
    value: person.name,
    onChange: (text) => (person.name = text.trim().normalize("NFC")),
    check: (text) => lineProblem(page, text, 200),
    more: { autocomplete: isOwn ? "name" : "off" },
  });
  const orcid = checkedField({
    label: say("deposit.orcid_label"),
    optional: say("deposit.optional"),
    hint: say("deposit.orcid_hint"),
    value: person.orcid,
    onChange: (text) => (person.orcid = bareOrcid(text)),
    check: (text) =>
      isSound(() => checkOrcid(bareOrcid(text))) ? null : say("deposit.orcid_wrong"),
    praise: () => say("deposit.orcid_fine"),
    more: { autocomplete: "off", spellcheck: "false", inputmode: "text" },
  });
  const ror = checkedField({
    label: say("deposit.ror_label"),
    optional: say("deposit.optional"),
    hint: say("deposit.ror_hint"),
    value: person.ror[0] ?? "",
    onChange: (text) => (person.ror = text.trim() ? [bareRor(text)] : []),
    check: (text) => (isSound(() => checkRor(bareRor(text))) ? null : say("deposit.ror_wrong")),
    praise: () => say("deposit.ror_fine"),
    more: { autocomplete: "off", spellcheck: "false" },
  });
  return { name, orcid, ror, nodes: [name.node, orcid.node, ror.node] };
}

function personFields(page, person, at, remove) {
  const { say } = page;
  const { name, orcid, ror, nodes } = identityFields(page, person, { isOwn: at === 0 });
  const legend = h("legend", null, say("deposit.person", { number: at + 1 }));
  const drop = button(say("deposit.person_remove", { number: at + 1 }), () => remove(at), "quiet");
  const node = h(
    "fieldset",
    { class: "person" },
    legend,
    nodes,
    rolesOf(page, person),
    h("p", null, drop),
  );
  const firstWrong = async () => {
    const isEmpty = !person.name && !person.orcid && person.ror.length + person.roles.length === 0;
    if (isEmpty) return null; // left out of the record
    if (!person.name) {
      name.blame(say("deposit.name_needed"));
      return name.input;
    }
    for (const one of [name, orcid, ror]) if (!(await one.isFine())) return one.input;
    return null;
  };
  return { node, name, firstWrong };
}

/** The fourteen CRediT roles as boxes to tick, in both languages. */
function rolesOf(page, person) {
  const { say, language } = page;
  const [own, other] = language === "zh" ? ["zh", "en"] : ["en", "zh"];
  const boxes = [...ROLES.values()].map((role) => {
    const box = h("input", {
      type: "checkbox",
      checked: person.roles.includes(role.slug),
      onchange: () => {
        const left = person.roles.filter((slug) => slug !== role.slug);
        person.roles = box.checked ? [...left, role.slug] : left;
      },
    });
    const also = h(
      "span",
      { class: "role-also", lang: language === "zh" ? "en" : "zh-Hans" },
      role[other],
    );
    return h("label", { class: "role" }, box, h("span", null, role[own], " ", also));
  });
  return h(
    "fieldset",
    { class: "roles" },
    h("legend", null, say("deposit.roles")),
    h("p", { class: "hint" }, say("deposit.roles_hint")),
    h("div", { class: "role-list" }, boxes),
  );
}

function isSound(check) {
  try {
    check();
    return true;
  } catch {
    return false;
  }
}

/**
 * The people of a draft whose name was entered, as a record takes them.
 * @param {import("./deposit.js").Draft} draft
 * @returns {import("../core/compose_deposit.js").Person[]}
 */
export function enteredPeople(draft) {
  return draft.people.filter(({ name }) => name).map(trimmed);
}

/**
 * Leave out what was not entered, and put the roles into the taxonomy's order.
 * @param {import("../core/compose_deposit.js").Person} person
 * @returns {import("../core/compose_deposit.js").Person}
 */
export function trimmed({ name, orcid, ror, roles = [] }) {
  return {
    ...(name && { name }),
    ...(orcid && { orcid }),
    ...(ror.length && { ror }),
    ...(roles.length && { roles: [...ROLES.keys()].filter((slug) => roles.includes(slug)) }),
  };
}
