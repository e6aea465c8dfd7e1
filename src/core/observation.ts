import type { SyscallObservation, TraceEventObservation } from './observations/calls.ts';
import type {
  CgroupValueObservation,
  HugePagesObservation,
  NetCounterObservation,
  UptimeObservation,
} from './observations/counters.ts';
import type {
  CgroupObservation,
  CpuTicksObservation,
  DiskCountersObservation,
  MountObservation,
  PressureObservation,
  ProcIoObservation,
  ProcStatObservation,
  ProcStatusObservation,
  TcpObservation,
  UnixSocketObservation,
  VmCounterObservation,
} from './observations/kernel.ts';
import type {
  ServerClientObservation,
  ServerConfigObservation,
  ServerInfoObservation,
  ServerLatencyObservation,
  ServerSlowlogObservation,
} from './observations/server.ts';
import type {
  ContainerObservation,
  CpuObservation,
  DescriptorObservation,
  DiskObservation,
  LoadObservation,
  MemoryObservation,
  ProcessCpuObservation,
  ProcessIoObservation,
  ProcessObservation,
  ProcessSwitchesObservation,
  TasksObservation,
  TcpSocketObservation,
} from './observations/tools.ts';

export type * from './observations/calls.ts';
export type * from './observations/counters.ts';
export type * from './observations/kernel.ts';
export type { Seen } from './observations/seen.ts';
export type * from './observations/server.ts';
export type * from './observations/tools.ts';

/** What the tools saw, typed; `kind` tells which. */
export type Observation =
  | CpuObservation
  | MemoryObservation
  | LoadObservation
  | TasksObservation
  | ProcessObservation
  | DiskObservation
  | ProcessIoObservation
  | ProcessCpuObservation
  | ProcessSwitchesObservation
  | DescriptorObservation
  | TcpObservation
  | TcpSocketObservation
  | ContainerObservation
  | ServerConfigObservation
  | ServerInfoObservation
  | PressureObservation
  | ProcIoObservation
  | ProcStatObservation
  | ProcStatusObservation
  | CgroupObservation
  | MountObservation
  | UnixSocketObservation
  | CpuTicksObservation
  | DiskCountersObservation
  | VmCounterObservation
  | UptimeObservation
  | NetCounterObservation
  | CgroupValueObservation
  | HugePagesObservation
  | ServerClientObservation
  | ServerLatencyObservation
  | ServerSlowlogObservation
  | SyscallObservation
  | TraceEventObservation;
