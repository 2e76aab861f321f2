/** One measured quantity: what it is, its value, and against which yardstick of the same run it is held. */
export interface Figure {
  name: string;
  value: number;
  unit: 'ms' | 's' | 'MB' | '';
  /** value / yardstick, where there is one. */
  ratio?: number;
  against?: string;
  /** The most that the ratio (or, without one, the value) should be. */
  limit?: number;
}

/** The middle value; of two middle ones the lower. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted[Math.floor((sorted.length - 1) / 2)];
  if (middle === undefined) throw new RangeError('no values');
  return middle;
}

/** Milliseconds that an act takes, its result thrown away. */
export async function timed(act: () => unknown): Promise<number> {
  const began = performance.now();
  await act();
  return performance.now() - began;
}

/** Runs an act several times and gives the median of its times, in milliseconds. */
export async function medianTime(times: number, act: (round: number) => unknown): Promise<number> {
  const all: number[] = [];
  for (let round = 0; round < times; round++) all.push(await timed(() => act(round)));
  return median(all);
}

function within(figure: Figure): string {
  if (figure.limit === undefined) return 'reported';
  return (figure.ratio ?? figure.value) <= figure.limit ? 'within' : 'OVER';
}

/** A table for people. */
export function table(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => [
    figure.name,
    `${figure.value >= 100 ? figure.value.toFixed(0) : figure.value.toFixed(2)} ${figure.unit}`.trim(),
    figure.ratio === undefined ? '' : `${figure.ratio.toFixed(2)} x`,
    figure.against ?? '',
    figure.limit === undefined ? '' : `<= ${figure.limit}`,
    within(figure),
  ]);
  const head = ['what', 'value', 'ratio', 'against', 'limit', ''];
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]!.length)),
  );
  return [head, ...rows]
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
