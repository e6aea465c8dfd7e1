/** The client broke the protocol: it gets one error and the connection is closed, for nothing after it can be trusted. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
  constructor(what: string) {
    super(`Protocol error: ${what}`);
  }
}
