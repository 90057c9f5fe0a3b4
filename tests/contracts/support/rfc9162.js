// RFC 9162 section 2.1 as it is written there: recursive, and slow on purpose. The oracle of the
// node tests; it imports nothing that it judges. Tree sizes may be as large as 2^53.
import { createHash } from "node:crypto";

const sha256 = (...parts) => createHash("sha256").update(Buffer.concat(parts)).digest();

export const leafHash = (entry) => sha256(Buffer.from([0]), entry);
export const nodeHash = (left, right) => sha256(Buffer.from([1]), left, right);

/** The largest power of two below `size`. */
function split(size) {
  let k = 1;
  while (2 * k < size) k *= 2;
  return k;
}

/** A tree over entries that are their own index as text. */
export class NaiveTree {
  leaf(index) {
    return leafHash(Buffer.from(`entry ${index}`));
  }

  /** MTH(D[start:end]), section 2.1.1. */
  root(end, start = 0) {
    if (end - start === 1) return this.leaf(start);
    const middle = start + split(end - start);
    return nodeHash(this.root(middle, start), this.root(end, middle));
  }

  /** PATH(index, D[start:end]), section 2.1.3.1. */
  inclusion(index, end, start = 0) {
    if (end - start === 1) return [];
    const middle = start + split(end - start);
    return index < middle
      ? [...this.inclusion(index, middle, start), this.root(end, middle)]
      : [...this.inclusion(index, end, middle), this.root(middle, start)];
  }

  /** PROOF(size, D[end]) as SUBPROOF(size, D[start:end], whole), section 2.1.4.1. */
  consistency(size, end, start = 0, whole = true) {
    if (size === end) return whole ? [] : [this.root(end, start)];
    const middle = start + split(end - start);
    return size <= middle
      ? [...this.consistency(size, middle, start, whole), this.root(end, middle)]
      : [...this.consistency(size, end, middle, false), this.root(middle, start)];
  }
}

/** A tree of any size in no time: all entries are alike, so equally large subtrees are equal. */
export class UniformTree extends NaiveTree {
  #roots = new Map();

  leaf() {
    return leafHash(Buffer.from("alike"));
  }

  root(end, start = 0) {
    const size = end - start;
    if (!this.#roots.has(size)) this.#roots.set(size, super.root(size));
    return this.#roots.get(size);
  }
}
