/** One measured quantity: what it is, its value, and against which yardstick of the same run it is held. */
export interface Figure {
  /** The part of the benchmark that it belongs to: a letter. */
  part: string;
  name: string;
  value: number;
  /** Empty for a number of things. */
  unit: 'ms' | 'MB' | 'x' | 'mm' | '%' | 'degrees' | '';
  /** value / yardstick, where there is one. */
  ratio?: number;
  against?: string;
  /** The most that the ratio (or, without one, the value) should be; `below`: it should stay under that. */
  limit?: number;
  below?: boolean;
  /** All single measurements, for whoever wants to judge the spread. */
  samples?: number[];
}

/** The middle value; of two middle ones the lower. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted[Math.floor((sorted.length - 1) / 2)];
  if (middle === undefined) throw new RangeError('no values');
  return middle;
}

/** Milliseconds that an act takes. */
export async function timed(act: () => unknown): Promise<number> {
  const began = performance.now();
  await act();
  return performance.now() - began;
}

export type Verdict = 'within' | 'OVER' | 'reported';

/** Whether a figure keeps its limit; one without a limit is merely reported. */
export function verdictOf({ limit, below, ratio, value }: Figure): Verdict {
  if (limit === undefined) return 'reported';
  const measured = ratio ?? value;
  return (below ? measured < limit : measured <= limit) ? 'within' : 'OVER';
}

const HEAD = ['', 'what', 'value', 'ratio', 'against', 'limit', ''];

/** A table for people. */
export function table(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => [
    `(${figure.part})`,
    figure.name,
    `${figure.value.toFixed(figure.value >= 100 || figure.unit === '' ? 0 : 2)} ${figure.unit}`.trimEnd(),
    figure.ratio === undefined ? '' : `${figure.ratio.toFixed(2)} x`,
    figure.against ?? '',
    figure.limit === undefined ? '' : `${figure.below ? '<' : '<='} ${figure.limit}`,
    verdictOf(figure),
  ]);
  const widths = HEAD.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]!.length)),
  );
  return [HEAD, ...rows]
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
