import { fork } from 'node:child_process';
import { type HostProcess, hostEnvironment, portOfChild, type SpawnHost } from '../../shared/hosts/index.ts';

export interface SpawnOptions {
  /** Taken instead of this process's environment; scrubbed all the same. */
  env?: NodeJS.ProcessEnv;
  /** Node's own options for the child, e.g. a memory limit. */
  execArgv?: string[];
}

/**
 * Starts host processes as Node children (command line, tests). `entry` is a file that Node can run, .ts included.
 * The child's output goes to nowhere unless YINKEY_HOST_OUTPUT is set here: drivers print what they like, and the
 * command line's standard output belongs to its answer.
 */
export function spawnNodeHost(entry: string, options: SpawnOptions = {}): SpawnHost {
  return (): HostProcess => {
    const output = process.env.YINKEY_HOST_OUTPUT ? 'inherit' : 'ignore';
    const child = fork(entry, [], {
      serialization: 'advanced',
      env: hostEnvironment(options.env ?? process.env),
      execArgv: options.execArgv ?? [],
      stdio: ['ignore', output === 'inherit' ? 2 : 'ignore', output, 'ipc'],
    });
    const exited = new Promise<{ code: number | null }>((resolve) => {
      child.once('exit', (code) => resolve({ code }));
      // It could not be started at all: there is no exit to come.
      child.once('error', () => {
        if (child.pid === undefined) resolve({ code: null });
      });
    });
    return {
      port: portOfChild(child),
      exited,
      // A driver that hangs does not listen to polite signals.
      kill: () => {
        child.kill('SIGKILL');
      },
      pid: child.pid,
    };
  };
}
