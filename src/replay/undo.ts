/** Steps that take back what was made, last first; each is run once, and a failing one does not stop the rest. */
export class Undo {
  private readonly steps: (() => Promise<unknown>)[] = [];

  push(step: () => Promise<unknown>): void {
    this.steps.push(step);
  }

  get isEmpty(): boolean {
    return this.steps.length === 0;
  }

  async run(onFailure: (error: Error) => void): Promise<void> {
    for (let step = this.steps.pop(); step; step = this.steps.pop()) await step().catch(onFailure);
  }
}
