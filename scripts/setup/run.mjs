// Child processes of the set-up: no shell, and an interrupted set-up waits for its child before it ends itself.
import { spawn } from 'node:child_process';

/** One line for a person. */
export function say(line) {
  process.stderr.write(`setup: ${line}\n`);
}

/**
 * Runs a program and waits for it.
 * @param {string[]} command program and arguments
 * @param {{cwd?: string, env?: object, inherit?: boolean, stdin?: boolean}} options with `inherit` the program talks
 *   to the terminal itself, with `stdin` it may also ask there; otherwise its output is returned
 * @returns {Promise<{code: number, output: string}>} code 127 when the program does not exist, 128 + n after signal n
 */
export function run([file, ...args], { cwd, env, inherit = false, stdin = false } = {}) {
  return new Promise((resolve) => {
    const out = inherit ? 'inherit' : 'pipe';
    const child = spawn(file, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: [stdin ? 'inherit' : 'ignore', out, out],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text) => {
        output += text;
      });
    }
    // Ctrl-C reaches the child through the terminal as well; a signal sent to us alone is passed on.
    const pass = (name) => {
      interruptedBy = name;
      child.kill(name);
    };
    for (const name of SIGNALS) process.on(name, pass);
    const done = (code) => {
      for (const name of SIGNALS) process.off(name, pass);
      resolve({ code, output });
    };
    // Without a pid it never started; otherwise only a signal could not be passed on (sudo's child is root's).
    child.on('error', () => child.pid === undefined && done(127));
    child.on('close', (code, signal) => done(code ?? 128 + (NUMBERS[signal] ?? 0)));
  });
}

let interruptedBy;

/** The exit code of an interrupted set-up; undefined when nobody has interrupted it. */
export function interruptedCode() {
  return interruptedBy === undefined ? undefined : 128 + NUMBERS[interruptedBy];
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const NUMBERS = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 };
