/**
 * Glob matching over bytes as in KEYS, SCAN MATCH and CONFIG GET: `*`, `?`, `[abc]`, `[^a-z]`, `\x`.
 *
 * Only the last `*` is ever retried (a match after it can always begin later), so the time is at most
 * pattern × text, never exponential as a naive recursion is on `a*a*a*a*b`.
 */
export function globMatch(pattern: string, text: string, ignoreCase = false): boolean {
  const p = ignoreCase ? pattern.toLowerCase() : pattern;
  const t = ignoreCase ? text.toLowerCase() : text;
  let pi = 0;
  let ti = 0;
  let starPattern = -1;
  let starText = 0;
  for (;;) {
    if (p[pi] === '*') {
      while (p[pi] === '*') pi++;
      if (pi === p.length) return true;
      starPattern = pi;
      starText = ti;
      continue;
    }
    if (ti < t.length) {
      const next = pi < p.length ? matchOne(p, pi, t.charCodeAt(ti)) : -1;
      if (next >= 0) {
        pi = next;
        ti++;
        continue;
      }
    } else if (pi === p.length) {
      return true;
    }
    // Mismatch, or pattern left over: let the last star swallow one more byte.
    if (starPattern < 0 || starText >= t.length) return false;
    starText++;
    pi = starPattern;
    ti = starText;
  }
}

/** @returns the position after the element at `pi` when it matches the byte, else -1 */
function matchOne(p: string, pi: number, byte: number): number {
  switch (p[pi]) {
    case '?':
      return pi + 1;
    case '[':
      return matchClass(p, pi + 1, byte);
    case '\\':
      if (pi + 1 < p.length) pi++;
      return p.charCodeAt(pi) === byte ? pi + 1 : -1;
    default:
      return p.charCodeAt(pi) === byte ? pi + 1 : -1;
  }
}

function matchClass(p: string, at: number, byte: number): number {
  const negated = p[at] === '^';
  if (negated) at++;
  let matched = false;
  // A class that is never closed ends with the pattern.
  while (at < p.length && p[at] !== ']') {
    if (p[at] === '\\' && at + 1 < p.length) {
      at++;
      if (p.charCodeAt(at) === byte) matched = true;
      at++;
    } else if (p[at + 1] === '-' && at + 2 < p.length) {
      const a = p.charCodeAt(at);
      const b = p.charCodeAt(at + 2);
      if (byte >= Math.min(a, b) && byte <= Math.max(a, b)) matched = true;
      at += 3;
    } else {
      if (p.charCodeAt(at) === byte) matched = true;
      at++;
    }
  }
  const next = at < p.length ? at + 1 : at;
  return matched !== negated ? next : -1;
}
