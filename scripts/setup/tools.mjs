// The distribution's tools: which are missing, and how they get here.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { interruptedCode, run, say } from './run.mjs';

/**
 * @param {'demo' | 'test'} wanted
 * @returns {{name: string, package: string, without: string}[]} rows of the table that `perfcase check` uses too
 */
export function missingTools(wanted) {
  const table = JSON.parse(readFileSync(new URL('../../src/cli/check/tools.json', import.meta.url), 'utf8'));
  return table.filter((tool) => {
    const needed = tool.setup === 'demo' || (wanted === 'test' && tool.setup === 'test');
    return needed && !isHere(tool.name);
  });
}

/** Installs them if that is possible here; says what is done, or what cannot be done and what that costs. */
export async function installTools(missing, wanted) {
  const packages = [...new Set(missing.map((tool) => tool.package))];
  const names = missing.map((tool) => tool.name).join(', ');
  if (!onPath('apt-get')) {
    say(`missing: ${names}. This distribution has no apt-get: install them with its own package manager.`);
    return tellLoss(missing, wanted);
  }
  const asRoot = await rootPrefix(packages);
  if (asRoot === undefined) {
    say(`missing: ${names}. Not root, and no sudo without a password here. Install them with:`);
    say(`  sudo apt-get install -y ${packages.join(' ')}`);
    return tellLoss(missing, wanted);
  }
  say(`installing ${packages.join(', ')} with apt-get (for ${names}) …`);
  const helper = fileURLToPath(new URL('./install-as-root.mjs', import.meta.url));
  await run([...asRoot, process.execPath, helper, ...packages], { inherit: true, stdin: asRoot.length > 0 });
  if (interruptedCode() !== undefined) return;
  const left = missing.filter((tool) => !isHere(tool.name));
  if (left.length > 0) {
    say(`still missing: ${left.map((tool) => tool.name).join(', ')}.`);
    tellLoss(left, wanted);
  }
}

/** How a command becomes root's: [] for root, sudo where it works, undefined where it does not. */
async function rootPrefix(packages) {
  if (process.geteuid() === 0) return [];
  if (!onPath('sudo')) return undefined;
  if ((await run(['sudo', '-n', 'true'])).code === 0) return ['sudo', '-n'];
  if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined;
  const question = `password for %u, to install ${packages.join(', ')} (an empty one: go on without): `;
  const granted = await run(['sudo', '-p', question, '-v'], { inherit: true, stdin: true });
  return granted.code === 0 ? ['sudo'] : undefined;
}

function tellLoss(missing, wanted) {
  const losses = new Map();
  for (const { name, without } of missing) losses.set(without, [...(losses.get(without) ?? []), name]);
  for (const [without, names] of losses) say(`  without ${names.join(', ')}: ${without}`);
  if (process.geteuid() !== 0) say('  without root: no slow disk and no network namespaces');
  if (wanted === 'test') say('  tests that need them are skipped and say so (with CI set they fail)');
}

/** A program by its name, or a module of Python as "python:redis". */
function isHere(name) {
  if (!name.startsWith('python:')) return onPath(name);
  const script = `import importlib.util as u; raise SystemExit(u.find_spec("${name.slice('python:'.length)}") is None)`;
  // The distribution's own Python has the distribution's modules; another one may come first on PATH.
  const python = existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3';
  return spawnSync(python, ['-c', script], { stdio: 'ignore', timeout: 10_000 }).status === 0;
}

/** Programs of administrators live in sbin, which is not on every user's PATH. */
function onPath(program) {
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin'];
  return folders.some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
