import { fromWireError, toWireError, type WireError, YinkeyError } from '../errors/index.ts';
import type { Port } from './port.ts';

type Request = { kind: 'request'; id: number; method: string; input: unknown };
type Reply =
  | { kind: 'done'; id: number; output: unknown }
  | { kind: 'failed'; id: number; error: WireError }
  | { kind: 'progress'; id: number; progress: unknown }
  /** The host waits for a person (a PIN): the deadline stands still until `resumed`. */
  | { kind: 'waiting'; id: number }
  | { kind: 'resumed'; id: number };

/** What a handler can tell while it works. */
export interface CallContext {
  progress(value: unknown): void;
  /** Stops and restarts the caller's deadline around the time that belongs to a person. */
  waiting(): void;
  resumed(): void;
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
  ports?: Port[];
  onProgress?: (progress: unknown) => void;
  onWaiting?: () => void;
  onResumed?: () => void;
}

interface Pending {
  resolve: (output: unknown) => void;
  reject: (error: unknown) => void;
  options: CallOptions;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/**
 * The caller's side. Replies are matched by number; a call that outlasts its deadline calls `onHang`, whose duty it
 * is to end the host (`fail` then rejects everything that is open).
 */
export class RpcClient {
  #port: Port;
  #pending = new Map<number, Pending>();
  #next = 1;
  #onHang: (method: string) => void;

  constructor(port: Port, onHang: (method: string) => void) {
    this.#port = port;
    this.#onHang = onHang;
    port.onMessage((message) => this.#receive(message as Reply));
  }

  /** Number of calls without an answer yet. */
  get open(): number {
    return this.#pending.size;
  }

  call(method: string, input: unknown, options: CallOptions): Promise<unknown> {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      const pending: Pending = { resolve, reject, options, timer: undefined };
      this.#pending.set(id, pending);
      this.#arm(pending, method);
      this.#methods.set(id, method);
      this.#port.post({ kind: 'request', id, method, input } satisfies Request, options.ports);
    });
  }

  #methods = new Map<number, string>();

  #arm(pending: Pending, method: string): void {
    pending.timer = setTimeout(() => this.#onHang(method), pending.options.deadline);
  }

  #receive(reply: Reply): void {
    const pending = this.#pending.get(reply?.id);
    if (!pending) return;
    if (reply.kind === 'progress') {
      pending.options.onProgress?.(reply.progress);
      return;
    }
    clearTimeout(pending.timer);
    if (reply.kind === 'waiting') {
      pending.options.onWaiting?.();
      return;
    }
    if (reply.kind === 'resumed') {
      this.#arm(pending, this.#methods.get(reply.id) ?? '');
      pending.options.onResumed?.();
      return;
    }
    this.#pending.delete(reply.id);
    this.#methods.delete(reply.id);
    if (reply.kind === 'done') pending.resolve(reply.output);
    else pending.reject(fromWireError(reply.error));
  }

  /** Rejects every open call with `error`: the host is gone. */
  fail(error: YinkeyError): void {
    const open = [...this.#pending.values()];
    this.#pending.clear();
    this.#methods.clear();
    for (const pending of open) {
      clearTimeout(pending.timer);
      pending.reject(error);
    }
  }
}
