// Completes package-lock.json after `npm install --package-lock-only` (run both by `npm run lock`).
//
// npm drops from the lock the optional packages of platforms that its registry does not serve, and
// `npm ci` then refuses that lock on every machine ("Missing: ... from lock file"). This adds them
// back: version, operating system, processor and C library, guessed from the name. They carry no
// integrity because nobody here has seen their bytes; npm skips a platform that is not its own.
import { readFileSync, writeFileSync } from "node:fs";

const LOCK = new URL("../package-lock.json", import.meta.url);
const SYSTEMS = ["darwin", "linux", "win32", "freebsd"];
const PROCESSORS = { amd64: "x64", x64: "x64", arm64: "arm64", ia32: "ia32" };
const C_LIBRARIES = { gnu: "glibc", musl: "musl" };

function platformOf(name) {
  const os = SYSTEMS.find((system) => name.includes(system));
  const cpu = PROCESSORS[/(amd64|x64|arm64|ia32)/.exec(name)?.[1]];
  const libc = C_LIBRARIES[/-(gnu|musl)$/.exec(name)?.[1]];
  if (!os || !cpu) throw new Error(`cannot guess the platform of ${name}`);
  return { os: [os], cpu: [cpu], ...(libc && { libc: [libc] }) };
}

function missingFrom(packages) {
  const found = {};
  for (const [place, entry] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      const hoisted = `node_modules/${name}`;
      if (packages[hoisted] || packages[`${place}/node_modules/${name}`]) continue;
      if (!/^\d+\.\d+\.\d+/.test(version)) throw new Error(`${name}: ${version} is not exact`);
      const group = entry.dev ? { dev: true } : {};
      found[hoisted] = { version, ...group, ...platformOf(name), optional: true };
    }
  }
  return found;
}

const lock = JSON.parse(readFileSync(LOCK, "utf8"));
const missing = missingFrom(lock.packages);
const all = Object.entries({ ...lock.packages, ...missing });
lock.packages = Object.fromEntries(all.sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(LOCK, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`package-lock.json: ${Object.keys(missing).length} packages of other platforms added`);
