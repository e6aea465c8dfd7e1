import { CommandError } from '../command-error.ts';
import { array, bool, bulk, double, integer, map, nil, push, type Resp, verbatim } from '../resp/reply.ts';

const NUMBERS = ['0', '1', '2'];
const BIG = '1234567999999999999999999999999999999';

/** DEBUG PROTOCOL: one reply of each type, by which client libraries test how they read it. */
export function protocolSample(type: string, resp: Resp): string {
  switch (type) {
    case 'string':
      return bulk('Hello World');
    case 'integer':
      return integer(12_345);
    case 'double':
      return double(resp, '3.141');
    case 'bignum':
      return resp === 3 ? `(${BIG}\r\n` : bulk(BIG);
    case 'null':
      return nil(resp);
    case 'array':
      return array(NUMBERS.map((one) => integer(Number(one))));
    case 'set':
      return `${resp === 3 ? '~' : '*'}3\r\n${NUMBERS.map((one) => integer(Number(one))).join('')}`;
    case 'map':
      return map(
        resp,
        [0, 1, 2].flatMap((i) => [integer(i), bool(resp, i === 1)]),
      );
    case 'attrib': {
      if (resp === 2) return bulk('Some real reply following the attribute');
      const popularity = array([bulk('key:123'), integer(90)]);
      return `|1\r\n${bulk('key-popularity')}${popularity}${bulk('Some real reply following the attribute')}`;
    }
    case 'push':
      if (resp === 2) throw new CommandError('ERR RESP2 is not supported by this command');
      return push(resp, [bulk('server-cpu-usage'), integer(42)]);
    case 'verbatim':
      return verbatim(resp, 'This is a verbatim\nstring');
    case 'true':
      return bool(resp, true);
    case 'false':
      return bool(resp, false);
    default:
      throw new CommandError(
        'ERR Wrong protocol type name. Please use one of the following: ' +
          'string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false',
      );
  }
}
