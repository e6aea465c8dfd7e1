/** Why the tracer cannot run here, as a type. */
export type Refusal =
  | { readonly kind: 'architecture'; readonly name: string }
  | { readonly kind: 'no-library'; readonly detail: string }
  | { readonly kind: 'namespace' }
  | { readonly kind: 'foreign-program'; readonly pid: number }
  | { readonly kind: 'privilege' }
  | { readonly kind: 'lockdown' }
  | { readonly kind: 'kernel'; readonly lacks: string }
  | { readonly kind: 'verifier'; readonly said: string }
  | { readonly kind: 'failed'; readonly step: string; readonly error: string };

/** Thrown inside the tracer only; its capture carries the sentence. */
export class Refused extends Error {
  override readonly name = 'Refused';
  constructor(readonly refusal: Refusal) {
    super(describeRefusal(refusal));
  }
}

/** One line: what is missing, and what to try where something helps. */
export function describeRefusal(refusal: Refusal): string {
  switch (refusal.kind) {
    case 'architecture':
      return `the bpf tracer knows x86-64 and arm64, not ${refusal.name}`;
    case 'no-library':
      return `the package koffi does not load on this machine (${refusal.detail})`;
    case 'namespace':
      return 'the bpf tracer sees process ids of the host only; run perfcase outside of the container';
    case 'foreign-program':
      return `pid ${refusal.pid} is a 32-bit program; the bpf tracer reads 64-bit programs only`;
    case 'privilege':
      return 'the kernel does not let this user load BPF programs; run as root, or with CAP_BPF and CAP_PERFMON';
    case 'lockdown':
      return 'the kernel is locked down (confidentiality), so BPF programs may not read memory';
    case 'kernel':
      return `this kernel has no ${refusal.lacks}`;
    case 'verifier':
      return `the kernel's verifier refused the tracer's program: ${refusal.said}`;
    case 'failed':
      return `the bpf tracer failed to ${refusal.step} (${refusal.error})`;
    default:
      return refusal satisfies never;
  }
}
