/** Why a server could not be asked. */
export const SERVER_FAILURES = [
  'refused',
  'unreachable',
  'needs-password',
  'wrong-password',
  'no-permission',
  'timed-out',
  'not-redis',
  'tls',
  'closed',
  'cancelled',
  'failed',
] as const;
export type ServerFailure = (typeof SERVER_FAILURES)[number];

export class ServerError extends Error {
  override readonly name = 'ServerError';
  readonly status: ServerFailure;
  constructor(status: ServerFailure, message: string) {
    super(message);
    this.status = status;
  }
}

interface Asked {
  readonly user?: string;
  readonly password?: string;
  readonly tls?: object;
  readonly timeoutMs: number;
}

/**
 * Which failure it was, in one line: what failed, on what, what to try.
 * @param error what ended the conversation
 * @param cause what the connection reported before, which is nearer to the reason
 */
export function failureOf(
  error: unknown,
  cause: unknown,
  where: string,
  asked: Asked,
): { status: ServerFailure; reason: string } {
  // The server's own words and our own time limit stand as they are; else what the socket said is nearer to the reason.
  const isPlain = error instanceof ServerError || (error instanceof Error && error.name === 'ReplyError');
  const status = (isPlain ? classify(error) : (classify(cause) ?? classify(error))) ?? 'failed';
  const detail = messageOf(cause ?? error);
  switch (status) {
    case 'refused':
      return {
        status,
        reason: `nothing accepts connections at ${where}; check the port and the network namespace`,
      };
    case 'unreachable':
      return { status, reason: `${where} cannot be reached (${detail})` };
    case 'needs-password':
      return { status, reason: `${where} wants a password; set REDISCLI_AUTH or give --pass-file` };
    case 'wrong-password': {
      const who = asked.user === undefined ? '' : ` of user ${asked.user}`;
      return {
        status,
        reason: `${where} does not accept the password${who}; check REDISCLI_AUTH or --pass-file`,
      };
    }
    case 'no-permission':
      return { status, reason: `${where} refuses this client (${messageOf(error)})` };
    case 'timed-out':
      return {
        status,
        reason: `${where} did not answer within ${asked.timeoutMs / 1000} s; it may be blocked or stopped${asked.tls ? ', or speak no TLS' : ''}`,
      };
    case 'not-redis': {
      const hint = asked.tls ? '' : '; if it expects TLS, give --tls';
      return { status, reason: `what listens at ${where} does not speak the Redis protocol${hint}` };
    }
    case 'tls':
      return {
        status,
        reason: `no TLS connection to ${where} (${detail}); check --cacert, --cert and --key`,
      };
    case 'closed':
      return { status, reason: `${where} closed the connection without an answer` };
    case 'cancelled':
      return { status, reason: `asking ${where} was interrupted` };
    case 'failed':
      return { status, reason: `${where} could not be asked (${detail})` };
  }
}

function classify(error: unknown): ServerFailure | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error instanceof ServerError) return error.status;
  const { name, message } = error;
  const code = String((error as NodeJS.ErrnoException).code ?? '');
  if (/^NOAUTH|^ERR operation not permitted/.test(message)) return 'needs-password';
  if (/^WRONGPASS|^ERR invalid password/.test(message)) return 'wrong-password';
  if (/^(?:NOPERM|DENIED|ERR max number of clients)/.test(message)) return 'no-permission';
  // "Please report this" is what ioredis adds to whatever its decoder threw on the server's bytes.
  if (name === 'ParserError' || /protocol error|unknown RESP type|Please report this/i.test(message))
    return 'not-redis';
  if (code === 'ECONNREFUSED' || (code === 'ENOENT' && /connect/.test(message))) return 'refused';
  if (code === 'ETIMEDOUT' || /timed out/i.test(message)) return 'timed-out';
  if (/^(?:ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|EACCES)$/.test(code)) return 'unreachable';
  if (
    /^(?:ERR_TLS|ERR_SSL|ERR_OSSL|EPROTO|CERT_|UNABLE_TO|SELF_SIGNED|DEPTH_ZERO|ERR_INVALID_ARG)/.test(code)
  )
    return 'tls';
  if (/^(?:ECONNRESET|EPIPE)$/.test(code) || /Connection is closed|isn't writeable/.test(message))
    return 'closed';
  return undefined;
}

function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split('\n', 1)[0]!.slice(0, 200);
}
