import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright';
import type { LaunchedApp } from '../e2e/launch.ts';
import { PinPage } from '../e2e/pages/pin-page.ts';
import { WindowPage } from '../e2e/pages/window-page.ts';
import { keyPair } from './key-pair.ts';
import { type Figure, median } from './report.ts';
import { longestBlock, type SimulatedWorld, simulatedWorld } from './simulated.ts';

/** A long run, and the first part of it that its end is held against. */
export interface LongRun {
  first: number;
  all: number;
}

export interface KeysOptions {
  folder: string;
  /** Milliseconds for which the key works on one call. */
  busy: number;
  /** How often a key is plugged in and pulled while someone looks at the clock. */
  rounds: number;
  cycles: LongRun;
  restarts: LongRun;
}

/** What the holder chooses in the first part, and types from then on. */
const chosenPin = 'Wq7-plum-Kd42';

/** (f) Keys that are busy, come and go, and crash their driver: the real client on a simulated key. */
export async function keys(options: KeysOptions): Promise<Figure[]> {
  const world = await simulatedWorld(path.join(options.folder, 'keys'));
  const parts = [
    (client: LaunchedApp) => busyKey(client, world, options.busy),
    (client: LaunchedApp) => comingAndGoing(client, world, options.rounds),
    (client: LaunchedApp) => cycles(client, world, options.cycles),
    (client: LaunchedApp) => restarts(client, world, options.restarts),
  ];
  const figures: Figure[] = [];
  for (const part of parts) {
    // Each in a client of its own: what one leaves in memory, the next doesn't find.
    const client = await world.launch();
    try {
      await new WindowPage(client.page).keys.first().waitFor();
      figures.push(...(await part(client)));
    } finally {
      await client.close();
      await world.keysim.control('clear');
    }
  }
  await world.keysim.control(`set latency.C_GenerateKeyPair = ${options.busy}`);
  figures.push(await keyPair(world, chosenPin));
  return figures;
}

/** The key works for a long time on one call, as one does that makes a key pair: the PIN's change is such a call. */
async function busyKey(client: LaunchedApp, world: SimulatedWorld, busy: number): Promise<Figure[]> {
  await world.keysim.control(`fault add function=C_SetPIN do=delay ms=${busy}`);
  await client.page.getByTestId('change-pin').click();
  const pin = new PinPage(await client.pinWindow());
  await pin.asksFor('pin');
  await pin.type(world.practice.token.pin);
  await pin.confirm();
  await pin.asksFor('new-pin');
  let took = 0;
  const value = await longestBlock(client.app, async () => {
    const closed = pin.page.waitForEvent('close', { timeout: busy + 30_000 });
    const began = performance.now();
    await pin.makeNew(chosenPin);
    await closed;
    took = performance.now() - began;
  });
  if (took < busy) throw new Error('the key was not as slow as it was told to be');
  const seconds = (busy / 1000).toFixed(0);
  return [
    {
      part: 'f',
      name: `longest block of main, key busy for ${seconds} s`,
      value,
      unit: 'ms',
      limit: 50,
      below: true,
    },
  ];
}

/** From the moment at which the simulator is told to the moment at which the window shows it. */
async function comingAndGoing(client: LaunchedApp, world: SimulatedWorld, rounds: number): Promise<Figure[]> {
  const window = new WindowPage(client.page);
  const key = window.keys.first();
  const figures: Figure[] = [];
  for (const [speed, words] of [
    ['usb-key', 'cheap USB key'],
    ['instant', 'key that answers at once'],
  ]) {
    await world.keysim.control(`set speed = ${speed}`);
    const plugged: number[] = [];
    const pulled: number[] = [];
    for (let round = 0; round < rounds; round++) {
      pulled.push(await act('pull k1', 'detached'));
      plugged.push(await act('plug k1', 'visible'));
      async function act(command: string, state: 'visible' | 'detached'): Promise<number> {
        // The client looks once a second or less often: it is met at moments spread over two seconds.
        await client.page.waitForTimeout((2000 * round) / rounds);
        const began = performance.now();
        await world.keysim.control(command);
        await key.waitFor({ state });
        return performance.now() - began;
      }
    }
    const row = (name: string, samples: number[]): Figure => ({
      part: 'f',
      name: `${name}, ${words}`,
      value: median(samples),
      unit: 'ms',
      limit: 2000,
      samples,
    });
    figures.push(row('from plug to shown', plugged), row('from pull to shown', pulled));
  }
  return figures;
}

/** The key is pulled and plugged in, and the client looks each time: does it keep something of each? */
async function cycles(client: LaunchedApp, world: SimulatedWorld, run: LongRun): Promise<Figure[]> {
  const course = await follow(client, run, async () => {
    await world.keysim.control('pull k1');
    if ((await look(client.page)) !== 0) throw new Error('a key shows that is not there');
    await world.keysim.control('plug k1');
    if ((await look(client.page)) !== 1) throw new Error('the key does not show');
  });
  return [
    ...memoryRows(`after ${run.all} plugs and pulls`, course, run, ['main', 'host', 'window']),
    processRow(`after ${run.all} plugs and pulls`, course, run),
  ];
}

