import type { Rule } from '../rule.ts';
import { aofRewriteContention } from './aof-rewrite-contention.ts';
import { backlogOverflow } from './backlog-overflow.ts';
import { bigKeyDelete } from './big-key-delete.ts';
import { bigKeyRead } from './big-key-read.ts';
import { blockingScript } from './blocking-script.ts';
import { clientStall } from './client-stall.ts';
import { connectionChurn } from './connection-churn.ts';
import { cpuSaturated } from './cpu-saturated.ts';
import { cpuSteal } from './cpu-steal.ts';
import { cpuThrottled } from './cpu-throttled.ts';
import { delayedAck } from './delayed-ack.ts';
import { diskSaturated } from './disk-saturated.ts';
import { eviction } from './eviction.ts';
import { expireStorm } from './expire-storm.ts';
import { forkStall } from './fork-stall.ts';
import { fsyncBacklog } from './fsync-backlog.ts';
import { fsyncPerWrite } from './fsync-per-write.ts';
import { hugePipeline } from './huge-pipeline.ts';
import { iopsCap } from './iops-cap.ts';
import { keysCommand } from './keys-command.ts';
import { memoryPressure } from './memory-pressure.ts';
import { monitorAttached } from './monitor-attached.ts';
import { nPlusOneReads } from './n-plus-one-reads.ts';
import { noisyDiskNeighbour } from './noisy-disk-neighbour.ts';
import { outputBufferBacklog } from './output-buffer-backlog.ts';
import { retransmits } from './retransmits.ts';
import { runQueueWait } from './run-queue-wait.ts';
import { scanSmallCount } from './scan-small-count.ts';
import { singleThreadSaturated } from './single-thread-saturated.ts';
import { slowCommand } from './slow-command.ts';
import { smallSyncWrites } from './small-sync-writes.ts';
import { snapshotIo } from './snapshot-io.ts';
import { swapping } from './swapping.ts';
import { tableScan } from './table-scan.ts';
import { tracerAttached } from './tracer-attached.ts';
import { transparentHugePages } from './transparent-huge-pages.ts';
import { writeInReadPath } from './write-in-read-path.ts';

/** Every cause that perfcase knows. A new cause: one file in this folder, one line here, one test beside the others. */
export const RULES: readonly Rule[] = [
  tracerAttached,
  cpuSaturated,
  singleThreadSaturated,
  cpuSteal,
  cpuThrottled,
  runQueueWait,
  memoryPressure,
  swapping,
  transparentHugePages,
  diskSaturated,
  iopsCap,
  noisyDiskNeighbour,
  retransmits,
  backlogOverflow,
  delayedAck,
  fsyncPerWrite,
  fsyncBacklog,
  aofRewriteContention,
  snapshotIo,
  smallSyncWrites,
  tableScan,
  writeInReadPath,
  nPlusOneReads,
  scanSmallCount,
  keysCommand,
  slowCommand,
  bigKeyRead,
  bigKeyDelete,
  blockingScript,
  hugePipeline,
  forkStall,
  expireStorm,
  eviction,
  clientStall,
  connectionChurn,
  outputBufferBacklog,
  monitorAttached,
];
