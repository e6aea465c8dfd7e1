/** The colours that the report uses, as a light terminal shows them. */
const STYLES: Readonly<Record<string, string>> = {
  '1': 'font-weight:700',
  '2': 'color:#5a6270',
  '4': 'text-decoration:underline',
  '31': 'color:#b3261e',
  '32': 'color:#146c2e',
  '33': 'color:#8a5300',
  '34': 'color:#0b57d0',
  '36': 'color:#00687a',
};

/** What switches which of them off. */
const ENDS: Readonly<Record<string, readonly string[]>> = {
  '22': ['1', '2'],
  '24': ['4'],
  '39': ['31', '32', '33', '34', '36'],
};

/** What a command prints on a terminal, as a page. @param until the lines from the first such one on are left out */
export function terminalPage(command: string, ansi: string, until: RegExp): string {
  const lines = ansi.trimEnd().split('\n');
  const end = lines.findIndex((line) => until.test(line));
  const text = (end < 0 ? lines : lines.slice(0, end)).join('\n').trimEnd();
  return (
    '<!doctype html><meta charset="utf-8"><style>body{margin:0;padding:20px 24px;background:#fff;color:#1a1e24}' +
    'pre{margin:0;font:13px/1.35 "DejaVu Sans Mono",ui-monospace,monospace}</style>' +
    `<pre><b style="color:#146c2e">$</b> ${command}\n${spans(text)}</pre>`
  );
}

function spans(ansi: string): string {
  const on = new Set<string>();
  return ansi
    .split(/\x1b\[([\d;]*)m/)
    .map((part, index) => {
      if (index % 2 === 1) {
        for (const code of part.split(';')) {
          if (code in STYLES) on.add(code);
          for (const each of ENDS[code] ?? []) on.delete(each);
          if (code === '0' || code === '') on.clear();
        }
        return '';
      }
      const text = part.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
      return on.size === 0
        ? text
        : `<span style="${[...on].map((code) => STYLES[code]).join(';')}">${text}</span>`;
    })
    .join('');
}
