// Makes a fresh machine ready: `node scripts/setup.mjs [--for demo|test]`.
// It runs before `npm ci`, so it uses nothing but Node. Everything is said on stderr; a machine that has it all gets
// one line. Missing privileges or packages are told and do not stop the demo or the tests: those say what they skip.
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installNpmPackages, npmPackagesOutdated } from './setup/npm.mjs';
import { interruptedCode, say } from './setup/run.mjs';
import { installTools, missingTools } from './setup/tools.mjs';

const NODE_NEEDED = [20, 19];

async function main(argv) {
  const purpose = argv[argv.indexOf('--for') + 1];
  const wanted = argv.includes('--for') ? purpose : 'test';
  if (wanted !== 'demo' && wanted !== 'test') {
    say(`"${wanted ?? ''}" is neither demo nor test.`);
    return 2;
  }
  if (process.platform !== 'linux') {
    say(`perfcase runs on Linux; this is ${process.platform}.`);
    return 1;
  }
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < NODE_NEEDED[0] || (major === NODE_NEEDED[0] && minor < NODE_NEEDED[1])) {
    say(`perfcase needs Node ${NODE_NEEDED.join('.')} or newer; this is ${process.versions.node}.`);
    return 1;
  }
  const root = dirname(dirname(fileURLToPath(import.meta.url)));
  const why = npmPackagesOutdated(root);
  if (why !== undefined && !(await installNpmPackages(root, why))) return interruptedCode() ?? 1;
  const missing = missingTools(wanted);
  if (missing.length > 0) await installTools(missing, wanted);
  else if (why === undefined) say(ready(wanted));
  return interruptedCode() ?? 0;
}

function ready(wanted) {
  const all = 'npm packages and tools are all here';
  if (process.geteuid() === 0) return `${all}.`;
  return wanted === 'demo'
    ? `${all}; without root the scenario runs on the machine's own disk.`
    : `${all}; tests that need root (slow disk, network namespaces) will be skipped.`;
}

process.exitCode = await main(process.argv.slice(2));
