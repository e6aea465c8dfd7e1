/** Of a name's letters, one in so many may be wrong: of "port" one, of "appendfsync" three. */
const LETTERS_PER_SLIP = 4;

/** The one of `names` that was probably meant; undefined when none is near. */
export function nearestName(typed: string, names: Iterable<string>): string | undefined {
  let best: string | undefined;
  let fewest = Math.floor(typed.length / LETTERS_PER_SLIP) + 1;
  for (const name of names) {
    // The difference of their lengths is the least it can be.
    if (Math.abs(name.length - typed.length) >= fewest) continue;
    const slips = slipsBetween(typed, name);
    if (slips < fewest) [best, fewest] = [name, slips];
  }
  return best;
}

/** How many letters must be put in, left out, replaced or swapped with the next one: optimal string alignment. */
function slipsBetween(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swapped = isSwapped ? beforeLast[j - 2]! + 1 : replaced;
      row.push(Math.min(last[j]! + 1, row[j - 1]! + 1, replaced, swapped));
    }
    [beforeLast, last] = [last, row];
  }
  return last[b.length]!;
}
