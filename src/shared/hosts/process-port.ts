import type { Port } from './port.ts';

/**
 * Ports over every carrier that the client has: a child process's IPC pipe (sub-ports tunnelled through it),
 * Electron's message ports and utility processes, browser and worker message ports, and plain memory.
 * Carriers are described by their shape, so that this file needs neither Node nor Electron.
 */

type MessageListener = (message: unknown, ports: Port[]) => void;

/** Receiving half of a port: keeps what comes before there is a listener, and tells the end exactly once. */
class Inbox {
  #listener: MessageListener | undefined;
  #early: { message: unknown; ports: Port[] }[] = [];
  #closeListeners: (() => void)[] = [];
  closed = false;

  receive(message: unknown, ports: Port[]): void {
    if (this.closed) return;
    if (this.#listener) this.#listener(message, ports);
    else this.#early.push({ message, ports });
  }

  listen(listener: MessageListener): void {
    this.#listener = listener;
    const early = this.#early;
    this.#early = [];
    for (const { message, ports } of early) listener(message, ports);
  }

  onClose(listener: () => void): void {
    if (this.closed) listener();
    else this.#closeListeners.push(listener);
  }

  /** The other end went away: what it had sent before stays readable, nothing new comes. */
  end(): void {
    if (this.closed) return;
    this.closed = true;
    const listeners = this.#closeListeners;
    this.#closeListeners = [];
    for (const listener of listeners) listener();
  }
}

// ---- memory ----

class MemoryPort implements Port {
  readonly inbox = new Inbox();
  peer: MemoryPort | undefined;

  post(message: unknown, ports: Port[] = []): void {
    const { peer } = this;
    if (!peer || this.inbox.closed) return;
    // A copy, as on a real border: nobody changes a message that is under way.
    const copy = structuredClone(message);
    queueMicrotask(() => peer.inbox.receive(copy, ports));
  }

  onMessage(listener: MessageListener): void {
    this.inbox.listen(listener);
  }

  onClose(listener: () => void): void {
    this.inbox.onClose(listener);
  }

  close(): void {
    const { peer } = this;
    if (this.inbox.closed) return;
    this.inbox.closed = true;
    queueMicrotask(() => peer?.inbox.end());
  }
}

/** Two ends of one channel in memory. Messages are cloned; each comes in a microtask of its own, in order. */
export function portPair(): [Port, Port] {
  const a = new MemoryPort();
  const b = new MemoryPort();
  a.peer = b;
  b.peer = a;
  return [a, b];
}

// ---- one pipe, many ports ----

/** What goes over the pipe. Channel 0 is the pipe's own port; `ports` names the channels that come with a message. */
type Frame = { channel: number; message: unknown; ports: number[] } | { channel: number; closed: true };

interface Pipe {
  send(frame: Frame): void;
}

/**
 * Tunnels ports through one pipe. A port that is posted stays where it is; its messages are carried through a
 * channel of their own, and the other side gets a port that stands for it.
 */
class Tunnel {
  #pipe: Pipe;
  /** The two sides number their channels apart: positive by the parent, negative by the child. */
  #step: 1 | -1;
  #last = 0;
  #inboxes = new Map<number, Inbox>();
  /** Local ports whose messages are carried to the other side. */
  #carried = new Map<number, Port>();
  readonly root: Port;

  constructor(pipe: Pipe, side: 'parent' | 'child') {
    this.#pipe = pipe;
    this.#step = side === 'parent' ? 1 : -1;
    this.root = this.#far(0);
  }

  /** The end here of a channel whose other end is across the pipe. */
  #far(channel: number): Port {
    const inbox = new Inbox();
    this.#inboxes.set(channel, inbox);
    return {
      post: (message, ports = []) => {
        if (inbox.closed) return;
        this.#pipe.send({ channel, message, ports: ports.map((port) => this.#carry(port)) });
      },
      onMessage: (listener) => inbox.listen(listener),
      onClose: (listener) => inbox.onClose(listener),
      close: () => {
        if (inbox.closed) return;
        inbox.closed = true;
        this.#inboxes.delete(channel);
        this.#pipe.send({ channel, closed: true });
      },
    };
  }

