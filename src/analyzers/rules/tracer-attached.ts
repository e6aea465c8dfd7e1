import { clear, found, insufficient, type Rule } from '../rule.ts';

/** Is somebody else's tracer attached? It stops the process at every system call, or holds it altogether. */
export const tracerAttached: Rule = {
  id: 'tracer-attached',
  question: 'Is a debugger or another tracer attached to the process?',
  check(facts) {
    const { otherTracer } = facts;
    if (!otherTracer) {
      return facts.untraced ? clear('TracerPid was 0') : insufficient('no live process was looked at');
    }
    return found({
      id: 'tracer-attached',
      severity: 'warning',
      confidence: 0.95,
      title: 'Another tracer is attached',
      why:
        `${otherTracer.comm} (pid ${otherTracer.pid}) traces the process: every system call stops twice. ` +
        'Only one tracer can be attached at a time, so the process could not be watched further.',
      measures: {},
      evidence: [otherTracer.evidence],
      fix: {
        summary: `End ${otherTracer.comm} (pid ${otherTracer.pid}) if it is not needed, and run perfcase again.`,
        cost: 'Whoever traces loses the trace.',
      },
    });
  },
};
