/**
 * Calls that a live window keeps at most; it ends when they are there. They are judged in about a second and a half on
 * a busy machine, and a server that makes so many calls within the window shows each pattern many times over. Slow
 * requests are made of few calls a second: 10 s of the case are some 35,000.
 */
export const MAX_CALLS = 80_000;

/**
 * Asked while a tracer watches: whether it has cost enough, after so many calls of this window.
 * @param tracer its name, as the report has it
 */
export type IsSpent = (tracer: string, calls: number) => boolean;
