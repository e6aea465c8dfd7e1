import { judgeJobs } from '../beside-jobs.ts';
import type { Rule } from '../rule.ts';

/** Do syncs and appends get slow while the append-only log is rewritten? */
export const aofRewriteContention: Rule = {
  id: 'aof-rewrite-contention',
  question: 'Do syncs and appends get slow while the append-only log is rewritten?',
  check: (facts) =>
    judgeJobs(facts, 'rewrite', {
      id: 'aof-rewrite-contention',
      title: 'Rewriting the append-only log holds up the syncs of the log',
      fix: {
        summary:
          'Do not sync while a rewrite runs, or rewrite less often (auto-aof-rewrite-percentage, auto-aof-rewrite-min-size), or at a quiet hour.',
        command: 'CONFIG SET no-appendfsync-on-rewrite yes',
        cost: 'A crash of the machine during a rewrite may lose up to 30 s of acknowledged writes.',
      },
    }),
};
