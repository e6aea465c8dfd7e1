import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { runLocal } from '../../runners/local.ts';
import table from './tools.json' with { type: 'json' };

/** A program that perfcase uses. The table is shared with scripts/setup.mjs, which installs what has `setup`. */
export interface Tool {
  readonly name: string;
  /** Debian's package; `packageOn` names the ones of other distributions, by the ID of os-release(5). */
  readonly package: string;
  readonly packageOn?: Readonly<Record<string, string>>;
  readonly group: string;
  /** Nothing is lost without it. */
  readonly optional?: boolean;
  /** One of several that do the same: the others make up for it. */
  readonly oneOf?: string;
  /** Arguments that print its version, tried one after the other. */
  readonly version: readonly (readonly string[])[];
  /** What is lost when it is missing. */
  readonly without: string;
}

export interface FoundTool {
  readonly tool: Tool;
  /** "unusable": it is there, but does not run. */
  readonly status: 'found' | 'missing' | 'not-on-path' | 'unusable';
  readonly path?: string;
  /** Absent when it prints none that can be read. */
  readonly version?: string;
  /** Why it is not usable. */
  readonly reason?: string;
}

/** Without what only the tests of perfcase itself need. */
export const TOOLS: readonly Tool[] = table.filter(({ group }) => group !== 'tests');

/** Folders of administrators' programs, which an ordinary user's PATH often lacks. */
const SBIN = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** Looks a tool up and asks it for its version. */
export async function findTool(tool: Tool, path: string, signal: AbortSignal): Promise<FoundTool> {
  const found = lookUp(tool.name, path.split(delimiter).filter(Boolean));
  if (found === undefined) {
    const aside = lookUp(tool.name, SBIN);
    if (aside === undefined) return { tool, status: 'missing' };
    return { tool, status: 'not-on-path', path: aside, reason: `it is ${aside}, which PATH does not reach` };
  }
  let reason: string | undefined;
  for (const args of tool.version) {
    const outcome = await runLocal({ file: found, args, timeoutMs: 5000 }, signal);
    // Some print their version on standard error, or end with another code after it.
    const version = readVersion(`${outcome.stdout}\n${outcome.stderr}`);
    if (version !== undefined && outcome.status !== 'timed-out') {
      return { tool, status: 'found', path: found, version };
    }
    if (outcome.status !== 'captured') reason = outcome.reason;
  }
  return reason === undefined
    ? { tool, status: 'found', path: found }
    : { tool, status: 'unusable', path: found, reason };
}

/** The first thing that looks like a version: "6.1", "12.6.1", "7.0.15", "v0.17.0". */
export function readVersion(text: string): string | undefined {
  return /\bv?(\d+\.\d+(?:\.\d+)*)/.exec(text)?.[1];
}

function lookUp(program: string, folders: readonly string[]): string | undefined {
  return folders
    .map((folder) => join(folder, program))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}
