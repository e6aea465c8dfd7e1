import { isOnPath } from '../runners/on-path.ts';

/** Whether something can be had here; the reason is one line without a full stop that says what to do about it. */
export type Support = { readonly ok: true } | { readonly ok: false; readonly reason: string };

export function unsupported(reason: string): Support {
  return { ok: false, reason };
}

/**
 * What `thing` needs of the machine: root, and programs.
 * @param programs names, each with the Debian package that brings it
 */
export function supportOf(thing: string, programs: Readonly<Record<string, string>>): Support {
  if (process.geteuid?.() !== 0) return unsupported(`${thing} needs root`);
  for (const [program, debianPackage] of Object.entries(programs)) {
    if (isOnPath(program)) continue;
    const advice = `apt-get install ${debianPackage} brings it`;
    return unsupported(`${thing} needs ${program}, which is not installed; ${advice}`);
  }
  return { ok: true };
}
