import { describeNeeds, itNeeds } from './requirements.ts';

itNeeds(['no-such-program-here'], 'a test nobody can run', () => undefined);

describeNeeds(['no-such-program-here'], 'a block nobody can run', () => {
  itNeeds([], 'inside', () => undefined);
});
