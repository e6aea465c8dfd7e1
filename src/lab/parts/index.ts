import type { PartNews, PartOrder } from '../../core/lab-part.ts';
import { runClients } from './clients.ts';
import { runFill } from './fill.ts';
import { runHttp } from './http.ts';
import { Meter } from './meter.ts';
import { runSpinner } from './spinner.ts';
import { runWriter } from './writer.ts';

/** Plays one part of a scenario in this process, until `signal`. */
export async function runPart(
  order: PartOrder,
  tell: (news: PartNews) => void,
  signal: AbortSignal,
): Promise<void> {
  const { spec } = order;
  const meter = new Meter(tell);
  try {
    switch (spec.kind) {
      // A new kind of part: one line here, one file in this folder, its data in core/lab-part.ts.
      case 'clients':
        return await runClients(spec, order, meter, signal);
      case 'http':
        return await runHttp(spec, order, meter, signal);
      case 'writer':
        return await runWriter(spec, order, meter, signal);
      case 'spinner':
        return await runSpinner(spec, meter, signal);
      case 'python':
        throw new Error('a program of its own is started without us');
      case 'fill':
      case 'once':
        return await runFill(spec, order, signal);
      default:
        spec satisfies never;
    }
  } finally {
    meter.end();
  }
}
