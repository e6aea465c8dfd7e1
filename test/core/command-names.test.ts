import { describe, expect, it } from 'vitest';
import { isKnown } from '../../src/analyzers/derive/command-table.ts';
import { commandName, isCommandName } from '../../src/core/command-names.ts';

describe('names of commands', () => {
  it.each([
    ['get', 'GET'],
    ['RESTORE-ASKING', 'RESTORE-ASKING'],
    ['ft.search', 'FT.SEARCH'],
    ['hunter2', '(unknown)'],
    ['My.Passw0rd', '(unknown)'],
    ['constructor', '(unknown)'],
    ['', '(unknown)'],
  ])('%j is shown as %s', (word, shown) => {
    expect(commandName(word)).toBe(shown);
  });

  it('every command that rules know is one', () => {
    const words =
      'GET HGETALL SCAN SADD BLPOP MONITOR PSYNC EVAL CONFIG FLUSHALL XREADGROUP OBJECT BITOP'.split(' ');
    expect(words.filter((word) => isKnown(word) && !isCommandName(word))).toEqual([]);
    expect(words.every(isCommandName)).toBe(true);
  });
});
