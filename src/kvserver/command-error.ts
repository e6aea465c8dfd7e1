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

  /** Too many arguments for a subcommand that checks their number itself. */
  static wrongSubcommand(container: string, name: string): CommandError {
    return new CommandError(
      `ERR unknown subcommand or wrong number of arguments for '${name}'. Try ${container} HELP.`,
    );
  }
}
