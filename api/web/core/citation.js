/**
 * How a deposit is cited: as a line of text, and for reference managers. Pure.
 *
 * People who objected are not named; those who have not answered are, as the depositor claims.
 */

/**
 * @typedef {object} Cited
 * @property {string} title
 * @property {string[]} people names, in the order in which the log first names them
 * @property {number} unix when: the proved time, else the signer's own clock
 * @property {string | null} version
 * @property {string | null} doi
 * @property {string} id record id
 * @property {string} origin of the log
 * @property {string} address of the record's page
 */

/**
 * @param {import("./case.js").Entry} entry
 * @param {import("./attribution.js").Person[]} people
 * @param {{origin: string, address: string, untitled: string}} about
 * @returns {Cited}
 */
export function citedOf(entry, people, { origin, address, untitled }) {
  const { payload, iat } = entry.record;
  const doi = (payload.identifiers ?? []).find((one) => one.type === "doi");
  return {
    title: payload.title ?? untitled,
    people: people.filter((one) => one.isCredited && one.name !== null).map((one) => one.name),
    unix: entry.notAfter?.time_unix ?? iat,
    version: payload.version ?? null,
    doi: doi?.value ?? null,
    id: entry.id,
    origin,
    address,
  };
}

/**
 * Write one line, as a list of references has it.
 *
 * @param {Cited} cited
 * @param {"en" | "zh"} language
 * @returns {string}
 */
export function citationText(cited, language) {
  const { people, title, version, origin, address } = cited;
  const where = cited.doi === null ? address : `https://doi.org/${cited.doi}`;
  if (language === "zh") {
    // GB/T 7714: [DS/OL] is a dataset on the net
    const names = people.length > 0 ? `${people.join("，")}. ` : "";
    const edition = version === null ? "" : `：${version} 版`;
    return `${names}${title}${edition}[DS/OL]. ${origin}, ${yearOf(cited)}. ${where}.`;
  }
  const names = people.length > 0 ? `${people.join("; ")} ` : "";
  const edition = version === null ? "" : ` (version ${version})`;
  return `${names}(${yearOf(cited)}). ${title}${edition} [Data set]. ${origin}. ${where}`;
}

/**
 * Write an entry of BibTeX.
 *
 * @param {Cited} cited
 * @returns {string}
 */
export function bibtex(cited) {
  const fields = {
    title: cited.title,
    author: cited.people.map((name) => `{${escaped(name)}}`).join(" and "),
    year: yearOf(cited),
    version: cited.version,
    publisher: cited.origin,
    doi: cited.doi,
    url: cited.address,
    note: `Provenance record ${cited.id}`,
  };
  const lines = Object.entries(fields)
    .filter(([, value]) => value !== null && value !== "")
    .map(([name, value]) => `  ${name} = {${name === "author" ? value : escaped(String(value))}}`);
  return `@misc{provenance-${cited.id.slice(0, 12)},\n${lines.join(",\n")}\n}\n`;
}

/**
 * Write a record of RIS, which most reference managers read.
 *
 * @param {Cited} cited
 * @returns {string}
 */
export function ris(cited) {
  const rows = [
    ["TY", "DATA"],
    ["TI", cited.title],
    ...cited.people.map((name) => ["AU", name]),
    ["PY", yearOf(cited)],
    ["ET", cited.version],
    ["PB", cited.origin],
    ["DO", cited.doi],
    ["UR", cited.address],
    ["ID", cited.id],
    ["ER", ""],
  ];
  const told = rows.filter(([, value]) => value !== null);
  return told.map(([tag, value]) => `${tag}  - ${oneLine(value)}\r\n`).join("");
}

function yearOf({ unix }) {
  return String(new Date(unix * 1000).getUTCFullYear());
}

function oneLine(text) {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ");
}

const BIBTEX = { "\\": "\\textbackslash{}", "~": "\\textasciitilde{}", "^": "\\textasciicircum{}" };

function escaped(text) {
  return oneLine(text)
    .replace(/[\\~^]|[{}$%&#_]/g, (one) => BIBTEX[one] ?? `\\${one}`)
    .normalize("NFC");
}
