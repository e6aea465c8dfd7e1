/** What the processes of a scenario do, as plain data: a scenario says it, the lab does it. */

/**
 * One step of a client's turn. Words and names are templates: "{name}" is what a step before has kept, "{any 1000}" a
 * number below 1000, "{text 64}" 64 bytes, "{turn}" and "{connection}" where the client is.
 */
export type Step =
  | { readonly kind: 'command'; readonly words: readonly string[]; readonly as?: string }
  | {
      readonly kind: 'pipeline';
      readonly commands: readonly (readonly string[])[];
      readonly times: number;
    }
  /** Walks the keys; the names of each page are kept as `as`, and `steps` follow. */
  | {
      readonly kind: 'scan';
      readonly match: string;
      readonly count: number;
      readonly as: string;
      readonly steps: readonly Step[];
    }
  | { readonly kind: 'each'; readonly of: string; readonly as: string; readonly steps: readonly Step[] }
  /** `is` absent: when something was kept at all (no null, no empty list). */
  | {
      readonly kind: 'when';
      readonly name: string;
      readonly is?: string;
      readonly not: boolean;
      readonly steps: readonly Step[];
    }
  /** "{n}" counts the rounds from 0. */
  | { readonly kind: 'repeat'; readonly times: number; readonly steps: readonly Step[] }
  /** Keeps a text, so that a number drawn in it is the same in the steps that follow. */
  | { readonly kind: 'let'; readonly value: string; readonly as: string }
  | { readonly kind: 'pause'; readonly ms: number }
  /** Closes the connection; the next command opens another. */
  | { readonly kind: 'reconnect' };

/** Clients of the server. */
export interface ClientsPart {
  readonly kind: 'clients';
  readonly connections: number;
  /** Turns a second of all connections together; absent: as fast as answered. */
  readonly rate?: number;
  readonly steps: readonly Step[];
  /** False: it sends, and never reads an answer. */
  readonly reads: boolean;
  /** True: after one turn it only reads what comes (MONITOR, SUBSCRIBE). */
  readonly listens: boolean;
  /** True: each request goes out in two writes, without TCP_NODELAY. */
  readonly inTwoWrites?: boolean;
  /** All connections begin a turn at the same moment, once in so many milliseconds. */
  readonly togetherMs?: number;
}

/** A client of the slow application, or of the server program `of` names. */
export interface HttpPart {
  readonly kind: 'http';
  /** Name of a python part. */
  readonly of?: string;
  /** "/get_cache" */
  readonly path: string;
  readonly connections: number;
  readonly pauseMs: number;
  /** It ends after one request, and fails when that did. */
  readonly once?: boolean;
}

/** A server program of another kind than ours: a script for python3, which prints "port N" and then "ready". */
export interface PythonPart {
  readonly kind: 'python';
  /** A file beside the scenario. Its first argument is a folder to write to. */
  readonly script: string;
  /** "{port}" stands for the server's. */
  readonly args: readonly string[];
}

/** A process that writes a file beside the server's data. */
export interface WriterPart {
  readonly kind: 'writer';
  /** Of each write. */
  readonly bytes: number;
  /** Writes a second; absent: one after the other. */
  readonly rate?: number;
  /** "each": after each write; "second": once a second; "never". */
  readonly sync: 'each' | 'second' | 'never';
  /** Writers side by side, each with a file of its own. */
  readonly files: number;
  /** Over what is there, as a database does; otherwise it appends, and each sync writes the file's new length too. */
  readonly inPlace: boolean;
}

/** Processes that only use CPU. */
export interface SpinnerPart {
  readonly kind: 'spinner';
  /** Part of its time that it uses, 0 to 1. */
  readonly busy: number;
  /** True: on the first CPU only, as the fault `pinned` does with the server. */
  readonly pinned?: boolean;
}

/** Fills the server, and ends. */
export type FillPart =
  | { readonly kind: 'once'; readonly steps: readonly Step[] }
  | {
      readonly kind: 'fill';
      readonly keys: number;
      /** "{n}" is the number of the key. */
      readonly key: string;
      readonly type: 'string' | 'hash' | 'list' | 'set' | 'zset';
      /** Of each value or element: a template, as in a step. */
      readonly value: string;
      /** Elements of each collection. */
      readonly items: number;
    };

export type PartSpec = ClientsPart | HttpPart | WriterPart | SpinnerPart | PythonPart | FillPart;

/** What a part is told when it is started, as JSON. */
export interface PartOrder {
  readonly spec: PartSpec;
  readonly seed: number;
  readonly server: { readonly host: string; readonly port: number };
  readonly appUrl?: string;
  /** Where files may be written. */
  readonly folder: string;
}

/** A line that a part prints several times a second. Times are milliseconds of the machine's monotonic clock. */
export interface PartNews {
  /** Turns that ended since the line before. */
  readonly turns: number;
  readonly errors: number;
  /** The last error, in words. */
  readonly error?: string;
  /** Some of the turns: when each began, how many milliseconds it took, and how many commands it sent. */
  readonly samples: readonly (readonly [startMs: number, tookMs: number, commands: number])[];
}
