export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: XmlElement[];
  text: string;
}

const NAME = '[A-Za-z_][\\w.-]*';
const TOKEN = new RegExp(`<(/?)(${NAME})((?:\\s+${NAME}="[^"<]*")*)\\s*(/?)>|([^<]+)`, 'y');
/** Char of XML 1.0, section 2.2. */
const CHARS = /^[\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]*$/u;
const REFERENCE = /&(?:(amp|lt|gt|quot)|#(\d+));/g;
const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"' };

/** A strict reader of the XML that perfcase writes: no comments, no namespaces. @throws when it is not well-formed */
export function parseXml(xml: string): XmlElement {
  if (!CHARS.test(xml)) throw new Error('a character that XML does not know');
  const declaration = '<?xml version="1.0" encoding="UTF-8"?>\n';
  if (!xml.startsWith(declaration)) throw new Error('no declaration');
  const top: XmlElement = { name: '', attributes: {}, children: [], text: '' };
  const open = [top];
  TOKEN.lastIndex = declaration.length;
  while (TOKEN.lastIndex < xml.length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(xml);
    if (!match) throw new Error(`not well-formed at ${xml.slice(at, at + 60)}`);
    const [, slash, name, attributes, closed, text] = match;
    if (text !== undefined) open.at(-1)!.text += decoded(text);
    else if (slash) {
      if (open.pop()!.name !== name) throw new Error(`</${name}> closes nothing`);
    } else {
      const element: XmlElement = { name: name!, attributes: read(attributes!), children: [], text: '' };
      open.at(-1)!.children.push(element);
      if (!closed) open.push(element);
    }
  }
  if (open.length > 1) throw new Error(`<${open.at(-1)!.name}> is not closed`);
  if (top.children.length !== 1 || top.text.trim() !== '') throw new Error('not one root');
  return top.children[0]!;
}

function read(attributes: string): Record<string, string> {
  const entries = [...attributes.matchAll(/([\w.-]+)="([^"]*)"/g)].map(([, name, value]) => [
    name!,
    decoded(value!),
  ]);
  if (new Set(entries.map(([name]) => name)).size !== entries.length) throw new Error('an attribute twice');
  return Object.fromEntries(entries);
}

function decoded(text: string): string {
  if (text.replaceAll(REFERENCE, '').includes('&')) throw new Error(`a bare & in ${text.slice(0, 60)}`);
  return text.replaceAll(REFERENCE, (_, name?: string, code?: string) =>
    name ? NAMED[name]! : String.fromCodePoint(Number(code)),
  );
}
