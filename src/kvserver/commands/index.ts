import { ACL_COMMANDS } from './acl.ts';
import { BITFIELD_COMMANDS } from './bitfield.ts';
import { BIT_COMMANDS } from './bits.ts';
import { CLIENT_COMMANDS } from './client.ts';
import { COMMAND_COMMANDS } from './command.ts';
import { CONFIG_COMMANDS } from './config.ts';
import { CONNECTION_COMMANDS } from './connection.ts';
import { DEBUG_COMMANDS } from './debug.ts';
import { DUMP_COMMANDS } from './dump.ts';
import { EXPIRE_COMMANDS } from './expire.ts';
import { HASH_COMMANDS } from './hash.ts';
import { HASH_WALK_COMMANDS } from './hash-walk.ts';
import { INFO_COMMANDS } from './info.ts';
import { KEY_COMMANDS } from './keys.ts';
import { LATENCY_COMMANDS } from './latency.ts';
import { LCS_COMMANDS } from './lcs.ts';
import { LIST_BASIC_COMMANDS } from './list-basic.ts';
import { LIST_BLOCKING_COMMANDS } from './list-blocking.ts';
import { LIST_MORE_COMMANDS } from './list-more.ts';
import { MEMORY_COMMANDS } from './memory.ts';
import { MONITOR_COMMANDS } from './monitor.ts';
import { OBJECT_COMMANDS } from './object.ts';
import { PUBSUB_COMMANDS } from './pubsub.ts';
import { register } from './registry.ts';
import { RENAME_COMMANDS } from './rename.ts';
import { REPLICATION_COMMANDS } from './replication.ts';
import { REWRITE_COMMANDS } from './rewrite.ts';
import { SAVE_COMMANDS } from './save.ts';
import { SCAN_COMMANDS } from './scan.ts';
import { SERVER_COMMANDS } from './server.ts';
import { SET_ALGEBRA_COMMANDS } from './set-algebra.ts';
import { SET_BASIC_COMMANDS } from './set-basic.ts';
import { SHUTDOWN_COMMANDS } from './shutdown.ts';
import { SLOWLOG_COMMANDS } from './slowlog.ts';
import { SORT_COMMANDS } from './sort.ts';
import { STRING_CHANGE_COMMANDS } from './string-change.ts';
import { STRING_GET_COMMANDS } from './string-get.ts';
import { STRING_MANY_COMMANDS } from './string-many.ts';
import { STRING_SET_COMMANDS } from './string-set.ts';
import { TRANSACTION_COMMANDS } from './transaction.ts';
import { ZSET_ALGEBRA_COMMANDS } from './zset-algebra.ts';
import { ZSET_BASIC_COMMANDS } from './zset-basic.ts';
import { ZSET_POP_COMMANDS } from './zset-pop.ts';
import { ZSET_RANGE_COMMANDS } from './zset-range.ts';
import { ZSET_WALK_COMMANDS } from './zset-walk.ts';

// A new family of commands: one file, one line here.
for (const family of [
  SORT_COMMANDS,
  LCS_COMMANDS,
  BITFIELD_COMMANDS,
  BIT_COMMANDS,
  CLIENT_COMMANDS,
  COMMAND_COMMANDS,
  CONFIG_COMMANDS,
  CONNECTION_COMMANDS,
  DUMP_COMMANDS,
  EXPIRE_COMMANDS,
  HASH_COMMANDS,
  HASH_WALK_COMMANDS,
  INFO_COMMANDS,
  KEY_COMMANDS,
  LATENCY_COMMANDS,
  LIST_BASIC_COMMANDS,
  LIST_BLOCKING_COMMANDS,
  LIST_MORE_COMMANDS,
  OBJECT_COMMANDS,
  PUBSUB_COMMANDS,
  RENAME_COMMANDS,
  REWRITE_COMMANDS,
  SAVE_COMMANDS,
  SCAN_COMMANDS,
  DEBUG_COMMANDS,
  ACL_COMMANDS,
  MEMORY_COMMANDS,
  MONITOR_COMMANDS,
  REPLICATION_COMMANDS,
  SERVER_COMMANDS,
  SET_ALGEBRA_COMMANDS,
  SET_BASIC_COMMANDS,
  SHUTDOWN_COMMANDS,
  SLOWLOG_COMMANDS,
  STRING_CHANGE_COMMANDS,
  STRING_GET_COMMANDS,
  STRING_MANY_COMMANDS,
  STRING_SET_COMMANDS,
  TRANSACTION_COMMANDS,
  ZSET_ALGEBRA_COMMANDS,
  ZSET_BASIC_COMMANDS,
  ZSET_POP_COMMANDS,
  ZSET_RANGE_COMMANDS,
  ZSET_WALK_COMMANDS,
]) {
  register(family);
}

export { topCommand } from './registry.ts';
