import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseManifest, printManifest } from '../../src/kvserver/aof/manifest.ts';
import { addDecimals } from '../../src/kvserver/commands/decimal.ts';
import { assembleConfig } from '../../src/kvserver/config/assemble.ts';
import { parseConfFile, parseFlags } from '../../src/kvserver/config/conf-file.ts';
import { globMatch } from '../../src/kvserver/store/glob.ts';

describe('globMatch', () => {
  it.each([
    ['*', '', true],
    ['uuid:*', 'uuid:1', true],
    ['uuid:*', 'uuid', false],
    ['h?llo', 'hello', true],
    ['h?llo', 'hllo', false],
    ['h[ae]llo', 'hallo', true],
    ['h[^e]llo', 'hello', false],
    ['h[a-c]llo', 'hbllo', true],
    ['h[c-a]llo', 'hbllo', true],
    ['a\\*b', 'a*b', true],
    ['a\\*b', 'aXb', false],
    ['*a*b*', 'xaybz', true],
    ['*a', 'ab', false],
    ['[abc', 'c', true],
    ['a*c', 'abcbc', true],
    ['', '', true],
    ['', 'a', false],
    ['**', 'anything', true],
  ])('%s on %s: %s', (pattern, text, matches) => {
    expect(globMatch(pattern, text)).toBe(matches);
  });

  it('is quick on patterns that kill naive matchers', () => {
    expect(globMatch(`${'a*'.repeat(50)}b`, 'a'.repeat(5000))).toBe(false);
  });

  it('matches every text with itself escaped', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(globMatch(text.replace(/[\\*?[\]^]/g, '\\$&'), text)).toBe(true);
      }),
    );
  });
});

describe('addDecimals', () => {
  it.each([
    ['0.1', '0.2', '0.3'],
    ['10.50', '0.1', '10.6'],
    ['5.0e3', '2.0e2', '5200'],
    ['-1.5', '1.5', '0'],
    ['3', '-5.25', '-2.25'],
    ['.5', '.5', '1'],
    ['1e-17', '0', '0.00000000000000001'],
    ['1e-19', '0', '0'],
    // Where 64 bits of mantissa end, as on x86-64.
    ['1e3', '1.1', '1001.09999999999999998'],
  ])('%s + %s = %s', (a, b, sum) => {
    expect(addDecimals(a, b)).toBe(sum);
  });
  it('knows no infinity', () => {
    expect(addDecimals('inf', '1')).toBeUndefined();
    expect(addDecimals('1e400', '1')).toBeUndefined();
  });
});

describe('redis.conf', () => {
  it('reads lines and says where they are', () => {
    const { settings, problems } = parseConfFile(
      '# remark\nport 7000\n\nbind 127.0.0.1 -::1\ndir "/a b"\nx "\n',
      'f.conf',
    );
    expect(settings.map(({ name, words }) => [name, ...words])).toEqual([
      ['port', '7000'],
      ['bind', '127.0.0.1', '-::1'],
      ['dir', '/a b'],
    ]);
    expect(problems).toEqual(['f.conf line 6: unbalanced quotes']);
  });

  it('reads flags as redis-server does', () => {
    const { operands, settings } = parseFlags([
      'my.conf',
      '--port',
      '7000',
      '--bind',
      '127.0.0.1',
      '::1',
      '--save',
      '',
    ]);
    expect(operands).toEqual(['my.conf']);
    expect(settings.map(({ name, words }) => [name, ...words])).toEqual([
      ['port', '7000'],
      ['bind', '127.0.0.1', '::1'],
      ['save', ''],
    ]);
  });

  it.each([
    [
      ['--port=7000', '--dir', '/a'],
      [
        ['port', '7000'],
        ['dir', '/a'],
      ],
    ],
    [['--port 7000'], [['port', '7000']]],
    [['--client-output-buffer-limit', 'normal 0 0 0'], [['client-output-buffer-limit', 'normal 0 0 0']]],
    // The first word is a value whatever it looks like; --save may stand alone.
    [
      ['--logfile', '--x', '--port', '1'],
      [
        ['logfile', '--x'],
        ['port', '1'],
      ],
    ],
    [
      ['--save', '--port', '1'],
      [['save'], ['port', '1']],
    ],
    [['--maxmemory', '-1'], [['maxmemory', '-1']]],
    [['--port'], [['port']]],
  ])('reads %j', (args, expected) => {
    expect(parseFlags(args).settings.map(({ name, words }) => [name, ...words])).toEqual(expected);
  });

  it('warns of unknown directives and refuses bad values', () => {
    const setting = (line: string) => {
      const [name, ...words] = line.split(' ');
      return { name: name!, words, where: line };
    };
    const { config, warnings, errors } = assembleConfig(
      [
        'APPENDFSYNC always',
        'io-threads 4',
        'save 900 1',
        'save 300 10 60 1000',
        'save 5',
        'proto-max-bulk-len 1mb',
        'appendfsync sometimes',
        'port 70000',
      ].map(setting),
    );
    expect(config.values.appendfsync).toBe('always');
    expect(config.values['proto-max-bulk-len']).toBe(1024 ** 2);
    expect(config.print('save')).toBe('900 1 300 10 60 1000');
    expect(warnings).toHaveLength(1);
    expect(errors).toHaveLength(3);
    expect(errors[0]).toContain('Invalid save parameters');
    expect(errors[1]).toContain('argument(s) must be one of the following: everysec, always, no');
  });
});

describe('manifest', () => {
  const text =
    'file appendonly.aof.2.base.aof seq 2 type b\n' +
    'file appendonly.aof.1.incr.aof seq 1 type h\n' +
    'file "a b.2.incr.aof" seq 2 type i\n';

  it('prints what it read', () => {
    expect(printManifest(parseManifest(text))).toBe(text);
  });

  it.each([
    ['file a seq 1\n'],
    ['file a seq 0 type i\n'],
    ['file ../a seq 1 type i\n'],
    ['file a seq 2 type i\nfile b seq 1 type i\n'],
    ['file a seq 1 type b\nfile b seq 2 type b\n'],
    ['rubbish\n'],
    [''],
    ['file a seq 1 type b\n\nfile b seq 1 type i\n'],
    [`file ${'a'.repeat(1100)} seq 1 type b\n`],
  ])('refuses %j', (bad) => {
    expect(() => parseManifest(bad)).toThrow('manifest');
  });
});
