/** By what two descriptions are of one person; mirrors `matched_by` of provenance/authority.py. */

/**
 * Tell by what two descriptions are of one person.
 *
 * Two ORCID iDs decide; only where one is missing the exact name does, which is weaker.
 *
 * @param {string | null} name
 * @param {string | null} orcid
 * @param {string | null} otherName
 * @param {string | null} otherOrcid
 * @returns {"orcid" | "name" | null}
 */
export function matchedBy(name, orcid, otherName, otherOrcid) {
  if (orcid !== null && otherOrcid !== null) {
    return orcid === otherOrcid ? "orcid" : null;
  }
  return name !== null && name === otherName ? "name" : null;
}
