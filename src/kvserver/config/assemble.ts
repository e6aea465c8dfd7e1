import { Config, type Setting } from './config.ts';
import { ELSEWHERE } from './elsewhere.ts';
import { nearestName } from './nearest-name.ts';

/**
 * Puts settings together in the order given; a later one wins. Lines of `save` add to each other, and an empty
 * one forgets those before it.
 * @returns the configuration, warnings for directives that only other servers obey, and errors for names and values
 *   that are none; with an error the server must not start
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
    if (name.toLowerCase() === 'rename-command') {
      const reason = config.renames.add(words);
      if (reason !== undefined) errors.push(`${where}: '${[name, ...words].join(' ')}': ${reason}`);
      continue;
    }
    const known = Config.find(name);
    if (!known) {
      if (ELSEWHERE.has(name.toLowerCase())) {
        warnings.push(`${where}: the directive "${name}" is not known here and is ignored`);
      } else errors.push(`${where}: ${noSuch(name, config)}`);
      continue;
    }
    const result = config.read(known, words);
    if ('change' in result) {
      const before = config.values.save;
      config.apply(result.change);
      if (known === 'save' && config.values.save.length > 0)
        config.values.save = [...before, ...config.values.save];
      if (Config.isInert(known) && !config.isDefault(known)) {
        warnings.push(`${where}: the directive "${name}" is accepted, but has no effect here`);
      }
    } else errors.push(`${where}: '${[name, ...words].join(' ')}': ${result.reason}`);
  }
  return { config, warnings, errors };
}

/** The longest name that a message repeats whole. */
const NAME_LENGTH = 60;

function noSuch(name: string, config: Config): string {
  if (name.length > NAME_LENGTH) return `there is no directive "${name.slice(0, NAME_LENGTH)}…"`;
  const meant = nearestName(name.toLowerCase(), [
    ...config.names(),
    'include',
    'rename-command',
    ...ELSEWHERE,
  ]);
  return `there is no directive "${name}"; ${meant === undefined ? 'leave it out' : `did you mean "${meant}"?`}`;
}
