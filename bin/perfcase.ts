#!/usr/bin/env node
import { writeSync } from 'node:fs';
import { isatty } from 'node:tty';

/**
 * The entry. `--version` and a bare `--help` are answered with what the build got from the CLI itself (scripts/build.mjs),
 * before anything is loaded: a CommonJS file without streams starts about as quickly as Node. Everything else, and a
 * terminal, whose width --help follows, goes the whole way.
 */
declare const VERSION_TEXT: string;
declare const HELP_TEXT: string;

function ready(argv: readonly string[]): string | undefined {
  if (argv.length !== 1) return undefined;
  if (argv[0] === '--version' || argv[0] === '-V') return VERSION_TEXT;
  return (argv[0] === '--help' || argv[0] === '-h') && !isatty(1) ? HELP_TEXT : undefined;
}

/** Whether all of it could be written at once; an error, such as a full pipe, is left to the whole CLI. */
function written(text: string): boolean {
  try {
    return writeSync(1, text) === Buffer.byteLength(text);
  } catch {
    return false;
  }
}

const text = ready(process.argv.slice(2));
if (text === undefined || !written(text)) void import('./main.ts');
