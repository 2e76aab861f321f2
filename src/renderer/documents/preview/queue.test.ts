import { expect, test } from 'vitest';
import { DrawingQueue } from './queue.ts';

function gate() {
  let open = () => {};
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open };
}

test('the most urgent goes first, and among equals the latest', async () => {
  const queue = new DrawingQueue();
  const { signal } = new AbortController();
  const order: string[] = [];
  const first = gate();
  const all = [
    queue.add(0, signal, async () => {
      await first.passed;
      order.push('running');
    }),
    queue.add(0, signal, async () => order.push('early')),
    queue.add(0, signal, async () => order.push('late')),
    queue.add(1, signal, async () => order.push('urgent')),
  ];
  expect(queue.length).toBe(3);
  first.open();
  await Promise.all(all);
  expect(order).toEqual(['running', 'urgent', 'late', 'early']);
});

test('what is cancelled while waiting never starts, and tells why', async () => {
  const queue = new DrawingQueue();
  const first = gate();
  const running = queue.add(0, new AbortController().signal, () => first.passed);
  const gone = new AbortController();
  let started = false;
  const cancelled = queue.add(0, gone.signal, async () => {
    started = true;
  });
  gone.abort(new Error('out of view'));
  await expect(cancelled).rejects.toThrow('out of view');
  first.open();
  await running;
  expect(started).toBe(false);
  expect(queue.length).toBe(0);
  await expect(queue.add(0, gone.signal, async () => 1)).rejects.toThrow('out of view');
});

test('a failing job does not hold up the next', async () => {
  const queue = new DrawingQueue();
  const { signal } = new AbortController();
  await expect(queue.add(0, signal, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  await expect(queue.add(0, signal, async () => 'drawn')).resolves.toBe('drawn');
});
