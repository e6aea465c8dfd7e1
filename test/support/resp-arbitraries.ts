import fc from 'fast-check';

/** A RESP value as its sender means it, and the bytes it is sent as. */
export interface Sent {
  readonly wire: string;
  readonly value: unknown;
}

const bulkText = fc.oneof(
  fc.string({ maxLength: 12 }).filter((text) => [...text].every((each) => each.charCodeAt(0) < 256)),
  fc.string({ unit: fc.constantFrom('\r', '\n', '$', '*', '3', ':', '+', 'a'), maxLength: 40 }),
);
const line = fc.string({ unit: fc.constantFrom(...'abc XYZ019-_.'), maxLength: 12 });

const bulk = (type: string) =>
  bulkText.map((text): Sent => ({ wire: `${type}${text.length}\r\n${text}\r\n`, value: [type, text] }));
const simple = (type: string) =>
  line.map((text): Sent => ({ wire: `${type}${text}\r\n`, value: [type, text] }));

const scalar: fc.Arbitrary<Sent> = fc.oneof(
  { weight: 6, arbitrary: bulk('$') },
  { weight: 1, arbitrary: bulk('=') },
  { weight: 1, arbitrary: bulk('!') },
  ...['+', '-', ':', '_', '#', ',', '('].map((type) => ({ weight: 1, arbitrary: simple(type) })),
  { weight: 1, arbitrary: fc.constant<Sent>({ wire: '$-1\r\n', value: ['$', null] }) },
  { weight: 1, arbitrary: fc.constant<Sent>({ wire: '*-1\r\n', value: ['*', null] }) },
);

function aggregate(type: string, items: readonly Sent[]): Sent {
  const count = type === '%' ? items.length / 2 : items.length;
  return {
    wire: `${type}${count}\r\n${items.map((each) => each.wire).join('')}`,
    value: [type, items.map((each) => each.value)],
  };
}

/** Any message of RESP2 or RESP3, nested up to three deep. */
export const message: fc.Arbitrary<Sent> = fc.letrec<{ value: Sent }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'resp' },
    scalar,
    fc
      .tuple(fc.constantFrom('*', '~', '>'), fc.array(tie('value'), { maxLength: 4 }))
      .map(([type, items]) => aggregate(type, items)),
    fc
      .array(fc.tuple(tie('value'), tie('value')), { maxLength: 2 })
      .map((pairs) => aggregate('%', pairs.flat())),
  ),
})).value;

/** Text cut at any places. */
export function chunks(text: string, cuts: readonly number[]): string[] {
  const places = [...new Set(cuts.map((cut) => cut % (text.length + 1)))].sort((a, b) => a - b);
  const parts: string[] = [];
  let from = 0;
  for (const place of [...places, text.length]) {
    if (place > from) parts.push(text.slice(from, place));
    from = Math.max(from, place);
  }
  return parts;
}
