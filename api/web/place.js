/**
 * Where the files of the page are: below a path of their own for each release, so that a browser
 * may keep them and never mixes those of two releases. It stands in the shell.
 */

const START = "page.js";

/**
 * @param {string} name path below `web/`
 * @returns {string} path on this server
 */
export function fileAt(name) {
  const start = document.querySelector(`script[src$="/${START}"]`).getAttribute("src");
  return start.slice(0, -START.length) + name;
}
