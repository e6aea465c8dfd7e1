import { arch, release, type } from 'node:os';
import { REDIS_VERSION, SERVER_NAME, type Server, VERSION } from '../server.ts';
import type { Fields } from './sections.ts';

/** Who the server is. `server_name` and `perfcase_version` tell it from the server whose protocol it speaks. */
export function serverFields(server: Server): Fields {
  const uptime = Math.floor((server.clock.now() - server.startedAt) / 1000);
  return {
    redis_version: REDIS_VERSION,
    server_name: SERVER_NAME,
    perfcase_version: VERSION,
    redis_git_sha1: '00000000',
    redis_git_dirty: 0,
    redis_build_id: VERSION,
    redis_mode: 'standalone',
    os: `${type()} ${release()} ${arch()}`,
    arch_bits: 64,
    multiplexing_api: 'epoll',
    node_version: process.versions.node,
    process_id: process.pid,
    process_supervised: 'no',
    run_id: server.runId,
    tcp_port: server.port,
    server_time_usec: Math.floor(server.clock.now() * 1000),
    uptime_in_seconds: uptime,
    uptime_in_days: Math.floor(uptime / 86_400),
    hz: server.config.values.hz,
    configured_hz: server.config.values.hz,
    lru_clock: server.accessClock.seconds & 0xffffff,
    executable: process.execPath,
    config_file: server.configFile,
    io_threads_active: 0,
  };
}

export function cpuFields(): Fields {
  const { userCPUTime, systemCPUTime } = process.resourceUsage();
  return {
    used_cpu_sys: (systemCPUTime / 1e6).toFixed(6),
    used_cpu_user: (userCPUTime / 1e6).toFixed(6),
    used_cpu_sys_children: '0.000000',
    used_cpu_user_children: '0.000000',
  };
}
