import { Config, type Setting } from './config.ts';

/**
 * Puts settings together in the order given; a later one wins. A directive that appears in several lines
 * (`save`) is not special: the last line stands.
 * @returns the configuration, warnings for directives this server does not know, and errors for values that
 *   are none; with an error the server must not start
 */
export function assembleConfig(settings: readonly Setting[]): {
  config: Config;
  warnings: string[];
  errors: string[];
} {
  const config = new Config();
  const warnings: string[] = [];
  const errors: string[] = [];
  for (const { name, words, where } of settings) {
    const known = Config.find(name);
    if (!known) {
      warnings.push(`${where}: the directive "${name}" is not known here and is ignored`);
      continue;
    }
    const result = config.read(known, words);
    if ('change' in result) config.apply(result.change);
    // Snapshots differ: a redis.conf with `save` is common, and ignoring it loses no promise of this server.
    else if (known === 'save') warnings.push(`${where}: ${result.reason}; "save" is ignored`);
    else errors.push(`${where}: "${[name, ...words].join(' ')}": ${result.reason}`);
  }
  return { config, warnings, errors };
}
