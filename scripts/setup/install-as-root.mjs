// Runs as root: `install-as-root.mjs PACKAGE…` installs distribution packages and starts none of their daemons.
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { interruptedCode, run, say } from './run.mjs';

const POLICY = '/usr/sbin/policy-rc.d';
const MARK = '# made by the set-up of perfcase';
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

  const before = startedAtBoot();
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
    await keepFromBoot(before);
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

/** What starts at boot: the links of systemd units and of init scripts. */
function startedAtBoot() {
  const links = [];
  for (const folder of readdirSync('/etc').filter((name) => /^rc\d\.d$/.test(name))) {
    links.push(...readdirSync(`/etc/${folder}`).filter((name) => name.startsWith('S')));
  }
  const units = '/etc/systemd/system';
  const wants = existsSync(units) ? readdirSync(units).filter((name) => name.endsWith('.wants')) : [];
  for (const folder of wants) links.push(...readdirSync(`${units}/${folder}`));
  return new Set(links);
}

/**
 * Nor shall they start at the next boot: what was not started before this installation, nobody relies on.
 * Without systemctl there is no systemd that would read its links.
 */
async function keepFromBoot(before) {
  const now = existsSync('/run/systemd/system') ? ['--now'] : [];
  for (const name of startedAtBoot()) {
    if (before.has(name)) continue;
    const script = /^S\d\d(.+)$/.exec(name)?.[1];
    const command =
      script === undefined ? ['systemctl', 'disable', ...now, name] : ['update-rc.d', script, 'disable'];
    await run(command, { env: ENV });
  }
}

function lastError(output) {
  const lines = output.trim().split('\n');
  return (lines.find((line) => line.startsWith('E: ')) ?? lines.at(-1) ?? '').replace(/^E: /, '');
}

process.exitCode = await main(process.argv.slice(2));
