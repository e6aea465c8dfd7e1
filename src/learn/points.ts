/** What a grade is made of: 100 points, and what costs some. The grade counts by it, the instructor's page prints it. */
export const POINTS = {
  looking: { name: 'Looking before judging', of: 15 },
  evidence: { name: 'Evidence', of: 25 },
  causes: { name: 'Causes', of: 20 },
  refutation: { name: 'Refutation', of: 15 },
  fixing: { name: 'Mending after proof', of: 10 },
  numbers: { name: 'Numbers', of: 15 },
} as const;

/** Parts of "evidence": facts that were read from a line, and lines that were read rightly. */
export const FACTS_PART = 0.7;
export const RIGHT_LINES_PART = 0.3;
/** What one of these costs, as a fraction of its part. */
export const WRONG_JUDGEMENT = 0.25;
export const LEFT_OPEN = 0.4;
export const FIX_WITHOUT_PROOF = 0.5;
/** Each hint costs this much, at most five times. */
export const HINT_POINTS = 2;
export const MOST_HINTS = 5;
/** An expectation is good within a factor of two: it shows that the mechanism was understood. */
export const FACTOR = 2;
export const MARKS = [
  [90, 'A'],
  [75, 'B'],
  [60, 'C'],
  [40, 'D'],
] as const;