/** The driver aborts, its host with it, and the next look starts another. */
async function restarts(client: LaunchedApp, world: SimulatedWorld, run: LongRun): Promise<Figure[]> {
  const hosts = new Set<string>();
  const course = await follow(client, run, async () => {
    await world.keysim.control('fault add name=crash function=C_GetSlotList do=abort');
    // A look of the client's own may have met the crash already; this one meets it or the new host.
    await look(client.page);
    await world.keysim.control('fault clear crash');
    if ((await look(client.page)) !== 1) throw new Error('the client did not come back from a crash');
    hosts.add(lifeOf(await hostPid(client)));
  });
  if (hosts.size < run.all) throw new Error(`${hosts.size} of ${run.all} hosts are new ones`);
  return [
    ...memoryRows(`after ${run.all} crashes of the driver`, course, run, ['main', 'window']),
    processRow(`after ${run.all} crashes of the driver`, course, run),
  ];
}

/** Looks at the keys as the window's button does. Returns how many there are. */
async function look(page: Page): Promise<number> {
  const answer = await page.evaluate(() => window.yinkey.call('keys.refresh', undefined));
  if (!answer.ok) throw new Error(`the keys can't be looked at: ${answer.error.code}`);
  return answer.output.keys.length;
}

interface Standing {
  /** Megabytes of 10^6 bytes that the process has for itself. */
  main: number;
  host: number;
  window: number;
  processes: number;
}

/** Does `act` again and again; how things stand after the first of them, then every so often, then after all. */
async function follow(client: LaunchedApp, run: LongRun, act: () => Promise<void>): Promise<Standing[]> {
  const course: Standing[] = [];
  for (let done = 1; done <= run.all; done++) {
    await act();
    if (done % run.first === 0) course.push(await standing(client));
  }
  return course;
}

async function standing(client: LaunchedApp): Promise<Standing> {
  // What is garbage already is no leak; twice, because finalisers make new garbage.
  for (const _ of [1, 2]) {
    await client.page.requestGC();
    await client.app.evaluate(() => {
      const own = globalThis as unknown as { benchCollect?: () => void };
      if (!own.benchCollect) {
        process.getBuiltinModule('node:v8').setFlagsFromString('--expose-gc');
        own.benchCollect = process.getBuiltinModule('node:vm').runInNewContext('gc') as () => void;
      }
      own.benchCollect();
    });
  }
  const { main, page } = await client.app.evaluate(({ BrowserWindow }) => ({
    main: process.pid,
    page: BrowserWindow.getAllWindows()[0]!.webContents.getOSProcessId(),
  }));
  return {
    main: ownMemory(main),
    host: ownMemory(await hostPid(client)),
    window: ownMemory(page),
    processes: familyOf(main),
  };
}

async function hostPid({ app }: LaunchedApp): Promise<number> {
  const pids = await app.evaluate(({ app: own }) =>
    own
      .getAppMetrics()
      .filter(({ name, serviceName }) => [name, serviceName].includes('YinKey Token Host'))
      .map(({ pid }) => pid),
  );
  if (pids.length !== 1) throw new Error(`${pids.length} token hosts`);
  return pids[0]!;
}

/** A process by its number and when it was started: the system gives numbers out again. */
function lifeOf(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const started = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  return `${pid} since ${started}`;
}

/** RssAnon: what is resident and shared with no file, so that code read from disk doesn't count as growth. */
function ownMemory(pid: number): number {
  const kibibytes = /^RssAnon:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  if (kibibytes === undefined) throw new Error('the kernel tells no memory of its own');
  return (Number(kibibytes) * 1024) / 1e6;
}

/** A process and all that stem from it, those included that have ended and that nobody has taken note of. */
function familyOf(pid: number): number {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc').filter((each) => /^\d+$/.test(each))) {
    try {
      // "PID (any name) STATE PPID ..."
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
    } catch (error) {
      // It ended meanwhile.
      if (!['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }
  const family = new Set([pid]);
  for (let before = 0; before < family.size; ) {
    before = family.size;
    for (const [child, parent] of parents) if (family.has(parent)) family.add(child);
  }
  return family.size;
}

const NAMES = { main: 'main', host: 'the token host', window: 'the window' };

function memoryRows(
  when: string,
  course: Standing[],
  run: LongRun,
  processes: (keyof typeof NAMES)[],
): Figure[] {
  return processes.map((process) => {
    const samples = course.map((standing) => standing[process]);
    const first = samples[0]!;
    const value = samples.at(-1)!;
    return {
      part: 'f',
      name: `memory of ${NAMES[process]} ${when}`,
      value,
      unit: 'MB',
      ratio: value / first,
      against: `after ${run.first}, ${first.toFixed(1)} MB`,
      limit: 1.15,
      samples,
    };
  });
}

function processRow(when: string, course: Standing[], run: LongRun): Figure {
  const samples = course.map(({ processes }) => processes);
  const first = samples[0]!;
  const value = samples.at(-1)!;
  return {
    part: 'f',
    name: `processes ${when}`,
    value,
    unit: '',
    ratio: value / first,
    against: `after ${run.first}, ${first}`,
    limit: 1,
    samples,
  };
}
