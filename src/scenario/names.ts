import type { Field } from './field.ts';
import type { Part } from './part.ts';

/** Notes every `of` that names no server program, and every `instead` of a fault that names no part of the load. */
export function checkNames(root: Field, load: readonly Part[], parts: readonly Part[]): void {
  const programs = parts.filter(({ spec }) => spec.kind === 'python');
  const named = (field: Field, known: readonly Part[], wanted: string) => {
    if (field.isThere && !known.some(({ name }) => name === field.value())) field.wrong(wanted);
  };
  const fixes = root.at('fixes').items();
  const places = [root.at('load'), root.at('fault'), ...fixes.map((fix) => fix.at('load'))];
  for (const place of places.flatMap((each) => each.items()))
    for (const field of [place, place.at('asks')])
      named(field.at('of'), programs, 'the name of a python part');
  for (const fault of root.at('fault').items())
    named(fault.at('instead'), load, 'the name of a part under load');
}
