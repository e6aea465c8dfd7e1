import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { assemble } from '../../src/capture/assemble.ts';
import type { RawCapture, RawOutput } from '../../src/capture/raw-capture.ts';
import { programOf } from '../../src/core/redact.ts';
import { Redactor } from '../../src/recording/redact/capture.ts';
import { redactOutput } from '../../src/recording/redact/outputs.ts';

const SECRET = 'hunter2-Zq8fPw';

const redact = (probe: string, text: string): string => redactOutput({ probe, source: probe, text })!.text;

/** A name with a space in it looks like a program with an argument. */
const program = ({ command }: { command?: string }) =>
  command === undefined ? {} : { command: programOf(command) };

function sightings(output: RawOutput): object[] {
  const capture: RawCapture = { target: {}, outputs: [output], missing: {}, clients: [] };
  return assemble(capture, { redact: true }).facts.sightings.map(({ item }) => item);
}

describe('outputs of tools', () => {
  it.each([
    [
      'top',
      `  PID USER      PR  NI    VIRT    RES    SHR S  %CPU %MEM     TIME+ COMMAND\n 9085 redis     20   0   28352   9760   1860 D   5.0  0.1   0:04.34 /usr/bin/redis-server *:6379 --requirepass ${SECRET}\n`,
      'redis-server\n',
    ],
    [
      'pidstat',
      `Linux 6.1.0 (${SECRET}) \t11/22/26 \t_x86_64_\t(2 CPU)\n\n12:49:35  UID  PID  kB_rd/s  kB_wr/s kB_ccwr/s iodelay  Command\n12:49:36  100  9085  0.00  636.00  0.00  1  redis-cli -a ${SECRET} ping\n`,
      'redis-cli\n',
    ],
    ['iostat', `Linux 6.1.0 (${SECRET}) \t11/22/26 \t_x86_64_\t(2 CPU)\n`, '(host)'],
    [
      'lsof',
      `COMMAND  PID USER   FD   TYPE DEVICE SIZE/OFF NODE NAME\nnode    9181 root    5u  IPv4  12345      0t0  TCP 127.0.0.1:1->127.0.0.1:6379 (ESTABLISHED) redis://u:${SECRET}@db\n`,
      '://…@db',
    ],
    [
      'redis',
      `> INFO all\n# Errorstats\nerrorstat_${SECRET}:count=1\nerrorstat_ERR:count=2\n> CONFIG GET requirepass\nrequirepass ${SECRET}\n> CONFIG GET appendfsync\nappendfsync always\n> CLIENT LIST\nid=3 addr=127.0.0.1:32996 laddr=127.0.0.1:6379 fd=8 name=${SECRET} age=12 idle=0 flags=N db=0 cmd=get user=${SECRET}\n> LATENCY LATEST\nexpire-cycle 1795298718 25 41\n${SECRET} 1795298718 25 41\n> SLOWLOG LEN\n3\n> ACL LIST\nuser app on >${SECRET}\n(error) ERR unknown ${SECRET}\n! failed: ${SECRET}\n`,
      'appendfsync always',
    ],
    [
      'docker',
      `{"Id":"ec41cb9e4dd5","Name":"/redis","State":{"Pid":9085,"Running":true},"Config":{"Image":"redis","Env":["PASSWORD=${SECRET}"],"Cmd":["redis-server","--requirepass","${SECRET}"]},"HostConfig":{"NetworkMode":"bridge"}}\n`,
      '"Name":"redis"',
    ],
  ])('%s keeps what reports need, and no secret', (probe, text, kept) => {
    const redacted = redact(probe, text);
    expect(redacted).not.toContain(SECRET);
    expect(redacted).toContain(kept);
    if (probe !== 'docker') expect(redacted.split('\n')).toHaveLength(text.split('\n').length);
  });

  it('of a tool that is not known, nothing is kept, and it is said', () => {
    expect(redactOutput({ probe: 'new', source: 'new', text: SECRET })).toBeUndefined();
    const capture: RawCapture = {
      ...{ target: { pid: 1 }, missing: { top: 'top is not installed' }, clients: [] },
      outputs: [{ probe: 'new', source: 'new', text: SECRET }],
    };
    const { outputs, missing } = new Redactor().capture(capture);
    expect(outputs).toEqual([]);
    expect(missing).toEqual({ top: 'top is not installed', new: expect.stringContaining('left out') });
  });

  it('reasons lose what looks like a password', () => {
    const capture = {
      target: {},
      outputs: [],
      clients: [],
      missing: { lsof: `tool --password=${SECRET} failed` },
    };
    expect(JSON.stringify(new Redactor().capture(capture))).not.toContain(SECRET);
  });
});

describe('everything that tools really printed', () => {
  const probes = ['top', 'iostat', 'pidstat', 'lsof', 'proc', 'redis'];
  const cases = probes.flatMap((probe) =>
    readdirSync(`test/fixtures/${probe}`)
      .filter((name) => name.endsWith('.out') && !/command-lines|secrets|client/.test(name))
      // Of a server, only what perfcase itself wrote down.
      .filter((name) => probe !== 'redis' || /debian12.*--(?:capture|config-forbidden)/.test(name))
      .map((name) => [probe, name] as const),
  );

  it.each(cases)('%s %s means the same', (probe, name) => {
    const text = readFileSync(`test/fixtures/${probe}/${name}`, 'utf8');
    const output = { probe, source: probe, text };
    const items = (each: RawOutput) =>
      sightings(each).map((item) => ({ ...item, text: '', ...program(item as { command?: string }) }));
    expect(items(redactOutput(output)!)).toEqual(items(output));
  });
});