  /** Gives a local port to the other side. */
  #carry(port: Port): number {
    this.#last += this.#step;
    const channel = this.#last;
    this.#carried.set(channel, port);
    port.onMessage((message, ports) => {
      if (!this.#carried.has(channel)) return;
      this.#pipe.send({ channel, message, ports: ports.map((each) => this.#carry(each)) });
    });
    port.onClose(() => {
      if (this.#carried.delete(channel)) this.#pipe.send({ channel, closed: true });
    });
    return channel;
  }

  receive(raw: unknown): void {
    const frame = raw as Partial<{
      channel: number;
      closed: boolean;
      message: unknown;
      ports: number[];
    }> | null;
    if (typeof frame !== 'object' || frame === null || typeof frame.channel !== 'number') return;
    const inbox = this.#inboxes.get(frame.channel);
    const carried = this.#carried.get(frame.channel);
    if (frame.closed === true) {
      this.#inboxes.delete(frame.channel);
      this.#carried.delete(frame.channel);
      inbox?.end();
      carried?.close();
      return;
    }
    const ids = Array.isArray(frame.ports) ? frame.ports : [];
    const ports = ids.filter((id) => typeof id === 'number').map((id) => this.#far(id));
    inbox?.receive(frame.message, ports);
    carried?.post(frame.message, ports);
  }

  /** The pipe is gone, and every channel with it. */
  end(): void {
    const inboxes = [...this.#inboxes.values()];
    const carried = [...this.#carried.values()];
    this.#inboxes.clear();
    this.#carried.clear();
    for (const inbox of inboxes) inbox.end();
    for (const port of carried) port.close();
  }
}

/** The part of node:child_process's ChildProcess (or of `process` inside a child) that a port needs. */
export interface ChildLike {
  send?: ((message: never, ...rest: never[]) => unknown) | undefined;
  on(event: string, listener: (...values: never[]) => void): unknown;
  readonly connected?: boolean | undefined;
  disconnect?: (() => void) | undefined;
}

function tunnelThrough(child: ChildLike, side: 'parent' | 'child'): Port {
  const send = (child.send as ((message: unknown, done: () => void) => unknown) | undefined)?.bind(child);
  const tunnel = new Tunnel(
    {
      send: (frame) => {
        // A message to someone who has gone is lost, as on any message port; the end is told by onClose.
        if (child.connected !== false) send?.(frame, () => {});
      },
    },
    side,
  );
  child.on('message', ((message: unknown) => tunnel.receive(message)) as never);
  child.on('disconnect', (() => tunnel.end()) as never);
  return {
    ...tunnel.root,
    close: () => {
      tunnel.root.close();
      if (child.connected !== false) child.disconnect?.();
    },
  };
}

/** The parent's end of a forked child's IPC pipe; fork it with `serialization: 'advanced'`. */
export function portOfChild(child: ChildLike): Port {
  return tunnelThrough(child, 'parent');
}

// ---- message ports of Electron, browsers and workers ----

interface PortEvent {
  data: unknown;
  ports?: readonly unknown[];
}

/** MessagePortMain, parentPort, a browser's or a worker's MessagePort. */
export interface MessagePortLike {
  postMessage(message: unknown, transfer?: never): void;
  on?(event: string, listener: (event: never) => void): unknown;
  addEventListener?(event: string, listener: (event: never) => void): void;
  start?(): void;
  close?(): void;
}

/** The native port behind a wrapped one: what can be transferred. */
const natives = new WeakMap<Port, MessagePortLike>();

function nativeOf(port: Port): MessagePortLike {
  const native = natives.get(port);
  if (!native) throw new TypeError('only a wrapped message port can be transferred over a message port');
  return native;
}

/**
 * A Port over a native message port. Nothing is listened to before `onMessage` or `onClose`, so a port that is only
 * passed on stays transferable. Throws TypeError when a port in memory is posted: it has nothing to transfer.
 */
export function wrapMessagePort(native: MessagePortLike): Port {
  const inbox = new Inbox();
  const listen = (event: string, listener: (event: PortEvent) => void) => {
    if (native.addEventListener) native.addEventListener(event, listener as never);
    else native.on?.(event, listener as never);
  };
  let receiving = false;
  let watching = false;
  const port: Port = {
    post: (message, ports = []) => {
      if (ports.length === 0) native.postMessage(message);
      else native.postMessage(message, ports.map(nativeOf) as never);
    },
    onMessage: (listener) => {
      inbox.listen(listener);
      if (receiving) return;
      receiving = true;
      listen('message', ({ data, ports }) =>
        inbox.receive(
          data,
          (ports ?? []).map((each) => wrapMessagePort(each as MessagePortLike)),
        ),
      );
      native.start?.();
    },
    onClose: (listener) => {
      inbox.onClose(listener);
      if (watching) return;
      watching = true;
      listen('close', () => inbox.end());
    },
    close: () => native.close?.(),
  };
  natives.set(port, native);
  return port;
}

/** The part of Electron's UtilityProcess that a port needs; its messages come bare, not as events. */
export interface UtilityProcessLike {
  postMessage(message: unknown, transfer?: never): void;
  on(event: string, listener: (value: never) => void): unknown;
  kill(): boolean;
}

/** Main's end of a utility process's channel. */
export function portOfUtilityProcess(child: UtilityProcessLike): Port {
  const inbox = new Inbox();
  child.on('message', ((message: unknown) => inbox.receive(message, [])) as never);
  child.on('exit', (() => inbox.end()) as never);
  return {
    post: (message, ports = []) => {
      if (inbox.closed) return;
      if (ports.length === 0) child.postMessage(message);
      else child.postMessage(message, ports.map(nativeOf) as never);
    },
    onMessage: (listener) => inbox.listen(listener),
    onClose: (listener) => inbox.onClose(listener),
    close: () => {
      child.kill();
    },
  };
}

/**
 * Inside a host: the way to whoever started it, be it Electron's main process (utility process) or Node (forked
 * child). Throws when the process was started by hand.
 */
export function hostPort(): Port {
  const { process } = globalThis as unknown as {
    process: ChildLike & { parentPort?: MessagePortLike | undefined };
  };
  if (process.parentPort) return wrapMessagePort(process.parentPort);
  if (!process.send) throw new Error('a host process is started by the client, not by hand');
  return tunnelThrough(process, 'child');
}
