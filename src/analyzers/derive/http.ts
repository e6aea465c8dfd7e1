import type { SyscallObservation } from '../../core/observation.ts';
import { publicPath } from '../../core/redact.ts';
import type { Channel } from './channel.ts';
import type { Command } from './conversation.ts';

/** An HTTP/1.1 request that a traced process answered, with the commands it sent meanwhile. */
export interface HttpRequest {
  readonly pid: number;
  readonly method: string;
  /** Without query; segments that look like identifiers are ":id". */
  readonly path: string;
  readonly call: SyscallObservation;
  readonly startUs?: number;
  /** End of the answer's last write that was seen; absent while it has not been answered. */
  endUs?: number;
  answered: boolean;
  /** It was open at this time, when calls were left out of the log; what came of it is unknown. */
  openUntilUs?: number;
  readonly commands: Command[];
  /** Commands were sent that may belong to this request or to another one that was open. */
  overlapped: boolean;
}

const REQUEST_LINE = /^([A-Z]+) (\S+) HTTP\/1\.[01]\r\n/;

/** Follows the HTTP requests of each traced process, and puts RESP commands under the request that was open. */
export class HttpReader {
  private readonly requests: HttpRequest[] = [];
  private readonly open = new Map<Channel, HttpRequest>();

  data(call: SyscallObservation, channel: Channel, inward: boolean): void {
    const current = this.open.get(channel);
    if (inward) {
      const line = REQUEST_LINE.exec(call.payload ?? '');
      if (!line) return;
      this.open.set(channel, this.begin(call, channel.pid, line[1]!, line[2]!));
      return;
    }
    if (!current) return;
    current.answered = true;
    if (call.startUs !== undefined) current.endUs = call.startUs + (call.durationUs ?? 0);
  }

  /** The request that the command belongs to: the only one that is open, or the one that the same thread serves. */
  command(command: Command, pid: number): void {
    const open = [...this.open.values()].filter((request) => request.pid === pid && !request.answered);
    const sameThread = open.filter((request) => request.call.tid === command.call.tid);
    const owners = open.length > 1 ? sameThread : open;
    if (owners.length === 1) owners[0]!.commands.push(command);
    else for (const request of open) request.overlapped = true;
  }

  /** Calls are missing from here on: what was open may have ended behind the gap, and another one begun. */
  interrupt(atUs: number | undefined): void {
    for (const request of this.open.values()) {
      if (!request.answered && atUs !== undefined) request.openUntilUs = atUs;
    }
    this.open.clear();
  }

  finish(): HttpRequest[] {
    return this.requests;
  }

  private begin(call: SyscallObservation, pid: number, method: string, target: string): HttpRequest {
    const request: HttpRequest = {
      pid,
      method,
      path: publicPath(target),
      call,
      ...(call.startUs === undefined ? {} : { startUs: call.startUs + (call.durationUs ?? 0) }),
      answered: false,
      commands: [],
      overlapped: false,
    };
    this.requests.push(request);
    return request;
  }
}
