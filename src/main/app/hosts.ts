import path from 'node:path';
import { type MessagePortMain, type UtilityProcess, utilityProcess } from 'electron';
import {
  type HostProcess,
  type MessagePortLike,
  type Port,
  portOfUtilityProcess,
  type SpawnHost,
  type UtilityProcessLike,
  wrapMessagePort,
} from '../../shared/hosts/index.ts';
import { log } from './log.ts';

/** Lines of one host's output that are worth keeping; a driver can print without end. */
const OUTPUT_LINES = 200;

/**
 * How host processes are started in Electron: as utility processes, one for each call of the returned function. The
 * app must be ready.
 * @param script the bundle's name in out/main
 */
export function hostSpawner(options: {
  out: string;
  script: 'token-host.js' | 'document-host.js';
  /** Scrubbed by the caller. */
  environment: NodeJS.ProcessEnv;
}): SpawnHost {
  const serviceName = options.script === 'token-host.js' ? 'YinKey Token Host' : 'YinKey Document Host';
  return () => {
    const child = utilityProcess.fork(path.join(options.out, 'main', options.script), [], {
      serviceName,
      execArgv: [],
      env: options.environment,
      stdio: ['ignore', 'pipe', 'pipe'],
      // Vendors' drivers on macOS are signed by the vendor, not by us.
      ...(options.script === 'token-host.js' ? { allowLoadingUnsignedLibraries: true } : {}),
    });
    countOutput(child, options.script);
    const exited = new Promise<{ code: number | null }>((resolve) => {
      child.once('exit', (code) => {
        log.info('host.exit', { host: options.script, exit: code });
        resolve({ code });
      });
    });
    return {
      port: portOfUtilityProcess(child as unknown as UtilityProcessLike),
      exited,
      kill: () => void child.kill(),
      get pid() {
        return child.pid;
      },
    } satisfies HostProcess;
  };
}

/** A driver's own words may hold anything, so only that it spoke, and how much, is told to the log. */
function countOutput(child: UtilityProcess, host: string): void {
  let lines = 0;
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      lines += 1;
      if (lines <= OUTPUT_LINES) log.debug('host.output', { host, details: `${chunk.length} bytes` });
    });
  }
}

/** One end of an Electron channel as the rest of the program knows ports. */
export function portOf(port: MessagePortMain): Port {
  // Electron types its events by name; the shape that is used is the same.
  return wrapMessagePort(port as unknown as MessagePortLike);
}
