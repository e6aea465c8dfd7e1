import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { execa, type Options } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { describeNeeds, itNeeds } from '../support/requirements.ts';

const CLI = join(import.meta.dirname, '../../dist/perfcase.js');

async function probe(args: readonly string[], options: Options = {}) {
  const result = await execa(process.execPath, [CLI, 'probe', ...args], {
    reject: false,
    timeout: 60_000,
    ...options,
  });
  return { exitCode: result.exitCode, stdout: String(result.stdout), stderr: String(result.stderr) };
}

interface Item {
  readonly kind: string;
  readonly [field: string]: unknown;
}

async function items([name, ...args]: readonly string[], options: Options = {}): Promise<Item[]> {
  const { stdout, stderr, exitCode } = await probe([name!, '--format', 'json', ...args], options);
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  return JSON.parse(stdout).items;
}

describeNeeds(['dist', 'top', 'iostat', 'pidstat', 'lsof'], 'live tools', () => {
  it('top: each CPU in two frames, and this process', async () => {
    const found = await items(['top', '--pid', String(process.pid), '--duration', '300ms']);
    const cpus = found.filter((item) => item.kind === 'cpu');
    expect(new Set(cpus.map((item) => item.frame))).toEqual(new Set([0, 1]));
    expect(new Set(cpus.map((item) => item.cpu))).toContain('0');
    expect(found).toContainEqual(expect.objectContaining({ kind: 'process', pid: process.pid, frame: 1 }));
  });

  it('iostat: a report a second', async () => {
    const found = await items(['iostat', '--duration', '2s']);
    expect(new Set(found.map((item) => item.frame))).toEqual(new Set([0, 1]));
    for (const disk of found) expect(disk).toMatchObject({ kind: 'disk', utilPercent: expect.any(Number) });
  });

  it('pidstat: disk, CPU and switches of a process', async () => {
    const found = await items(['pidstat', '--pid', String(process.pid), '--duration', '1s']);
    for (const kind of ['process-io', 'process-cpu', 'process-switches']) {
      expect(found).toContainEqual(expect.objectContaining({ kind, pid: process.pid, frame: 0 }));
    }
  });

  it('lsof: the files of a process', async () => {
    const found = await items(['lsof', '--pid', String(process.pid)]);
    expect(found).toContainEqual(
      expect.objectContaining({ kind: 'descriptor', pid: process.pid, fd: 'cwd' }),
    );
  });

  it("a tool's own arguments are passed on, without a shell", async () => {
    const { exitCode, stderr } = await probe(['lsof', '--', '-p', String(process.pid), '; touch /nowhere']);
    expect(exitCode).toBe(4);
    expect(stderr).toContain('lsof');
  });

  it('proc: the machine and a process', async () => {
    const found = await items(['proc', '--pid', String(process.pid)]);
    expect(found).toContainEqual(
      expect.objectContaining({ kind: 'proc-status', pid: process.pid, tracerPid: 0 }),
    );
    expect(found).toContainEqual(expect.objectContaining({ kind: 'cpu-ticks', cpu: 'all' }));
  });

  it('saved output comes through standard input', async () => {
    const path = join(import.meta.dirname, '../fixtures/lsof/ubuntu1804-case--p-pasted.out');
    const found = await items(['lsof', '--input', '-'], { input: readFileSync(path, 'utf8') });
    expect(found).toContainEqual(expect.objectContaining({ fd: 7, name: '/data/appendonly.aof' }));
  });

  it('a reader that goes away is no failure', async () => {
    const { stderr } = await execa('sh', [
      '-c',
      `"$0" "$1" probe lsof --pid ${process.pid} | head -n 1`,
      process.execPath,
      CLI,
    ]);
    expect(stderr).toBe('');
  });
});

