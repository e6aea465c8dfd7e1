// Runs as root: `install-as-root.mjs PACKAGE…` installs distribution packages and starts none of their daemons.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { interruptedCode, run, say } from './run.mjs';

const POLICY = '/usr/sbin/policy-rc.d';
const MARK = '# made by the set-up of perfcase';
/** The packages among ours that bring services, sockets or timers. */
const DAEMONS = ['redis-server', 'podman', 'sysstat'];
const LOCK_SECONDS = 120;
const ENV = { DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' };
const APT = ['apt-get', '-y', '-q', '-o', `DPkg::Lock::Timeout=${LOCK_SECONDS}`, '-o', 'Acquire::Retries=3'];

async function main(wanted) {
  const update = await aptUpdate();
  if (interruptedCode() !== undefined) return interruptedCode();
  if (update.code !== 0)
    say(`apt-get update failed (${lastError(update.output)}); trying the known packages.`);
  const packages = [];
  const unknown = [];
  for (const name of wanted) ((await hasCandidate(name)) ? packages : unknown).push(name);
  if (unknown.length > 0) say(`this release has no package ${unknown.join(', ')}.`);
  if (packages.length === 0) return 1;

  const fresh = await notInstalled(packages.filter((name) => DAEMONS.includes(name)));
  let held = false;
  try {
    held = holdDaemons();
    const { code, output } = await run([...APT, '--no-install-recommends', 'install', ...packages], {
      env: ENV,
    });
    if (interruptedCode() !== undefined) return interruptedCode();
    if (code !== 0) {
      say(`apt-get install failed (${lastError(output)}).`);
      return 1;
    }
    await disableUnits(fresh);
    return 0;
  } catch (error) {
    say(`the installation failed (${error.message}).`);
    return 1;
  } finally {
    if (held) rmSync(POLICY, { force: true });
  }
}

/** Another apt may be refreshing the lists; their lock has no waiting of its own. */
async function aptUpdate() {
  const until = Date.now() + LOCK_SECONDS * 1000;
  for (;;) {
    const result = await run([...APT, 'update'], { env: ENV });
    if (result.code === 0 || !/could not get lock/i.test(result.output) || Date.now() > until) return result;
    await sleep(3000);
  }
}

async function hasCandidate(name) {
  const { output } = await run(['apt-cache', 'policy', name], { env: ENV });
  return /^\s+Candidate: (?!\(none\))/m.test(output);
}

/**
 * Packages of servers start them at once. The distribution's own way to prevent that is a policy file; ours allows
 * everything again, and removes itself, as soon as this process is gone, so that even SIGKILL leaves no trace behind.
 * @returns whether the file is ours to remove
 */
function holdDaemons() {
  if (existsSync(POLICY) && !readFileSync(POLICY, 'utf8').includes(MARK)) return false;
  const started = readFileSync('/proc/self/stat', 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')[19];
  const script = `#!/bin/sh
${MARK}: packages being installed shall not start their daemons
set -- $(sed 's/^.*) //' /proc/${process.pid}/stat 2>/dev/null)
[ "\${20}" = ${started} ] && exit 101
rm -f "$0"
exit 0
`;
  writeFileSync(POLICY, script, { mode: 0o755 });
  return true;
}

async function notInstalled(packages) {
  const fresh = [];
  for (const name of packages) {
    const { output } = await run(['dpkg-query', '--status', name], { env: ENV });
    if (!/^Status: .* installed$/m.test(output)) fresh.push(name);
  }
  return fresh;
}

/** Nor shall they start at the next boot: these packages were not here before, so nobody relies on their units. */
async function disableUnits(packages) {
  if (packages.length === 0) return;
  const { output } = await run(['dpkg', '-L', ...packages]);
  const units = [...output.matchAll(/\/systemd\/system\/([^/@\n]+\.(?:service|socket|timer))$/gm)].map(
    (m) => m[1],
  );
  if (units.length === 0) return;
  const now = existsSync('/run/systemd/system') ? ['--now'] : [];
  await run(['systemctl', 'disable', ...now, ...new Set(units)], { env: ENV });
}

function lastError(output) {
  const lines = output.trim().split('\n');
  return (lines.findLast((line) => line.startsWith('E: ')) ?? lines.at(-1) ?? '').replace(/^E: /, '');
}

process.exitCode = await main(process.argv.slice(2));
