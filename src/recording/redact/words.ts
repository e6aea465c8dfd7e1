/** Which words of commands and replies are the protocol's own, and tell nothing of anybody's data. */

/** Commands whose arguments and replies carry passwords, code, or what others typed. Nothing of them correlates. */
export const SECRET_COMMANDS: ReadonlySet<string> = new Set(
  `AUTH HELLO CONFIG ACL MIGRATE EVAL EVALSHA EVAL_RO EVALSHA_RO FCALL FCALL_RO FUNCTION SCRIPT CLIENT SLOWLOG MODULE
  DEBUG SENTINEL CLUSTER PSYNC REPLCONF REPLICAOF SLAVEOF FAILOVER INFO ECHO`.split(/\s+/),
);

/** Second words of commands that have several forms. */
const FORMS = new Set(
  `GET SET RESETSTAT REWRITE LIST INFO ID KILL PAUSE UNPAUSE NO-EVICT NO-TOUCH SETNAME GETNAME SETINFO REPLY TRACKING
  TRACKINGINFO CACHING UNBLOCK WHOAMI CAT SETUSER GETUSER DELUSER USERS LOG DRYRUN GENPASS LOAD SAVE LEN RESET EXISTS
  FLUSH SLEEP OBJECT ENCODING FREQ IDLETIME REFCOUNT USAGE DOCTOR STATS PURGE MALLOC-STATS LATEST HISTORY GRAPH
  HISTOGRAM HELP COUNT DOCS GETKEYS CHANNELS NUMSUB NUMPAT STREAM GROUPS CONSUMERS CREATE DESTROY SETID SLOTS NODES
  LISTING-PORT CAPA ACK`.split(/\s+/),
);
const HAVE_FORMS = new Set(
  `CONFIG CLIENT ACL SCRIPT FUNCTION DEBUG OBJECT MEMORY LATENCY SLOWLOG COMMAND PUBSUB XINFO XGROUP CLUSTER
  MODULE REPLCONF`.split(/\s+/),
);

/** Whether the first argument says which form of the command is meant, or of the protocol. */
export function isForm(name: string, word: string): boolean {
  if (name === 'HELLO') return /^[23]$/.test(word);
  return HAVE_FORMS.has(name) && FORMS.has(word.toUpperCase());
}

/** Whether the second argument says whether replies are wanted: CLIENT REPLY. */
export function isReplyMode(name: string, args: readonly string[]): boolean {
  return name === 'CLIENT' && /^REPLY$/i.test(args[0] ?? '') && /^(?:ON|OFF|SKIP)$/i.test(args[1] ?? '');
}

/** Where the cursor of a command of the SCAN family stands among its arguments; undefined for other commands. */
export function cursorOf(name: string): number | undefined {
  if (name === 'SCAN') return 0;
  return /^[SHZ]SCAN$/.test(name) ? 1 : undefined;
}

/** Whether an argument of a command of the SCAN family says how to walk, not what is looked for. */
export function isScanWord(args: readonly string[], at: number, cursor: number): boolean {
  const word = args[at]!;
  if (at === cursor) return /^\d{1,20}$/.test(word);
  if (at < cursor) return false;
  if ((at - cursor) % 2 === 1) return /^(?:MATCH|COUNT|TYPE|NOVALUES)$/i.test(word);
  return /^COUNT$/i.test(args[at - 1]!) && /^\d{1,9}$/.test(word);
}

/** What a server tells subscribers, in place of a command's name. */
export const PUSHED =
  /^(?:[ps]?message|[ps]?(?:un)?subscribe|invalidate|server|proto|version|mode|role|modules|id)$/;

const STATUSES = new Set(
  'OK PONG QUEUED CONTINUE NOKEY none string list set zset hash stream Background'.split(' '),
);

export function isPublicStatus(text: string): boolean {
  return STATUSES.has(text);
}

const ERRORS = new Set(
  `ERR WRONGTYPE NOAUTH NOPERM WRONGPASS NOSCRIPT LOADING BUSY BUSYKEY BUSYGROUP NOGROUP MISCONF OOM READONLY EXECABORT
  MASTERDOWN NOREPLICAS MOVED ASK TRYAGAIN CLUSTERDOWN CROSSSLOT NOTBUSY UNKILLABLE NOPROTO DENIED INPROG UNBLOCKED
  IOERR NOTREADY SYNTAX VALUE`.split(/\s+/),
);

/** Whether the word is one with which servers begin an error. */
export function isPublicError(word: string): boolean {
  return ERRORS.has(word);
}
