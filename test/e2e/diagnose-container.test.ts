import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { eventually, harmTo } from '../support/processes.ts';
import { ownFindings, reportOf } from '../support/reports.ts';
import { describeNeeds } from '../support/requirements.ts';
import { DIST, type Finished, Scene } from '../support/scene.ts';

/** Slow enough for a query to wait for its syncs, and quick to fill. */
const KEYS = 60;

let scene = new Scene();
afterEach(async () => {
  await scene.close();
  scene = new Scene();
});

/**
 * podman in a mount namespace of its own, without cgroups and with storage of its own. The containers see this
 * machine's files under an overlay, so no image is needed.
 */
class Podman {
  private constructor(
    private readonly holder: number,
    readonly env: NodeJS.ProcessEnv,
  ) {}

  static async start(): Promise<Podman> {
    const folder = await scene.folder();
    const at = (name: string) => join(folder, name);
    await writeFile(
      at('containers.conf'),
      '[engine]\ncgroup_manager = "cgroupfs"\nevents_logger = "none"\n' +
        '[containers]\ncgroups = "disabled"\ndefault_ulimits = ["nofile=20000:20000", "nproc=20000:20000"]\n',
    );
    await writeFile(
      at('storage.conf'),
      `[storage]\ndriver = "vfs"\ngraphroot = "${at('graph')}"\nrunroot = "${at('run')}"\n`,
    );
    // podman takes a mixed cgroup hierarchy for an error.
    const script = 'umount /sys/fs/cgroup/unified 2>/dev/null; echo ready; exec sleep infinity';
    const holder = scene.spawn(['unshare', '--mount', '--', 'sh', '-c', script]);
    await holder.prints(/ready/);
    return new Podman(holder.pid, {
      CONTAINERS_CONF: at('containers.conf'),
      CONTAINERS_STORAGE_CONF: at('storage.conf'),
      TMPDIR: folder,
    });
  }

  /** A command that sees these containers. */
  inside(command: readonly string[]): string[] {
    return ['nsenter', '--mount', '--target', String(this.holder), '--', ...command];
  }

  async run(...args: string[]): Promise<Finished> {
    const finished = await scene.spawn(this.inside(['podman', ...args]), { env: this.env }).finished;
    if (finished.code !== 0) throw new Error(`podman ${args[0]}: ${finished.stderr}`);
    return finished;
  }

  async container(name: string, network: string, ...command: string[]): Promise<void> {
    const volume = `${process.cwd()}:${process.cwd()}:ro`;
    const flags = ['--name', name, `--network=${network}`, '--volume', volume, '--rootfs', '/:O'];
    scene.defer(() => this.run('rm', '--force', '--time', '1', name));
    await this.run('run', '--detach', ...flags, ...command);
  }
}

describeNeeds(
  ['dist', 'root', 'ptrace', 'podman', 'redis-server'],
  'a server and its application in containers',
  () => {
    it('are named, as in the case: one network for both, looked at from outside', async () => {
      const podman = await Podman.start();
      const directives = ['--appendonly', 'yes', '--appendfsync', 'always', '--save', '', '--dir', '/tmp'];
      await podman.container('case-redis', 'none', 'redis-server', ...directives);
      const cli = join(DIST, 'perfcase.js');
      const app = [process.execPath, cli, 'app', '--port', '10000'];
      await podman.container('case-app', 'container:case-redis', ...app);
      const pidOf = async (name: string) =>
        Number((await podman.run('inspect', '--format', '{{.State.Pid}}', name)).stdout);
      const server = await pidOf('case-redis');
      const network = ['nsenter', '--net', '--target', String(server), '--'];
      const load = (path: string, ...more: string[]) =>
        scene.spawn([...network, process.execPath, cli, 'load', `http://127.0.0.1:10000${path}`, ...more]);
      const answers = async () => (await load('/', '--count', '1').finished).code === 0;
      expect(await eventually(answers)).toBe(true);
      const filled = await load(`/init/${KEYS}`, '--count', '1').finished;
      expect(filled.stdout).toContain('1 requests, 0 errors');
      load('/get_cache');

      const command = ['diagnose', '--container', 'case-redis', '--duration', '3s', '--format', 'json'];
      const child = scene.spawn(podman.inside([process.execPath, cli, ...command]), { env: podman.env });
      const finished = await child.finished;
      const report = reportOf(finished);
      expect(finished.code).toBe(3);
      expect(ownFindings(report)).toEqual(expect.arrayContaining(['write-in-read-path', 'n-plus-one-reads']));
      expect(report.target).toMatchObject({ pid: server, container: 'case-redis', server: { port: 6379 } });
      expect(report.clients).toContainEqual(
        expect.objectContaining({ pid: await pidOf('case-app'), container: 'case-app' }),
      );
      expect(harmTo(server)).toBeUndefined();
      expect(child.family()).toEqual([]);
    });
  },
);
