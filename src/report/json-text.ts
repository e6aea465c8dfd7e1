/** JSON may hold them raw; some terminals take them for commands. */
const C1 = /[\x7f-\x9f]/g;
const escapeC1 = (each: string): string => `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`;

export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2).replace(C1, escapeC1)}\n`;
}
