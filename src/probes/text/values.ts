/** An object type whose keys may hold undefined, with these keys optional instead. */
export type Present<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** Leaves out the keys whose value is undefined: what a tool did not print is absent. */
export function present<T extends object>(fields: T): Present<T> {
  const kept: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fields)) {
    if (value !== undefined) kept[key] = value;
  }
  return kept as Present<T>;
}

const DECIMAL = /^[-+]?\d+(?:[.,]\d+)?$/;

/** "1.76", or "1,76" as some locales print it; undefined for anything else. */
export function decimal(token: string | undefined): number | undefined {
  if (token === undefined || !DECIMAL.test(token)) return undefined;
  return Number(token.replace(',', '.'));
}

/** A decimal that is not negative. Tools print -1.00 for what they were not allowed to read. */
export function amount(token: string | undefined): number | undefined {
  const value = decimal(token);
  return value === undefined || value < 0 ? undefined : value;
}

/** Digits only, small enough to be exact. */
export function whole(token: string | undefined): number | undefined {
  if (token === undefined || !/^\d{1,16}$/.test(token)) return undefined;
  const value = Number(token);
  return Number.isSafeInteger(value) ? value : undefined;
}
