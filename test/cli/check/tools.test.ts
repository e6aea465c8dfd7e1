import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findTool, readVersion, TOOLS, type Tool } from '../../../src/cli/check/tools.ts';

describe('readVersion', () => {
  it.each([
    ['top from procps-ng 4.0.2', '4.0.2'],
    ['sysstat version 12.6.1\n(C) Sebastien Godard', '12.6.1'],
    ['strace -- version 6.1\nCopyright (c) 1991-2022', '6.1'],
    ['lsof version information:\n    revision: 4.95.0', '4.95.0'],
    ['ip utility, iproute2-6.1.0, libbpf 1.1.2', '6.1.0'],
    ['Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0', '7.0.15'],
    ['Docker version 24.0.5, build ced0996', '24.0.5'],
    ['bpftrace v0.17.0', '0.17.0'],
    ['mke2fs 1.47.0 (5-Feb-2023)', '1.47.0'],
    ['timeout (GNU coreutils) 9.1', '9.1'],
    ['WARNING: perf not found for kernel', undefined],
  ])('%s', (text, version) => expect(readVersion(text)).toBe(version));
});

describe('findTool', () => {
  let folder: string;
  const signal = new AbortController().signal;
  const tool: Tool = { name: 'pc-tool', package: 'x', group: 'lab', version: [['-V'], ['-v']], without: '' };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'pctest-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const install = (script: string, mode = 0o755) => {
    writeFileSync(join(folder, 'pc-tool'), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, 'pc-tool'), mode);
  };

  it('asks again where the first way of asking is not known', async () => {
    install('[ "$1" = -v ] && echo "pc-tool 3.3.17" || { echo "unknown option" >&2; exit 1; }');
    const found = await findTool(tool, folder, signal);
    expect(found).toEqual({ tool, status: 'found', path: join(folder, 'pc-tool'), version: '3.3.17' });
  });

  it('takes a version from standard error, whatever the exit code', async () => {
    install('echo "revision: 4.95.0" >&2; exit 1');
    expect(await findTool(tool, folder, signal)).toMatchObject({ status: 'found', version: '4.95.0' });
  });

  it('tells a program that does not run from one that is missing', async () => {
    install('echo "no perf for this kernel" >&2; exit 2');
    const broken = await findTool(tool, folder, signal);
    expect(broken).toMatchObject({
      status: 'unusable',
      reason: expect.stringContaining('no perf for this kernel'),
    });
    install('exit 0', 0o644);
    expect(await findTool(tool, folder, signal)).toEqual({ tool, status: 'missing' });
    expect(await findTool(tool, '', signal)).toEqual({ tool, status: 'missing' });
  });

  it('does not mind a tool that tells no version', async () => {
    install('exit 0');
    expect(await findTool(tool, folder, signal)).toMatchObject({ status: 'found' });
  });
});

it('the table names every tool once, each with what is lost without it', () => {
  expect(new Set(TOOLS.map(({ name }) => name)).size).toBe(TOOLS.length);
  for (const { name, without, version } of TOOLS)
    expect([name, without !== '', version.length > 0]).toEqual([name, true, true]);
});
