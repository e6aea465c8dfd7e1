/** Controls, and the marks that turn the direction around in which a line is read. */
const CONTROLS = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g;
/** Half a surrogate pair, and what Unicode says is no character: no XML may hold them, not even as a reference. */
const NO_CHARACTERS =
  /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]|[\ufffe\uffff]/g;

/** Text as it may be shown: names of files and processes must not reach the terminal as commands to it. */
export function printable(text: string): string {
  return text.replace(CONTROLS, '·').replace(NO_CHARACTERS, '·');
}
