import { describe, expect, it } from 'vitest';
import { findingOf, judges } from './table.ts';

const ID = 'tracer-attached';
const gdb = { otherTracer: { pid: 4242, comm: 'gdb', text: 'TracerPid:\t4242' } };

judges(ID, {
  fires: { 'a debugger that holds the process': () => gdb },
  spares: { 'TracerPid was 0': () => ({ untraced: true }) },
  cannotTell: { 'logs of another machine': () => ({}) },
});

describe('what it says', () => {
  it('names the tracer and who must end it', () => {
    const finding = findingOf(ID, gdb);
    expect(finding.fix!.summary).toContain('gdb (pid 4242)');
    expect(finding.evidence).toEqual([{ source: 'proc', text: 'TracerPid:\t4242' }]);
  });
});