describeNeeds(['dist'], 'what cannot be captured', () => {
  it('a tool that is missing ends inconclusive, with the package that brings it', async () => {
    const { exitCode, stdout, stderr } = await probe(['iostat'], { env: { PATH: '/nowhere' } });
    expect({ exitCode, stdout }).toEqual({ exitCode: 4, stdout: '' });
    expect(stderr).toBe('perfcase: iostat is not installed; apt-get install sysstat brings it.');
  });

  it('no engine, no containers', async () => {
    for (const engine of ['docker', 'podman']) {
      const { exitCode, stderr } = await probe([engine], { env: { PATH: '/nowhere' } });
      expect({ exitCode, stderr }).toMatchObject({
        exitCode: 4,
        stderr: expect.stringContaining(`${engine} is not installed`),
      });
    }
  });

  itNeeds(['root', 'strace', 'setpriv'], 'a tool that is not permitted ends inconclusive', async () => {
    // A user of no name may not trace a process of root.
    const args = [
      '--reuid=65534',
      '--regid=65534',
      '--clear-groups',
      process.execPath,
      CLI,
      'probe',
      'strace',
      '--pid',
      '1',
    ];
    const { exitCode, stderr } = await execa('setpriv', args, { reject: false, timeout: 30_000 });
    expect(exitCode).toBe(4);
    expect(stderr).toMatch(/strace was not permitted|it needs root/);
  });

  itNeeds(['iostat'], 'Ctrl-C ends the tool', async () => {
    const child = spawn(process.execPath, [CLI, 'probe', 'iostat', '--duration', '60s'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stderr = '';
    child.stderr.on('data', (bytes: Buffer) => {
      stderr += bytes.toString();
    });
    await expect.poll(() => childrenOf(child.pid!).length, { timeout: 10_000 }).toBe(1);
    const [tool] = childrenOf(child.pid!);
    child.kill('SIGINT');
    const exitCode = await new Promise((done) => child.on('close', done));
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining('interrupted'),
    });
    await expect.poll(() => isRunning(tool!)).toBe(false);
  });

  it('Ctrl-C ends waiting for standard input', async () => {
    const child = spawn(process.execPath, [CLI, 'probe', 'top', '--input', '-'], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    const ended = new Promise((done) => child.on('close', done));
    // Until it has put its signal handlers in place the signal ends it like any program.
    child.stdin.write('top - \n');
    await new Promise((done) => child.stdin.write(Buffer.alloc(1024 * 1024), done));
    child.kill('SIGINT');
    expect(await ended).toBe(4);
  });
});

describeNeeds(['dist', 'strace', 'ptrace'], 'strace', () => {
  it('watches a process for the window and lets it go', async () => {
    const target = spawn('sleep', ['30']);
    try {
      const found = await items(['strace', '--', '-f', '-T', 'true']);
      expect(found).toContainEqual(expect.objectContaining({ kind: 'syscall', name: 'execve' }));
      const { exitCode } = await probe(['strace', '--pid', String(target.pid), '--duration', '500ms']);
      expect(exitCode).toBe(0);
      expect(readFileSync(`/proc/${target.pid}/status`, 'utf8')).toMatch(/^TracerPid:\t0$/m);
    } finally {
      target.kill();
    }
  });
});

describeNeeds(
  ['dist', 'root', 'netns', 'ip', 'redis-server', 'redis-cli', 'lsof'],
  'a server in a namespace of its own',
  () => {
    const netns = `pcp${randomBytes(3).toString('hex')}`;
    const password = randomBytes(8).toString('hex');
    let folder: string;
    let server: ChildProcess;
    let port: number;
    let pid: string;

    const inside = (...words: string[]) =>
      execa('ip', ['netns', 'exec', netns, ...words], { env: { REDISCLI_AUTH: password } });

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'perfcase-e2e-'));
      port = await freePort();
      await execa('ip', ['netns', 'add', netns]);
      await execa('ip', ['-n', netns, 'link', 'set', 'lo', 'up']);
      const options = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', ''];
      const files = [
        '--unixsocket',
        join(folder, 'redis.sock'),
        '--appendonly',
        'yes',
        '--appendfsync',
        'always',
      ];
      server = spawn(
        'ip',
        ['netns', 'exec', netns, 'redis-server', ...options, ...files, '--requirepass', password],
        {
          stdio: 'ignore',
        },
      );
      // `ip netns exec` becomes the server, so their pid is one.
      pid = String(server.pid);
      await until(async () => (await inside('redis-cli', '-p', String(port), 'PING')).stdout === 'PONG');
      await inside(
        'redis-cli',
        '-p',
        String(port),
        'ACL',
        'SETUSER',
        'watcher',
        'on',
        `>${password}`,
        '+ping',
        '+info',
      );
    });

    afterAll(async () => {
      server?.kill('SIGKILL');
      await execa('ip', ['netns', 'del', netns], { reject: false });
      rmSync(folder, { recursive: true, force: true });
    });

    it('tells its configuration, asked from outside by its pid alone', async () => {
      const found = await items(['redis', '--pid', pid, '--clients'], { env: { REDISCLI_AUTH: password } });
      expect(found).toContainEqual(expect.objectContaining({ directive: 'appendfsync', value: 'always' }));
      expect(found).toContainEqual(
        expect.objectContaining({ kind: 'server-info', field: 'process_id', value: pid }),
      );
      expect(found).toContainEqual(expect.objectContaining({ kind: 'server-client' }));
      expect(JSON.stringify(found)).not.toContain(password);
    });

    it('takes the password from a file', async () => {
      const path = join(folder, 'pass');
      writeFileSync(path, `${password}\n`, { mode: 0o600 });
      const found = await items(['redis', '--pid', pid, '--port', String(port), '--pass-file', path]);
      expect(found).toContainEqual(expect.objectContaining({ directive: 'appendonly', value: 'yes' }));
    });

    it('tells what an ACL user may see, and says what not', async () => {
      const { stdout, stderr, exitCode } = await probe(
        ['redis', '--pid', pid, '--user', 'watcher', '--format', 'json'],
        {
          env: { REDISCLI_AUTH: password },
        },
      );
      expect(exitCode).toBe(0);
      expect(stderr).toMatch(/refused: CONFIG GET appendonly: NOPERM/);
      expect(JSON.parse(stdout).items).toContainEqual(expect.objectContaining({ field: 'redis_version' }));
    });

    it.each([
      ['no password', {}, 'wants a password'],
      ['a wrong password', { REDISCLI_AUTH: 'wrong' }, 'does not accept the password'],
    ])('with %s the answer is one line and inconclusive', async (_, env, words) => {
      const { exitCode, stdout, stderr } = await probe(['redis', '--pid', pid], { env });
      expect({ exitCode, stdout }).toEqual({ exitCode: 4, stdout: '' });
      expect(stderr).toContain(words);
      expect(stderr.split('\n')).toHaveLength(1);
    });

    it('is not there on this side', async () => {
      const { exitCode, stderr } = await probe(['redis', '--port', String(port), '--timeout', '2s']);
      expect({ exitCode, stderr }).toMatchObject({
        exitCode: 4,
        stderr: expect.stringContaining('check the port and the network namespace'),
      });
    });

    it('answers on its unix socket, which no namespace of the network hides', async () => {
      const found = await items(['redis', '--socket', join(folder, 'redis.sock')], {
        env: { REDISCLI_AUTH: password },
      });
      expect(found).toContainEqual(expect.objectContaining({ directive: 'appendfsync' }));
    });

    it('that is stopped does not hold up the answer', async () => {
      server.kill('SIGSTOP');
      try {
        const { exitCode, stderr } = await probe(['redis', '--pid', pid, '--timeout', '1s'], {
          env: { REDISCLI_AUTH: password },
        });
        expect({ exitCode, stderr }).toMatchObject({
          exitCode: 4,
          stderr: expect.stringContaining('did not answer within 1 s'),
        });
      } finally {
        server.kill('SIGCONT');
      }
    });

    it('shows a socket of which only nsenter knows the address', async () => {
      const outside = await items(['lsof', '--pid', pid]);
      const inodes = outside
        .filter((item) => item.type === 'sock' && item.protocol === 'TCP')
        .map((item) => item.inode);
      const within = await items(['nsenter', '--pid', pid, '--', 'lsof', '-nP', '-i']);
      const listening = within.find(
        (item) => item.localAddress === `127.0.0.1:${port}` && item.tcpState === 'LISTEN',
      );
      expect(inodes).toContain(listening?.inode);
      // The same with nsenter's own arguments.
      const again = await items(['nsenter', '--', '--target', pid, '--net', '--', 'lsof', '-nP', '-i']);
      expect(again.map((item) => item.inode)).toContain(listening?.inode);
    });
  },
);

