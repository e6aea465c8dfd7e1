import { printable } from './printable.ts';

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  // Within an attribute they would be read as blanks.
  '\n': '&#10;',
  '\r': '&#13;',
  '\t': '&#9;',
};

/** Any text, for an element or a quoted attribute of XML 1.0 or HTML. Source: Extensible Markup Language 1.0, 2.2. */
export function xmlText(text: string): string {
  return printable(text).replace(/[&<>"'\n\r\t]/g, (each) => ENTITIES[each]!);
}
