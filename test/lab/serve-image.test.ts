import { expect, it } from 'vitest';
import { writeMs } from '../../src/lab/serve-image.ts';

it('a long write is later than a short one, as on a disk that moves so many bytes a second', () => {
  expect(writeMs(2, 0)).toBe(2);
  expect(writeMs(2, 4096)).toBeCloseTo(2.03, 2);
  expect(writeMs(2, 256 * 1024)).toBe(4);
  expect(writeMs(0, 1024 * 1024)).toBe(0);
});
