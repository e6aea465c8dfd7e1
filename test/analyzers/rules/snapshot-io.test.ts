import { jobLog } from '../../support/job-logs.ts';
import { busyReader } from '../../support/logs.ts';
import { askedTwice } from '../../support/server-answers.ts';
import { LSOF } from '../../support/trace-log.ts';
import { judges } from './table.ts';

const CONTENDED = { kind: 'snapshot', duringUs: 25_000, otherwiseUs: 5000 } as const;
const saved = askedTwice({ rdb_last_save_time: 1_795_298_000 }, { rdb_last_save_time: 1_795_298_704 });

judges('snapshot-io', {
  fires: {
    'syncs that take five times as long': () => ({ log: jobLog(CONTENDED) }),
    'threads that write, not a child': () => ({ log: jobLog({ ...CONTENDED, threads: true }) }),
    'a child of which only the server says what it wrote': () => ({
      ...{ log: jobLog({ ...CONTENDED, early: true }), ...saved },
    }),
    'appends that are held': () => ({
      ...{ log: jobLog({ ...CONTENDED, policy: 'everysec', appendUs: 60_000 }), lsof: LSOF },
    }),
  },
  spares: {
    'a snapshot on a fast disk': () => ({ log: jobLog({ ...CONTENDED, duringUs: 500, otherwiseUs: 400 }) }),
    'a rewrite': () => ({ log: jobLog({ ...CONTENDED, kind: 'rewrite' }) }),
    'a child that is neither': () => ({ log: jobLog({ ...CONTENDED, early: true }) }),
    'a busy reader': () => ({ log: busyReader() }),
  },
  cannotTell: {
    'no log': () => ({}),
  },
});
