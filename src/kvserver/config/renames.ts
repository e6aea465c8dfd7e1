/**
 * Commands under other names (`rename-command`), which keeps a dangerous one from those who do not know its new
 * name; the empty name switches a command off. Names are in lower case.
 */
export class Renames {
  private readonly newNames = new Map<string, string>();
  private readonly gone = new Set<string>();

  /** @returns why the words are none */
  add(words: readonly string[]): string | undefined {
    const [from, to] = words.map((word) => word.toLowerCase());
    if (from === undefined || to === undefined || words.length !== 2) return 'wrong number of arguments';
    if (this.newNames.has(to)) return 'Target command name already exists';
    this.gone.add(from);
    if (to !== '') this.newNames.set(to, from);
    return undefined;
  }

  get active(): boolean {
    return this.gone.size > 0;
  }

  /** The request under the command's own name; undefined when no command has that name any more. */
  translate(request: readonly string[]): readonly string[] | undefined {
    const name = request[0]!.toLowerCase();
    const own = this.newNames.get(name);
    if (own !== undefined) return [own, ...request.slice(1)];
    return this.gone.has(name) ? undefined : request;
  }
}
