/** What a job of the queue gets: `signal` is aborted when nobody wants the result any more. */
export type Job<T> = (signal: AbortSignal) => Promise<T>;

interface Waiting {
  urgency: number;
  number: number;
  start: () => void;
}

/**
 * Runs drawing jobs one after the other (pdf.js has one worker), the most urgent first and among equals the latest:
 * what has just come into view is what is looked at. A job whose signal is aborted before its turn never starts.
 */
export class DrawingQueue {
  private waiting: Waiting[] = [];
  private running = 0;
  private counter = 0;
  private readonly atOnce: number;

  constructor(atOnce = 1) {
    this.atOnce = atOnce;
  }

  /** Rejects with the signal's reason when it is aborted while waiting; else settles as the job does. */
  add<T>(urgency: number, signal: AbortSignal, job: Job<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (signal.aborted) {
        reject(signal.reason);
        return;
      }
      const entry: Waiting = {
        urgency,
        number: this.counter++,
        start: () => {
          signal.removeEventListener('abort', leave);
          this.running++;
          job(signal)
            .then(resolve, reject)
            .finally(() => {
              this.running--;
              this.next();
            });
        },
      };
      const leave = () => {
        this.waiting = this.waiting.filter((other) => other !== entry);
        reject(signal.reason);
      };
      signal.addEventListener('abort', leave, { once: true });
      this.waiting.push(entry);
      this.next();
    });
  }

  /** How many jobs wait for their turn. */
  get length(): number {
    return this.waiting.length;
  }

  private next(): void {
    while (this.running < this.atOnce) {
      let best: Waiting | undefined;
      for (const entry of this.waiting) {
        if (
          !best ||
          entry.urgency > best.urgency ||
          (entry.urgency === best.urgency && entry.number > best.number)
        )
          best = entry;
      }
      if (!best) return;
      const chosen = best;
      this.waiting = this.waiting.filter((other) => other !== chosen);
      chosen.start();
    }
  }
}
