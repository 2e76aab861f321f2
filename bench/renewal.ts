import { type ChildProcess, fork } from 'node:child_process';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { onPath } from '../scripts/setup/run.mjs';
import { issue } from '../softhsm-fixtures/index.ts';
import type { Exchange } from './exchange.worker.ts';
import { type Figure, median, timed } from './report.ts';
import { type BenchWorld, run } from './world.ts';

/** What two programs need for the same renewal: addresses and files. */
interface Case {
  url: string;
  root: string;
  certificate: string;
  oldKey: string;
  newKey: string;
  issued: string;
}

/**
 * (i) A renewal by CMP (kur, certConf) without a token: keys in files, the practice authority in a process of its own.
 * The client's code in a process that runs, as in the real client, in turns with `openssl cmp` as a whole process and
 * with the start of openssl alone.
 */
export async function renewal(
  world: BenchWorld,
  options: { folder: string; rounds: number },
): Promise<Figure[]> {
  if (!onPath('openssl')) {
    process.stderr.write('(i) is left out: it needs openssl\n');
    return [];
  }
  const program = path.join(import.meta.dirname, '../softhsm-fixtures/authority/run.ts');
  const authority = fork(program, ['--dir', world.practice.dir], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const workers: ChildProcess[] = [];
  try {
    const { url } = await told<{ url: string }>(authority);
    const one = await makeCase(world, options.folder, url);
    const worker = () => {
      const args = [one.url, one.root, one.certificate, one.oldKey, one.newKey];
      const child = fork(path.join(import.meta.dirname, 'exchange.worker.ts'), args);
      workers.push(child);
      return child;
    };
    const first = await exchange(worker());
    const running = worker();
    const ours: Exchange[] = [];
    const openssl: number[] = [];
    const start: number[] = [];
    // The first rounds fill caches, and the running process's code is compiled as in a client that did some work.
    for (let round = -3; round < options.rounds; round++) {
      const mine = await exchange(running);
      const whole = await timed(() => withOpenssl(one));
      const alone = await timed(() => run('openssl', ['version']));
      if (round < 0) continue;
      ours.push(mine);
      openssl.push(whole);
      start.push(alone);
    }
    return rows({ first, ours, openssl, start });
  } finally {
    for (const child of [...workers, authority]) await ended(child);
  }
}

function rows(measured: { first: Exchange; ours: Exchange[]; openssl: number[]; start: number[] }): Figure[] {
  const { first, ours, openssl, start } = measured;
  const figure = (name: string, samples: number[]): Figure => ({
    part: 'i',
    name,
    value: median(samples),
    unit: 'ms',
    samples,
  });
  const whole = median(openssl);
  const working = whole - median(start);
  const name = 'renewal by CMP, keys in files and their time left out';
  const own = figure(
    name,
    ours.map(({ total, key }) => total - key),
  );
  return [
    {
      ...own,
      ratio: own.value / whole,
      against: `openssl cmp, the whole process, ${whole.toFixed(1)} ms`,
      limit: 2,
    },
    {
      ...own,
      name: 'the same',
      ratio: own.value / working,
      against: `openssl cmp without its start, ${working.toFixed(1)} ms`,
      limit: 2,
    },
    figure(
      'left out: the keys, three signatures',
      ours.map(({ key }) => key),
    ),
    figure(
      'left in: the authority and the way to it',
      ours.map(({ authority }) => authority),
    ),
    {
      ...figure('the first renewal of a new process', [first.total - first.key]),
      ratio: (first.total - first.key) / whole,
      against: `openssl cmp, the whole process, ${whole.toFixed(1)} ms`,
    },
    figure('left out of openssl: its start (openssl version)', start),
  ];
}

async function makeCase(world: BenchWorld, folder: string, url: string): Promise<Case> {
  const base = path.join(folder, 'renewal');
  mkdirSync(base);
  const file = (name: string, key: KeyObject) => {
    const made = path.join(base, name);
    writeFileSync(made, key.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
    return made;
  };
  const old = await issue(world.practice, { keyType: 'EC-P256', onToken: false, label: 'bench' });
  const certificate = path.join(base, 'old.crt');
  writeFileSync(certificate, old.pem);
  const fresh = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  return {
    url: `${url}/.well-known/cmp`,
    root: world.practice.trust,
    certificate,
    oldKey: file('old.key', old.privateKey!),
    newKey: file('new.key', fresh.privateKey),
    issued: path.join(base, 'issued.crt'),
  };
}

async function withOpenssl({ url, root, certificate, oldKey, newKey, issued }: Case): Promise<void> {
  rmSync(issued, { force: true });
  const { host, pathname } = new URL(url);
  const said = await run('openssl', [
    ...['cmp', '-config', '', '-cmd', 'kur', '-server', host, '-path', pathname.slice(1)],
    ...['-trusted', root, '-cert', certificate, '-key', oldKey, '-newkey', newKey, '-certout', issued],
  ]);
  // It ends well only with a certificate that it confirmed.
  if (said.includes('ERROR')) throw new Error(said);
}

async function exchange(worker: ChildProcess): Promise<Exchange> {
  worker.send('renew');
  return told<Exchange>(worker);
}

/** The next message of a process; its end is an error. */
function told<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    const gone = (code: number | null) => reject(new Error(`a process of the benchmark ended (${code})`));
    child.once('exit', gone);
    child.once('message', (message) => {
      child.off('exit', gone);
      resolve(message as T);
    });
  });
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  await gone;
}
