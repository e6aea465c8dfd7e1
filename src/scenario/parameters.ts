import type { Field, Parameters } from './field.ts';

const SPAN = /^(\d+)\s*\.\.\s*(\d+)$/;

/**
 * Draws the parameters under `vary:`: "500..2000" is a whole number in between, a list one of its items, anything else
 * stays as it is. The same seed draws the same, and a parameter more changes none of the others.
 */
export function drawParameters(field: Field, seed: number, fixed: Parameters): Parameters {
  const drawn = field.entries('names and what they may be', (each): string | number => {
    const chance = chanceOf(seed, each.path);
    if (each.isList) {
      const choices = each.list('values', scalar);
      if (choices.length === 0) each.wrong('a list that is not empty');
      return choices[Math.floor(chance * choices.length)] ?? 0;
    }
    const value = scalar(each);
    const [, from, to] = SPAN.exec(String(value)) ?? [];
    if (from === undefined) return value;
    const [least, most] = [Number(from), Number(to)];
    if (least > most) each.wrong('a span such as 500..2000, the smaller number first');
    return least + Math.floor(chance * (most - least + 1));
  });
  for (const name of Object.keys(fixed)) if (!Object.hasOwn(drawn, name)) field.at(name).wrong('a parameter');
  return { ...drawn, ...fixed };
}

function scalar(field: Field): string | number {
  const value = field.value();
  if (typeof value === 'number') return value;
  return field.text('a number, a text, a list of them or a span such as 500..2000');
}

/** A number from 0 up to but not including 1 that depends on both only (FNV-1a, then mixed). */
function chanceOf(seed: number, name: string): number {
  let hash = 0x811c9dc5 ^ seed;
  for (const letter of `${seed}/${name}`) hash = Math.imul(hash ^ letter.charCodeAt(0), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 4294967296;
}
