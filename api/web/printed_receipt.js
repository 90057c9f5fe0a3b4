/**
 * The receipt within its printed form: the PDF of a receipt carries receipt.json as an attachment.
 */

const ATTACHED =
  /\/Length (\d{1,8})\/Type\/EmbeddedFile\/Filter\/FlateDecode[^\n]*>>\s*stream\r?\n/;

/**
 * @param {Uint8Array} head the first bytes of a file
 * @returns {boolean} whether it is a PDF of any kind
 */
export function isPdf(head) {
  return new TextDecoder().decode(head.subarray(0, 5)) === "%PDF-";
}

/**
 * Take the attached receipt out of a PDF.
 * @param {Uint8Array} octets
 * @returns {Promise<Uint8Array | "unreadable" | null>} null for the PDF of anything else
 */
export async function receiptInPdf(octets) {
  const text = new TextDecoder("latin1").decode(octets); // one character a byte
  if (!text.includes("/EmbeddedFiles<</Names[(receipt.json)")) return null;
  const found = ATTACHED.exec(text);
  if (found === null) return "unreadable";
  const start = found.index + found[0].length;
  const packed = octets.subarray(start, start + Number(found[1]));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  try {
    return new Uint8Array(await new Response(stream).arrayBuffer());
  } catch {
    return "unreadable";
  }
}
