import type { Command } from 'commander';
import { UserError } from '../core/errors.ts';
import type { ServerAddress } from '../probes/redis.ts';
import { readSmallFile } from './small-file.ts';

/** How to get into a server; named as redis-cli names them. */
export interface ServerFlags {
  readonly user?: string;
  readonly passFile?: string;
  readonly tls?: boolean;
  readonly cacert?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly insecure?: boolean;
}

/** @param prefix stands before each description, to say whom the option concerns */
export function addServerFlags(command: Command, prefix = ''): Command {
  return command
    .option('--user <name>', `${prefix}ACL user; the password is taken from REDISCLI_AUTH or --pass-file`)
    .option('--pass-file <file>', `${prefix}a file whose first line is the password`)
    .option('--tls', `${prefix}speak TLS to the server`)
    .option('--cacert <file>', `${prefix}certificate of the server's authority`)
    .option('--cert <file>', `${prefix}the client's certificate`)
    .option('--key <file>', `${prefix}the client's key`)
    .option('--insecure', `${prefix}do not check the server's certificate`);
}

/**
 * User, password and TLS of the flags.
 * @throws UserError when a file cannot be read
 */
export function accessOf(
  flags: ServerFlags,
  env: NodeJS.ProcessEnv,
): Pick<ServerAddress, 'user' | 'password' | 'tls'> {
  const { user, passFile, cacert, cert, key, insecure } = flags;
  for (const file of [cacert, cert, key]) if (file !== undefined) firstLine(file);
  const password = passFile === undefined ? env.REDISCLI_AUTH : firstLine(passFile);
  const secure = flags.tls || cacert || cert || key || insecure;
  return {
    ...(user === undefined ? {} : { user }),
    ...(password ? { password } : {}),
    ...(secure
      ? {
          tls: {
            ...(cacert === undefined ? {} : { caFile: cacert }),
            ...(cert === undefined ? {} : { certFile: cert }),
            ...(key === undefined ? {} : { keyFile: key }),
            ...(insecure ? { insecure: true } : {}),
          },
        }
      : {}),
  };
}

function firstLine(path: string): string {
  try {
    return readSmallFile(path).split(/\r?\n/, 1)[0]!;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new UserError(`${path} cannot be read (${code}); give a file that you may read.`);
  }
}
