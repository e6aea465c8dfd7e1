import type { DescriptorObservation } from '../core/observation.ts';
import { present } from './text/values.ts';

export type LsofName = Pick<DescriptorObservation, 'name'> &
  Partial<
    Pick<DescriptorObservation, 'deleted' | 'protocol' | 'localAddress' | 'remoteAddress' | 'tcpState'>
  >;

const STATE = /\s\((?:ST=)?([A-Z][A-Z0-9_]{2,11})(?:\s[^()]*)?\)$/;
/** Addresses hold no ">", so there is one place to look for the arrow. */
const PAIR = /^([^\s>]+:[^\s>]+)->([^\s>]+:[^\s>]+)$/;
/** Host names have 253 characters at most; anything longer is no pair of addresses. */
const MAX_ADDRESS = 600;
const ALONE = /^(?:\*|[\w.-]+|\[[0-9a-fA-F:.%\w]+\]):(?:\*|[\w.-]+)$/;

/**
 * What NAME says: a path, perhaps "(deleted)"; "local->remote (STATE)" or "local (LISTEN)" of a socket;
 * "protocol: TCP" of a socket in another network namespace.
 */
export function readName(text: string): LsofName {
  const deleted = / \(deleted\)$/.test(text);
  if (deleted) return { name: text.slice(0, -' (deleted)'.length), deleted };
  const protocol = /^protocol: (\S+)/.exec(text)?.[1];
  if (protocol !== undefined) return { name: text, protocol };
  if (text.startsWith('/')) return { name: text };
  const state = STATE.exec(text);
  const address = state ? text.slice(0, state.index) : text;
  if (address.length > MAX_ADDRESS) return { name: text };
  const pair = PAIR.exec(address);
  if (!pair && !ALONE.test(address)) return { name: text };
  return {
    name: text,
    ...present({ localAddress: pair?.[1] ?? address, remoteAddress: pair?.[2], tcpState: state?.[1] }),
  };
}
