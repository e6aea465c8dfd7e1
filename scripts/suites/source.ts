import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The series of versions whose behaviour the bundled server has. */
const SERIES = /^\d+:7\.0\.\d/;
const KEYRINGS = ['debian', 'ubuntu'].map((name) => `/usr/share/keyrings/${name}-archive-keyring.gpg`);

/**
 * Gets the source of redis 7.0 from the distribution that this machine already uses, checked by apt's
 * signatures, without touching apt's own lists: everything stays in `scratch`.
 * @returns the folder of the source
 * @throws Error when apt is missing or offers another version
 */
export async function fetchSource(scratch: string): Promise<string> {
  const apt = await privateApt(scratch);
  await run('apt-get', [...apt, 'update'], { maxBuffer: 2 ** 24 });
  const { stdout } = await run('apt-cache', [...apt, 'showsrc', 'redis'], { maxBuffer: 2 ** 24 });
  const versions = [...stdout.matchAll(/^Version: (\S+)$/gm)].map((match) => match[1]!);
  const version = versions.find((one) => SERIES.test(one));
  if (version === undefined) {
    const offered = versions.length === 0 ? 'no source of redis' : `redis ${versions.join(', ')}`;
    throw new Error(`the distribution offers ${offered}, not 7.0; give a folder of it with --source`);
  }
  const download = ['source', '--download-only', `redis=${version}`];
  await run('apt-get', [...apt, ...download], { cwd: scratch, maxBuffer: 2 ** 24 });
  const tarball = (await readdir(scratch)).find((name) => /\.orig\.tar\.\w+$/.test(name));
  if (tarball === undefined) throw new Error('the source package has no .orig.tar');
  const folder = path.join(scratch, 'source');
  await mkdir(folder);
  await run('tar', ['-xf', path.join(scratch, tarball), '-C', folder, '--strip-components=1']);
  return folder;
}

/** Options for apt: this machine's own repositories as deb-src, with lists of their own. */
async function privateApt(scratch: string): Promise<string[]> {
  const format = '$(ORIGIN)|$(REPO_URI)|$(RELEASE)|$(COMPONENT)';
  const { stdout } = await run('apt-get', ['indextargets', '--format', format, 'Created-By: Packages']);
  const keys = KEYRINGS.filter((file) => existsSync(file)).join(',');
  const lines = new Set<string>();
  for (const line of stdout.split('\n')) {
    const [origin, uri, release, component] = line.split('|');
    if (origin !== 'Debian' && origin !== 'Ubuntu') continue;
    lines.add(`deb-src ${keys && `[signed-by=${keys}] `}${uri} ${release} ${component}`);
  }
  if (lines.size === 0)
    throw new Error('apt knows no repository of Debian or Ubuntu; run apt-get update first');
  const folder = path.join(scratch, 'apt');
  await mkdir(path.join(folder, 'lists', 'partial'), { recursive: true });
  await mkdir(path.join(folder, 'cache', 'archives', 'partial'), { recursive: true });
  const list = path.join(folder, 'sources.list');
  await writeFile(list, `${[...lines].join('\n')}\n`);
  const options = [
    `Dir::Etc::SourceList=${list}`,
    'Dir::Etc::SourceParts=/dev/null',
    `Dir::State::Lists=${path.join(folder, 'lists')}`,
    `Dir::Cache=${path.join(folder, 'cache')}`,
    // As root apt would change to a user that cannot write here.
    ...(process.getuid?.() === 0 ? ['APT::Sandbox::User=root'] : []),
  ];
  return options.flatMap((option) => ['-o', option]);
}

/**
 * Makes a fetched suite fit to run against a foreign server: it empties the functions before each file, which a
 * server without scripts refuses; and what some tests start from src/ is put there, `cli` as redis-server.
 */
export async function prepareSuite(folder: string, cli: string): Promise<void> {
  const file = path.join(folder, 'tests/support/server.tcl');
  const text = await readFile(file, 'utf8');
  const prepared = text.replace(/^( +)r function flush$/m, '$1catch {r function flush}');
  if (prepared !== text) await writeFile(file, prepared);
  else if (!text.includes('catch {r function flush}')) {
    throw new Error(`${file} is not that of redis 7.0: it does not empty the functions`);
  }
  await mkdir(path.join(folder, 'tests/tmp'), { recursive: true });
  for (const tool of ['redis-cli', 'redis-benchmark']) {
    const place = path.join(folder, 'src', tool);
    if (!existsSync(place) && existsSync(`/usr/bin/${tool}`)) await symlink(`/usr/bin/${tool}`, place);
  }
  await writeFile(path.join(folder, 'src/redis-server'), standIn(path.resolve(cli)), { mode: 0o755 });
}

/** The suite waits for two lines of redis-server's log; everything else is the server's own. */
function standIn(cli: string): string {
  return `#!/bin/bash
echo "stand-in for redis-server, PID: $$"
exec '${process.execPath}' '${cli}' kv "$@" > >(sed -u 's/ready on/Ready to accept connections on/')
`;
}
