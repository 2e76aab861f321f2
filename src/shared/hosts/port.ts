/**
 * One end of a message channel, whatever carries it: Electron's parentPort and MessagePorts, a child process's
 * IPC pipe, or a browser MessagePort. Messages are structured-cloneable values (Uint8Array included).
 */
export interface Port {
  post(message: unknown, ports?: Port[]): void;
  /** One listener; messages that came before it was set are kept for it. */
  onMessage(listener: (message: unknown, ports: Port[]) => void): void;
  /** The other end went away. */
  onClose(listener: () => void): void;
  close(): void;
}

/** A process that was started to host something: its port, and how it ended. */
export interface HostProcess {
  readonly port: Port;
  /** Resolves once, when the process has gone; `code` null when a signal ended it. */
  readonly exited: Promise<{ code: number | null }>;
  kill(): void;
  readonly pid: number | undefined;
}

/** Starts a host process; the window's client and the command line each have their own way. */
export type SpawnHost = () => HostProcess;