describeNeeds(['dist', 'redis-server', 'openssl'], 'a server over TLS', () => {
  let folder: string;
  let server: ChildProcess;
  let port: number;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'perfcase-e2e-'));
    port = await freePort();
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'];
    await execa('openssl', [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '2',
      ...subject,
      '-keyout',
      key,
      '-out',
      cert,
    ]);
    const tls = [
      '--tls-port',
      String(port),
      '--tls-cert-file',
      cert,
      '--tls-key-file',
      key,
      '--tls-ca-cert-file',
      cert,
    ];
    server = spawn(
      'redis-server',
      [
        '--port',
        '0',
        '--bind',
        '127.0.0.1',
        ...tls,
        '--tls-auth-clients',
        'no',
        '--save',
        '',
        '--dir',
        folder,
      ],
      {
        stdio: 'ignore',
      },
    );
    const asked = ['redis', '--port', String(port), '--cacert', cert, '--timeout', '2s'];
    await until(async () => (await probe(asked)).exitCode === 0);
  });

  afterAll(() => {
    server?.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  it('is asked with the certificate of its authority, or without checking', async () => {
    const trusted = await items([
      'redis',
      '--port',
      String(port),
      '--tls',
      '--cacert',
      join(folder, 'cert.pem'),
    ]);
    expect(trusted).toContainEqual(expect.objectContaining({ directive: 'port', value: '0' }));
    const unchecked = await items(['redis', '--port', String(port), '--tls', '--insecure']);
    expect(unchecked).toHaveLength(trusted.length);
  });

  it('is not trusted without', async () => {
    const { exitCode, stderr } = await probe(['redis', '--port', String(port), '--tls']);
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('--cacert') });
  });

  it('is told from a server that speaks another protocol when TLS was forgotten', async () => {
    const { exitCode, stderr } = await probe(['redis', '--port', String(port), '--timeout', '2s']);
    expect(exitCode).toBe(4);
    expect(stderr).toMatch(/does not speak the Redis protocol|closed the connection/);
  });
});

