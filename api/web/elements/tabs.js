/**
 * Tabs (WAI-ARIA): arrows move between them, one panel is shown.
 */

import { freshId, h } from "./dom.js";

/**
 * @param {string} label what the tabs choose between
 * @param {{title: string, panel: Node}[]} parts
 * @param {number} [chosen] place of the one shown at first
 * @param {(place: number) => void} [onChoose]
 * @returns {HTMLElement}
 */
export function tabs(label, parts, chosen = 0, onChoose = undefined) {
  const ids = parts.map(() => freshId("tab"));
  const buttons = parts.map(({ title }, place) =>
    h(
      "button",
      { type: "button", role: "tab", id: ids[place], "aria-controls": `${ids[place]}-panel` },
      title,
    ),
  );
  const panels = parts.map(({ panel }, place) =>
    h("div", { role: "tabpanel", id: `${ids[place]}-panel`, "aria-labelledby": ids[place] }, panel),
  );
  const choose = (place, moveFocus) => {
    for (const [at, button] of buttons.entries()) {
      button.setAttribute("aria-selected", String(at === place));
      button.tabIndex = at === place ? 0 : -1;
      panels[at].hidden = at !== place;
    }
    if (moveFocus) buttons[place].focus();
  };
  for (const [place, button] of buttons.entries()) {
    const pick = (next) => {
      choose(next, true);
      onChoose?.(next);
    };
    button.addEventListener("click", () => pick(place));
    button.addEventListener("keydown", (event) => {
      const next = placeAfter(event.key, place, parts.length);
      if (next === null) return;
      event.preventDefault();
      pick(next);
    });
  }
  choose(chosen, false);
  return h(
    "div",
    { class: "tabs" },
    h("div", { role: "tablist", "aria-label": label }, buttons),
    panels,
  );
}

function placeAfter(key, place, count) {
  switch (key) {
    case "ArrowRight":
      return (place + 1) % count;
    case "ArrowLeft":
      return (place + count - 1) % count;
    case "Home":
      return 0;
    case "End":
      return count - 1;
    default:
      return null;
  }
}
