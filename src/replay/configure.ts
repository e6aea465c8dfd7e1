import type { Stage } from './stage.ts';

/** CONFIG SET of each directive. @returns what they were before */
export async function configure(
  stage: Stage,
  settings: Readonly<Record<string, string>>,
): Promise<Record<string, string>> {
  const before: Record<string, string> = {};
  for (const [directive, value] of Object.entries(settings)) {
    const old = await stage.send(['CONFIG', 'GET', directive]);
    if (Array.isArray(old) && typeof old[1] === 'string') before[directive] = old[1];
    await stage.send(['CONFIG', 'SET', directive, value]);
  }
  return before;
}
