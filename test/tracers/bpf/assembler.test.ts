import { describe, expect, it } from 'vitest';
import { Assembler } from '../../../src/tracers/bpf/assembler.ts';

const hex = (build: (asm: Assembler) => Assembler) => {
  const bytes = build(new Assembler()).assemble().toString('hex');
  return bytes
    .match(/.{16}/g)!
    .map((each) => each.match(/../g)!.join(' '))
    .join(' | ');
};

/** What LLVM's assembler for BPF (llvm-mc -triple=bpfel) makes of the same instructions. */
const KNOWN: readonly [string, (asm: Assembler) => Assembler, string][] = [
  ['r1 = r6', (asm) => asm.mov('r1', 'r6'), 'bf 61 00 00 00 00 00 00'],
  ['r2 = -5', (asm) => asm.mov('r2', -5), 'b7 02 00 00 fb ff ff ff'],
  ['r3 += 16', (asm) => asm.add('r3', 16), '07 03 00 00 10 00 00 00'],
  ['r3 += r4', (asm) => asm.add('r3', 'r4'), '0f 43 00 00 00 00 00 00'],
  ['r3 -= r6', (asm) => asm.sub('r3', 'r6'), '1f 63 00 00 00 00 00 00'],
  ['r0 *= 4096', (asm) => asm.multiply('r0', 4096), '27 00 00 00 00 10 00 00'],
  ['r8 &= 65535', (asm) => asm.and('r8', 65_535), '57 08 00 00 ff ff 00 00'],
  ['r8 <<= 5', (asm) => asm.shiftLeft('r8', 5), '67 08 00 00 05 00 00 00'],
  ['r0 >>= 32', (asm) => asm.shiftRight('r0', 32), '77 00 00 00 20 00 00 00'],
  ['r7 = *(u64 *)(r6 + 8)', (asm) => asm.load(8, 'r7', 'r6', 8), '79 67 08 00 00 00 00 00'],
  ['r1 = *(u32 *)(r7 + 8)', (asm) => asm.load(4, 'r1', 'r7', 8), '61 71 08 00 00 00 00 00'],
  ['r1 = *(u16 *)(r7 + 18)', (asm) => asm.load(2, 'r1', 'r7', 18), '69 71 12 00 00 00 00 00'],
  ['r1 = *(u8 *)(r1 + 0)', (asm) => asm.load(1, 'r1', 'r1', 0), '71 11 00 00 00 00 00 00'],
  ['*(u64 *)(r10 - 40) = r0', (asm) => asm.store(8, 'r10', -40, 'r0'), '7b 0a d8 ff 00 00 00 00'],
  ['*(u32 *)(r10 - 8) = r0', (asm) => asm.store(4, 'r10', -8, 'r0'), '63 0a f8 ff 00 00 00 00'],
  ['*(u32 *)(r10 - 8) = 1', (asm) => asm.store(4, 'r10', -8, 1), '62 0a f8 ff 01 00 00 00'],
  ['*(u64 *)(r8 + 24) = -1', (asm) => asm.store(8, 'r8', 24, -1), '7a 08 18 00 ff ff ff ff'],
  ['lock *(u64 *)(r1 + 0) += r2', (asm) => asm.atomicAdd('r1', 0, 'r2'), 'db 21 00 00 00 00 00 00'],
  [
    'r1 = value of map 7, byte 16',
    (asm) => asm.loadMapValue('r1', 7, 16),
    '18 21 00 00 07 00 00 00 | 00 00 00 00 10 00 00 00',
  ],
  ['call 130', (asm) => asm.call(130), '85 00 00 00 82 00 00 00'],
  ['exit', (asm) => asm.exit(), '95 00 00 00 00 00 00 00'],
];

const JUMPS: readonly [string, (asm: Assembler) => Assembler, string][] = [
  ['goto +1', (asm) => asm.jump('to'), '05 00 01 00 00 00 00 00'],
  ['if r1 == 0', (asm) => asm.jumpIf('r1', '==', 0, 'to'), '15 01 01 00 00 00 00 00'],
  ['if r1 != r2', (asm) => asm.jumpIf('r1', '!=', 'r2', 'to'), '5d 21 01 00 00 00 00 00'],
  ['if r8 s<= 0', (asm) => asm.jumpIf('r8', 's<=', 0, 'to'), 'd5 08 01 00 00 00 00 00'],
  ['if r8 s> 0', (asm) => asm.jumpIf('r8', 's>', 0, 'to'), '65 08 01 00 00 00 00 00'],
  ['if r8 <= 1024', (asm) => asm.jumpIf('r8', '<=', 1024, 'to'), 'b5 08 01 00 00 04 00 00'],
  ['if r8 < r1', (asm) => asm.jumpIf('r8', '<', 'r1', 'to'), 'ad 18 01 00 00 00 00 00'],
  ['if r8 > r1', (asm) => asm.jumpIf('r8', '>', 'r1', 'to'), '2d 18 01 00 00 00 00 00'],
  ['if r1 & 0x10000', (asm) => asm.jumpIf('r1', '&', 0x10000, 'to'), '45 01 01 00 00 00 01 00'],
];

describe('Assembler', () => {
  it.each(KNOWN)('%s', (_text, build, expected) => {
    expect(hex(build)).toBe(expected);
  });

  it.each(JUMPS)('%s', (_text, build, expected) => {
    const code = hex((asm) => build(asm).exit().label('to').exit());
    expect(code.split(' | ')[0]).toBe(expected);
  });

  it('counts a 64-bit immediate as two instructions when it jumps', () => {
    const code = hex((asm) => asm.jump('to').loadMapValue('r1', 3, 0).label('to').exit());
    expect(code.slice(0, 23)).toBe('05 00 02 00 00 00 00 00');
  });

  it('jumps backwards', () => {
    expect(hex((asm) => asm.label('from').mov('r0', 0).jumpIf('r6', '>=', 'r8', 'from'))).toContain(
      '3d 86 fe ff 00 00 00 00',
    );
  });

  it('refuses labels that are missing or stand twice', () => {
    expect(() => new Assembler().jump('nowhere').assemble()).toThrow('no label nowhere');
    expect(() => new Assembler().label('a').label('a')).toThrow('stands twice');
  });
});
