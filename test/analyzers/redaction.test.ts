import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diagnose } from '../../src/analyzers/engine.ts';
import { FORMATS } from '../../src/report/index.ts';
import { AppLog, BOTH } from '../support/app-log.ts';
import { outputs, topText } from '../support/tool-output.ts';
import {
  bulk,
  bulks,
  factsOf,
  int,
  LSOF,
  NIL,
  OK,
  page,
  type Surroundings,
  TraceLog,
} from '../support/trace-log.ts';

/** With a digit in each of the parts that are looked for, so that no word of a report ("property") holds one by chance. */
const secret = fc.stringMatching(/^[A-Za-z]\d[A-Za-z0-9]{8,16}\d[A-Za-z]$/);

interface Planted {
  readonly password: string;
  readonly key: string;
  readonly value: string;
  readonly member: string;
  readonly field: string;
  readonly token: string;
}

/** The slow query of the case on private data, between commands that carry passwords. */
function server(planted: Planted, shown: number): TraceLog {
  const { password, key, value, member, field } = planted;
  const keys = Array.from({ length: 40 }, (_, index) => `user:${key}${index}`);
  const log = new TraceLog({ shown })
    .turn(8, ['AUTH', password], OK)
    .turn(8, ['AUTH', 'app', password], OK)
    .turn(8, ['HELLO', '3', 'AUTH', 'app', password], bulks('server', 'redis'))
    .turn(8, ['CONFIG', 'SET', 'requirepass', password], OK)
    .turn(8, ['CONFIG', 'GET', 'requirepass'], bulks('requirepass', password))
    .turn(8, ['ACL', 'SETUSER', 'app', 'on', `>${password}`, '~*'], OK)
    .turn(8, ['EVAL', `return '${value}'`, '0'], bulk(value))
    .turn(8, [password], `-ERR unknown command '${password}'\r\n`);
  for (let from = 0; from < keys.length; from += 10) {
    log.turn(
      8,
      ['SCAN', String(from), 'MATCH', `user:${key}*`],
      page(from + 10, keys.slice(from, from + 10)),
    );
    for (const each of keys.slice(from, from + 10)) {
      log
        .turn(8, ['HGETALL', each], bulks(field, value))
        .turn(8, ['GET', each], bulk(value))
        .turn(8, ['SADD', `found:${key}`, each.slice(5)], int(1))
        .turn(8, ['RPUSH', `list:${key}`, member], `-WRONGTYPE ${value}\r\n`);
    }
  }
  return log
    .turn(8, ['SMEMBERS', `found:${key}`], bulks(...keys.map((each) => each.slice(5))))
    .turn(8, ['DEL', `found:${key}`], int(1))
    .line(`strace: odd ${'x'.repeat(3)}`)
    .call('write', `8, "${value}", 9`, '-1 EPIPE (Broken pipe)');
}

function client({ token, key, value }: Planted): AppLog {
  return new AppLog().http('GET', `/find/users?token=${token}&name=${value}`, (log) => {
    for (let index = 0; index < 25; index++) {
      log
        .ask(['GET', `user:${key}${index}`], index % 2 ? NIL : bulk(value))
        .ask(['SADD', 'seen', `${key}${index}`], int(1));
    }
  });
}

function surroundings({ password, token }: Planted): Surroundings {
  return {
    ...outputs({
      top: topText().replace(
        'redis-server',
        `redis-server *:6379 --requirepass ${password} API_TOKEN=${token}`,
      ),
      lsof: LSOF,
      pidstat: `12:49:35  UID  PID  kB_rd/s  kB_wr/s kB_ccwr/s iodelay  Command\n12:49:36  100  9085  0.00  636.00  0.00  1  redis-server --masterauth ${password} redis://app:${password}@db/0\n`,
    }),
    ...BOTH,
  };
}

const planted = fc.record<Planted>({
  ...{ password: secret, key: secret, value: secret, member: secret, field: secret, token: secret },
});
const texts = (report: ReturnType<typeof diagnose>) =>
  Object.entries(FORMATS).map(([name, render]) => [name, render(report, { colour: false })] as const);

describe('a report', () => {
  it('shows no key beyond its prefix, no value, no password, no token', () => {
    fc.assert(
      fc.property(planted, fc.constantFrom(16, 32, 64, 1024), (secrets, shown) => {
        const log = `${server(secrets, shown).text}${client(secrets).text}`;
        const report = diagnose(factsOf(log, surroundings(secrets)), {});
        expect(report.findings.length).toBeGreaterThan(1);
        for (const [format, text] of texts(report)) {
          for (const [what, word] of Object.entries(secrets)) {
            // A key without a delimiter shows its first four characters, so look for more than that.
            for (const part of [word.slice(0, 6), word.slice(-6)])
              expect(
                `${format} ${text.toLowerCase().includes(part.toLowerCase()) ? `shows the ${what}` : ''}`,
              ).toBe(`${format} `);
          }
        }
      }),
      { numRuns: 25 },
    );
  });

  it('shows them where it was asked not to redact', () => {
    const [secrets] = fc.sample(planted, { numRuns: 1, seed: 1 });
    const report = diagnose(
      factsOf(server(secrets!, 1024), { ...surroundings(secrets!), redact: false }),
      {},
    );
    expect(FORMATS.json(report)).toContain(secrets!.key);
    expect(FORMATS.json(report)).toContain(secrets!.value);
  });
});
