import {
  type ErrorDetails,
  fromWireError,
  toWireError,
  type WireError,
  YinkeyError,
} from '../errors/index.ts';
import type { Port } from './port.ts';

type Request = { kind: 'request'; id: number; method: string; input: unknown };
type Reply =
  | { kind: 'done'; id: number; output: unknown }
  | { kind: 'failed'; id: number; error: WireError }
  | { kind: 'progress'; id: number; progress: unknown }
  /** The host waits for a person (a PIN): the deadline stands still until `resumed`. */
  | { kind: 'waiting'; id: number }
  | { kind: 'resumed'; id: number }
  /** The work now under way has a deadline of its own; null: it stands still, without anyone being told. */
  | { kind: 'phase'; id: number; phase: string | null };

/** What a handler can tell while it works. */
export interface CallContext {
  progress(value: unknown): void;
  /** Stops and restarts the caller's deadline around the time that belongs to a person. */
  waiting(): void;
  resumed(): void;
  /**
   * Names the work that begins now, for its own deadline (`CallOptions.phases`); null stops the clock, without telling
   * anyone, between pieces of work that belong to the host's own watch.
   */
  phase(name: string | null): void;
  /** Ports that came with the request. */
  readonly ports: Port[];
}

export type Handlers = Record<string, (input: never, context: CallContext) => unknown>;

/** Serves `handlers` on a port: one reply for each request, errors as `{ code, details }`. */
export function serve(
  port: Port,
  handlers: Handlers,
  onUnexpected: (error: unknown) => void = () => {},
): void {
  port.onMessage((message, ports) => {
    const request = message as Request;
    if (request?.kind !== 'request') return;
    const { id } = request;
    const context: CallContext = {
      progress: (progress) => port.post({ kind: 'progress', id, progress } satisfies Reply),
      waiting: () => port.post({ kind: 'waiting', id } satisfies Reply),
      resumed: () => port.post({ kind: 'resumed', id } satisfies Reply),
      phase: (phase) => port.post({ kind: 'phase', id, phase } satisfies Reply),
      ports,
    };
    const handler = Object.hasOwn(handlers, request.method) ? handlers[request.method] : undefined;
    Promise.resolve()
      .then(() => {
        if (!handler) throw new YinkeyError('request.refused', { method: String(request.method) });
        return handler(request.input as never, context);
      })
      .then(
        (output) => port.post({ kind: 'done', id, output } satisfies Reply),
        (error: unknown) => {
          if (!(error instanceof YinkeyError)) onUnexpected(error);
          port.post({ kind: 'failed', id, error: toWireError(error) } satisfies Reply);
        },
      );
  });
}

export interface CallOptions {
  /** Milliseconds that the host may take, time spent waiting for a person not counted. */
  deadline: number;
  /** Milliseconds for work that the host names; work without a name here has `deadline`. */
  phases?: Readonly<Record<string, number>>;
  ports?: Port[];
  onProgress?: (progress: unknown) => void;
  onWaiting?: () => void;
  onResumed?: () => void;
}

interface Pending {
  method: string;
  resolve: (output: unknown) => void;
  reject: (error: unknown) => void;
  options: CallOptions;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/** An error as the other side sent it; the other side is not trusted to send one of the right shape. */
function readError(raw: unknown): YinkeyError {
  const wire = raw as { code?: unknown; details?: unknown } | null | undefined;
  if (typeof wire !== 'object' || wire === null || typeof wire.code !== 'string') {
    return new YinkeyError('unexpected', { name: 'error without code' });
  }
  const details: ErrorDetails = {};
  if (typeof wire.details === 'object' && wire.details !== null) {
    for (const [name, value] of Object.entries(wire.details).slice(0, 32)) {
      if (value === null || ['string', 'number', 'boolean'].includes(typeof value)) {
        details[name] = value as string | number | boolean | null;
      }
    }
  }
  return fromWireError({ code: wire.code, details });
}

/**
 * The caller's side. Replies are matched by number; a call that outlasts its deadline calls `onHang`, whose duty it
 * is to end the host (`fail` then rejects everything that is open, and every call after it).
 */
export class RpcClient {
  #port: Port;
  #pending = new Map<number, Pending>();
  #next = 1;
  #onHang: (method: string) => void;
  #failed: YinkeyError | undefined;

  constructor(port: Port, onHang: (method: string) => void) {
    this.#port = port;
    this.#onHang = onHang;
    port.onMessage((message) => this.#receive(message as Reply | null));
  }

  /** Number of calls without an answer yet. */
  get open(): number {
    return this.#pending.size;
  }

  /** One request; rejects with the host's own YinkeyError or with the one given to `fail`. */
  call(method: string, input: unknown, options: CallOptions): Promise<unknown> {
    if (this.#failed) return Promise.reject(this.#failed);
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      const pending: Pending = { method, resolve, reject, options, timer: undefined };
      this.#pending.set(id, pending);
      this.#arm(pending);
      this.#port.post({ kind: 'request', id, method, input } satisfies Request, options.ports);
    });
  }

  #arm(pending: Pending, phase?: string): void {
    clearTimeout(pending.timer);
    const { deadline, phases = {} } = pending.options;
    const own = phase !== undefined && Object.hasOwn(phases, phase) ? phases[phase] : undefined;
    pending.timer = setTimeout(() => this.#onHang(pending.method), own ?? deadline);
  }

  #receive(reply: Reply | null): void {
    if (typeof reply !== 'object' || reply === null) return;
    const pending = this.#pending.get(reply.id);
    if (!pending) return;
    switch (reply.kind) {
      case 'progress':
        pending.options.onProgress?.(reply.progress);
        return;
      case 'waiting':
        clearTimeout(pending.timer);
        pending.options.onWaiting?.();
        return;
      case 'resumed':
        this.#arm(pending);
        pending.options.onResumed?.();
        return;
      case 'phase':
        if (reply.phase === null) clearTimeout(pending.timer);
        else this.#arm(pending, String(reply.phase));
        return;
      case 'done':
      case 'failed':
        clearTimeout(pending.timer);
        this.#pending.delete(reply.id);
        if (reply.kind === 'done') pending.resolve(reply.output);
        else pending.reject(readError(reply.error));
    }
  }

  /** Rejects every open call, and all that come later, with `error`: the host is gone. */
  fail(error: YinkeyError): void {
    this.#failed ??= error;
    const open = [...this.#pending.values()];
    this.#pending.clear();
    for (const pending of open) {
      clearTimeout(pending.timer);
      pending.reject(error);
    }
  }
}
