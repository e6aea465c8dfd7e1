import { type Directive, readMemory } from './directive.ts';

/** What all clients together may take: bytes, or a share of `maxmemory` in percent. */
export type ClientMemory = { readonly bytes: number } | { readonly percent: number };

/** "512mb" or "5%"; 0 sets no limit. */
export function clientMemory(): Directive<ClientMemory> {
  return {
    initial: { bytes: 0 },
    mutable: true,
    many: false,
    read([word, ...others]) {
      if (word === undefined || others.length > 0) return { reason: 'wrong number of arguments' };
      const percent = /^(\d+)%$/.exec(word);
      if (percent) {
        if (Number(percent[1]) <= 100) return { value: { percent: Number(percent[1]) } };
        return { reason: 'percentage argument must be less or equal to 100' };
      }
      const bytes = readMemory(word);
      return bytes === undefined
        ? { reason: 'argument must be a memory or percent value' }
        : { value: { bytes } };
    },
    print: (value) => ('bytes' in value ? String(value.bytes) : `${value.percent}%`),
  };
}
