import type { Session } from '../session.ts';

/** A directive that allows something to nobody, to everybody, or to clients of this machine. */
export type Allowance = 'no' | 'yes' | 'local';

export function allows(setting: Allowance, { peer }: Session): boolean {
  if (setting !== 'local') return setting === 'yes';
  return peer === undefined || /^(127\.|\[?::1\]?:|\[?::ffff:127\.)/.test(peer.address);
}
