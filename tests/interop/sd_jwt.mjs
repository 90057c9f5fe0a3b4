// Issues and verifies SD-JWTs with the npm package @sd-jwt/core, for tests/interop/test_sd_jwt.py.
//
// Standard input: a JSON array of jobs; standard output: an array of {result} or {error}.
//   {"do": "verify", "sd_jwt", "jwk"}                     -> {claims, header}
//   {"do": "issue", "claims", "frame", "header", "jwk"}   -> compact SD-JWT
//   {"do": "present", "sd_jwt", "frame", "jwk"}           -> compact SD-JWT with fewer disclosures
import { createHash, createPrivateKey, createPublicKey, randomBytes, sign, verify } from "node:crypto";
import { text } from "node:stream/consumers";
import { SDJwtInstance } from "@sd-jwt/core";

const ES256 = { dsaEncoding: "ieee-p1363" };

function options(jwk) {
  return jwk.kty === "EC" ? { digest: "sha256", extra: ES256 } : { digest: null, extra: {} };
}

function signer(jwk) {
  const { digest, extra } = options(jwk);
  const key = createPrivateKey({ key: jwk, format: "jwk" });
  return (data) => sign(digest, Buffer.from(data), { key, ...extra }).toString("base64url");
}

function verifier(jwk) {
  const { digest, extra } = options(jwk);
  const key = createPublicKey({ key: jwk, format: "jwk" });
  return (data, signature) =>
    verify(digest, Buffer.from(data), { key, ...extra }, Buffer.from(signature, "base64url"));
}

function instance(jwk) {
  return new SDJwtInstance({
    signAlg: jwk.kty === "EC" ? "ES256" : "Ed25519",
    signer: jwk.d === undefined ? undefined : signer(jwk),
    verifier: verifier(jwk),
    hashAlg: "sha-256",
    hasher: (data, algorithm) =>
      createHash(algorithm.replace("-", "")).update(Buffer.from(data)).digest(),
    saltGenerator: (length) => randomBytes(length).toString("base64url"),
  });
}

const JOBS = {
  async verify({ sd_jwt: compact, jwk }) {
    const { payload, header } = await instance(jwk).verify(compact);
    return { claims: payload, header };
  },
  issue: ({ claims, frame, header, jwk }) => instance(jwk).issue(claims, frame, { header }),
  present: ({ sd_jwt: compact, frame, jwk }) => instance(jwk).present(compact, frame),
};

const answers = [];
for (const job of JSON.parse(await text(process.stdin))) {
  try {
    answers.push({ result: await JOBS[job.do](job) });
  } catch (error) {
    answers.push({ error: String(error) });
  }
}
process.stdout.write(JSON.stringify(answers));
