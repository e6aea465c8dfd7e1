import { publicPath } from '../../core/redact.ts';
import { masked } from './protocol.ts';

/** Of the head of an HTTP/1.1 message: the method, the path as reports show it, the status, and how long the body is. */

const REQUEST = /^([A-Z]+) (\S+) (HTTP\/1\.[01])\r\n/;
const STATUS = /^HTTP\/1\.[01] \d{3}/;
const METHODS = /^(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|CONNECT|TRACE)$/;
/** Headers that say where a message ends and whether the connection goes on. */
const FRAMING =
  /^(?:Content-Length: *\d{1,15}|Transfer-Encoding: *chunked|Connection: *(?:close|keep-alive))$/i;

/** A payload that moved over a connection on which HTTP requests come in. Its length stays the same. */
export function redactHttp(payload: string): string {
  const request = REQUEST.exec(payload);
  if (request) {
    const [line, method, target, version] = request;
    const shown = METHODS.test(method!) ? method! : 'X'.repeat(method!.length);
    return `${shown} ${redactTarget(target!)} ${version}\r\n${redactHeaders(payload.slice(line.length))}`;
  }
  const status = STATUS.exec(payload)?.[0];
  if (status === undefined) return masked(payload);
  const end = payload.indexOf('\r\n');
  if (end < 0) return status + masked(payload.slice(status.length));
  return `${status}${masked(payload.slice(status.length, end))}\r\n${redactHeaders(payload.slice(end + 2))}`;
}

function redactHeaders(text: string): string {
  const end = text.indexOf('\r\n\r\n');
  const head = end < 0 ? text : text.slice(0, end);
  const lines = head.split('\r\n');
  const kept = lines.map((line, index) => {
    // A line that was cut may go on: only one with its end is known.
    const isWhole = end >= 0 || index < lines.length - 1;
    return isWhole && FRAMING.test(line) ? line : masked(line);
  });
  const body = end < 0 ? '' : `\r\n\r\n${masked(text.slice(end + 4))}`;
  return kept.join('\r\n') + body;
}

/** The target of a request line: its path as publicPath shows it, the rest masked. */
function redactTarget(target: string): string {
  const path = target.split(/[?#]/, 1)[0]!;
  const rest = target.slice(path.length);
  const segments = path.split('/').map((segment) => (isPrivate(segment) ? privateStandIn(segment) : segment));
  return segments.join('/') + (rest === '' ? '' : rest[0] + masked(rest.slice(1)));
}

function isPrivate(segment: string): boolean {
  return publicPath(segment) !== segment;
}

/** It is taken for private again. */
function privateStandIn(segment: string): string {
  return segment.length === 1 ? '@' : '0'.repeat(segment.length);
}