describeNeeds(['dist', 'root', 'podman', 'unshare', 'redis-server'], 'containers', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'perfcase-e2e-'));
    const [graph, run] = [join(folder, 'graph'), join(folder, 'run')];
    writeFileSync(
      join(folder, 'storage.conf'),
      `[storage]\ndriver = "vfs"\ngraphroot = "${graph}"\nrunroot = "${run}"\n`,
    );
    writeFileSync(
      join(folder, 'containers.conf'),
      `[engine]\ncgroup_manager = "cgroupfs"\ntmp_dir = "${join(folder, 'tmp')}"\n`,
    );
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('podman: names, pids and networks of the running ones', async () => {
    // Its own mount namespace: there the hybrid cgroup tree, with which podman cannot run, is out of the way.
    const script = `
      umount /sys/fs/cgroup/unified 2>/dev/null
      common='--cgroups=disabled --ulimit nofile=20000:20000 --ulimit nproc=20000:20000'
      podman run -d --name server --network=none $common --rootfs /:O redis-server --port 6379 --save '' --dir /tmp >&2 || exit 9
      podman run -d --name client --network=container:server $common --rootfs /:O redis-cli -i 1 -r 60 PING >&2
      "$0" "$1" probe podman --format json
      podman rm -f -t 0 client >&2
      podman rm -f -t 0 server >&2
    `;
    const { stdout, stderr } = await execa('unshare', ['-m', 'sh', '-c', script, process.execPath, CLI], {
      reject: false,
      timeout: 120_000,
      env: {
        CONTAINERS_STORAGE_CONF: join(folder, 'storage.conf'),
        CONTAINERS_CONF: join(folder, 'containers.conf'),
      },
    });
    const found: Item[] = JSON.parse(stdout || `"${stderr}"`).items;
    const server = found.find((item) => item.name === 'server');
    expect(server).toMatchObject({
      engine: 'podman',
      running: true,
      networkMode: 'none',
      pid: expect.any(Number),
    });
    const client = { name: 'client', networkMode: `container:${server?.id}`, pid: expect.any(Number) };
    expect(found).toContainEqual(expect.objectContaining(client));
    expect(isRunning(server?.pid as number)).toBe(false);
  });
});

/** Waits for a server to come up. */
async function until(isUp: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    if (await isUp().catch(() => false)) return;
    await setTimeout(100);
  }
  throw new Error('the server did not come up');
}

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .trim()
    .split(' ')
    .filter(Boolean)
    .map(Number);
}

function isRunning(pid: number): boolean {
  return readdirSync('/proc').includes(String(pid));
}
