// The npm packages: is node_modules what package-lock.json says, and if not, make it so.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, say } from './run.mjs';

/**
 * @param {string} root the project's folder
 * @returns {string | undefined} why `npm ci` has to run; undefined when it does not
 */
export function npmPackagesOutdated(root) {
  let wanted;
  try {
    wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  } catch {
    return undefined; // an installed package brings no lock file, and its packages came with it
  }
  let installed;
  try {
    // npm writes down what it has installed in the lock file's own form.
    installed = JSON.parse(readFileSync(join(root, 'node_modules/.package-lock.json'), 'utf8')).packages;
  } catch {
    return 'node_modules is missing';
  }
  for (const [path, { version, optional }] of Object.entries(wanted)) {
    if (path === '') continue;
    const name = path.replace(/^.*node_modules\//, '');
    // Optional packages are for other platforms, mostly.
    if (installed[path] === undefined && !optional) return `${name} is missing`;
    if (installed[path] !== undefined && installed[path].version !== version) {
      return `${name} is ${installed[path].version}, the lock file wants ${version}`;
    }
  }
  return undefined;
}

/** @returns {Promise<boolean>} whether the packages are there now */
export async function installNpmPackages(root, why) {
  say(`npm ci (${why}) …`);
  // Under `npm run` this is npm's own file, which also works where `npm` is not on PATH.
  const npm = process.env.npm_execpath?.endsWith('.js')
    ? [process.execPath, process.env.npm_execpath]
    : ['npm'];
  const { code, output } = await run([...npm, 'ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
  });
  if (code === 0) return true;
  const said = output
    .trim()
    .split('\n')
    .filter((line) => !line.includes('A complete log of this run'));
  say(
    code === 127
      ? 'npm is not installed.'
      : `npm ci failed (exit code ${code}):\n${said.slice(-12).join('\n')}`,
  );
  return false;
}
