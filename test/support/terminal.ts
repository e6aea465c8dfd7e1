import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { eventually } from './processes.ts';
import type { Scene } from './scene.ts';

/** A command in a real terminal of 80 × 24, typed into key by key and read off its screen. */
export class Terminal {
  private constructor(private readonly socket: string) {}

  static open(
    scene: Scene,
    command: readonly string[],
    { cwd, env }: { cwd: string; env: NodeJS.ProcessEnv },
  ): Terminal {
    const terminal = new Terminal(`perfcase-test-${randomUUID()}`);
    const variables = Object.entries(env).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
    terminal.tmux(
      '-f',
      '/dev/null',
      'new-session',
      '-d',
      '-x',
      '80',
      '-y',
      '24',
      '-c',
      cwd,
      ...variables,
      ...command,
    );
    terminal.tmux('set-option', '-g', 'remain-on-exit', 'on');
    terminal.tmux('set-option', '-g', 'history-limit', '50000');
    scene.defer(() => terminal.close());
    return terminal;
  }

  /** What stands on the screen; with `all`, what went off it too. */
  read(all = false): string {
    return this.tmux('capture-pane', '-p', ...(all ? ['-S', '-'] : []));
  }

  /** Waits for a question at the end of the screen; false when the command has ended. */
  async isAsked(limitMs: number): Promise<boolean> {
    const asked = () => /(:|\?)$/.test(this.read().trimEnd().split('\n').at(-1) ?? '');
    await eventually(() => this.isOver() || asked(), limitMs);
    return !this.isOver();
  }

  type(line: string): void {
    if (line !== '') this.tmux('send-keys', '-l', '--', line);
    this.tmux('send-keys', 'Enter');
  }

  press(key: string): void {
    this.tmux('send-keys', key);
  }

  isOver(): boolean {
    return this.tmux('display-message', '-p', '#{pane_dead}').trim() === '1';
  }

  exitCode(): number {
    return Number(this.tmux('display-message', '-p', '#{pane_dead_status}').trim());
  }

  close(): void {
    try {
      this.tmux('kill-server');
    } catch {
      // It has ended with its last command.
    }
  }

  private tmux(...args: readonly string[]): string {
    return execFileSync('tmux', ['-L', this.socket, ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  }
}
