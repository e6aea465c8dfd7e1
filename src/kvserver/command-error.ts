/** A command that ends with an error reply. The message begins with its code: "ERR …", "WRONGTYPE …". */
export class CommandError extends Error {
  override readonly name = 'CommandError';

  static syntax(): CommandError {
    return new CommandError('ERR syntax error');
  }
  static notAnInteger(): CommandError {
    return new CommandError('ERR value is not an integer or out of range');
  }
  static wrongType(): CommandError {
    return new CommandError('WRONGTYPE Operation against a key holding the wrong kind of value');
  }
}
