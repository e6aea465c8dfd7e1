import { judgeJobs } from '../beside-jobs.ts';
import type { Rule } from '../rule.ts';

/** Do syncs and appends get slow while a snapshot is written? */
export const snapshotIo: Rule = {
  id: 'snapshot-io',
  question: 'Do syncs and appends get slow while a snapshot is written?',
  check: (facts) =>
    judgeJobs(facts, 'snapshot', {
      id: 'snapshot-io',
      title: 'Writing a snapshot holds up the syncs of the append-only log',
      fix: {
        summary:
          'Where the append-only log is on, save less often or not at all, on a replica, or on another disk.',
        command: 'CONFIG SET save ""',
        cost: 'Without save points there are no snapshots; the append-only file stays.',
      },
    }),
};
