import { statfs } from 'node:fs/promises';
import path from 'node:path';
import type {
  CareEntry,
  Environment,
  EnvironmentFact,
  EnvironmentFinding,
  KeysSnapshot,
} from '../../shared/domain/index.ts';
import { environmentFactSchema, environmentSchema } from '../../shared/domain/index.ts';
import { type ErrorCode, fromWireError, YinkeyError } from '../../shared/errors/index.ts';
import { version } from '../../shared/version.ts';
import type { AuditEntry, AuditVerdict } from '../audit/index.ts';
import type { SlotsReport } from '../pkcs11/index.ts';
import { chineseFont } from './fonts.ts';
import type { ToldTime } from './time.ts';

/** Where the facts come from: the same in the window and on the command line. */
export interface EnvironmentSources {
  /** Keys and drivers, just looked at; whoever is looked at has deadlines of its own. */
  snapshot: KeysSnapshot | Promise<KeysSnapshot>;
  /** The slots of one driver. */
  slots: (module: string) => Promise<SlotsReport>;
  /** The time as an authority tells it, null where none did; left out: there is no authority to ask. */
  time?: (() => Promise<ToldTime | null>) | undefined;
  /** Why the store had to be begun anew; null: it was in order. */
  storeNotice: { code: string } | null;
  audit: { verify(): AuditVerdict | Promise<AuditVerdict>; list(count: number): AuditEntry[] };
  journal: readonly CareEntry[];
  roots: { count: number; unreadable: number };
  /** Folder whose disk is asked for room. */
  folder: string;
  practice: boolean;
  now?: Date;
  /** Whether this system can write Chinese; asked of the system where left out. */
  font?: () => Promise<boolean>;
  /** How long a driver and an authority may take, in milliseconds; 3 s when left out. */
  patience?: number;
}

/** Megabytes below which stamping will soon fail, and below which somebody should know. */
const ROOM = { trouble: 200, note: 2000 };
/** A clock may be corrected by so much without that being news, in milliseconds. */
const CLOCK_SLACK = 10 * 60_000;
/** Minutes between this clock and an authority's from which on signatures and requests look wrong to others. */
const CLOCKS_APART = 5;
const patience = 3000;

type Program = Extract<EnvironmentFact, { what: 'program' }>;
type Finding = Omit<EnvironmentFinding, 'facts'> & { facts: (EnvironmentFact | null)[] };

/**
 * Looks at what the client needs on this computer. Each finding says how it stands and what is to be done; facts hold
 * what a hotline asks for and nothing of people, documents or PINs.
 */
export async function checkEnvironment(sources: EnvironmentSources): Promise<Environment> {
  const now = sources.now ?? new Date();
  const snapshot = Promise.resolve(sources.snapshot);
  const findings = (
    await Promise.all([
      program(sources.practice),
      snapshot.then(drivers),
      snapshot.then(keys),
      snapshot.then(({ modules }) => mechanisms(modules, sources)),
      store(sources),
      audit(sources),
      acts(sources.journal),
      trust(sources.roots),
      disk(sources.folder),
      fonts(sources.font ?? chineseFont),
      clock(sources, now),
    ])
  ).map(({ facts, ...rest }) => ({ ...rest, facts: facts.filter((fact) => fact !== null) }));
  return environmentSchema.parse({ at: now.toISOString(), findings });
}

/** A fact, or nothing where something in it does not fit the narrow fields. */
function fact(value: EnvironmentFact): EnvironmentFact | null {
  const parsed = environmentFactSchema.safeParse(value);
  return parsed.success ? parsed.data : null;
}

const codeOf = (error: { code: string } | null): ErrorCode | null =>
  error && fromWireError({ code: error.code }).code;

/** Drivers may call themselves anything; what does not look like a version or a maker is left out. */
const plain = (text: string, allowed: RegExp, length: number) =>
  [...text]
    .filter((char) => allowed.test(char))
    .join('')
    .slice(0, length);
const versionOf = (text: string) => plain(text, /[\w.+~-]/, 32);
const makerOf = (text: string) => plain(text, /[\p{L}\p{N} .,()&+/_-]/u, 32).trim();
const serialEnd = (serial: string) => plain(serial.slice(-4), /[0-9A-Za-z]/, 4);
const fileOf = (file: string) => plain(path.basename(file), /[\w.+@-]/, 64) || 'driver';

function program(practice: boolean): Finding {
  const facts = fact({
    what: 'program',
    version: versionOf(version),
    platform: process.platform as Program['platform'],
    architecture: process.arch as Program['architecture'],
    runtime: versionOf(process.versions.electron ?? process.versions.node),
    practice,
  });
  return { check: 'program', state: 'ok', next: null, facts: [facts] };
}

function drivers({ modules }: KeysSnapshot): Finding {
  const used = modules.filter(({ state }) => state !== 'not-agreed');
  const bad = used.filter(({ error }) => error !== null);
  const ready = used.some(({ state }) => state === 'ready');
  const next = bad.some(({ state }) => state === 'changed')
    ? 'driver-changed'
    : bad.some(({ state }) => state === 'missing')
      ? 'driver-missing'
      : bad.length > 0
        ? 'driver-trouble'
        : ready
          ? null
          : modules.length > 0
            ? 'driver-agree'
            : 'driver-install';
  return {
    check: 'drivers',
    state: next === null ? 'ok' : 'trouble',
    next,
    facts: modules.map((module) =>
      fact({
        what: 'driver',
        file: fileOf(module.path),
        sha256: module.sha256,
        version: versionOf(module.version),
        state: module.state,
        error: codeOf(module.error),
      }),
    ),
  };
}

function keys({ keys: plugged, blanks }: KeysSnapshot): Finding {
  const states = new Set(plugged.map(({ pin }) => pin.state));
  const next: EnvironmentFinding['next'] =
    plugged.length === 0
      ? 'key-plug'
      : plugged.some(({ error }) => error !== null)
        ? 'key-read'
        : plugged.some(({ pin }) => pin.soState === 'locked')
          ? 'key-so-locked'
          : states.has('locked')
            ? 'key-locked'
            : states.has('not-set') || states.has('to-be-changed')
              ? 'key-first-pin'
              : states.has('final-try') || states.has('low')
                ? 'key-tries'
                : null;
  const soft = next === 'key-tries' || next === 'key-so-locked';
  return {
    check: 'keys',
    state: next === null ? 'ok' : soft ? 'note' : 'trouble',
    next,
    facts: [
      ...plugged.map((key) =>
        fact({
          what: 'key',
          maker: makerOf(key.manufacturer),
          model: makerOf(key.model),
          serialEnd: serialEnd(key.serial),
          slot: key.slot,
          pin: key.pin.state,
          soPin: key.pin.soState,
          pad: key.pin.protectedPath,
          certificates: key.certificates.length,
          error: codeOf(key.error),
        }),
      ),
      ...blanks.map(({ manufacturer, model, slot }) =>
        fact({ what: 'blank', maker: makerOf(manufacturer), model: makerOf(model), slot }),
      ),
    ],
  };
}

/**
 * What the keys of each running driver say they can do. A driver that is busy or hangs is not waited for: it is told
 * as silent, and its own deadline ends what it does.
 */
async function mechanisms(
  modules: KeysSnapshot['modules'],
  { slots, patience: limit = patience }: EnvironmentSources,
): Promise<Finding> {
  const running = modules.filter(({ state }) => state === 'ready');
  const looks = await Promise.all(
    running.map(async (module): Promise<{ facts: (EnvironmentFact | null)[]; silent: boolean }> => {
      const file = fileOf(module.path);
      try {
        const report = await within(limit, slots(module.path));
        return report === undefined
          ? { facts: [fact({ what: 'silent', file, error: null })], silent: true }
          : { facts: slotFacts(file, report), silent: false };
      } catch (error) {
        if (!(error instanceof YinkeyError)) throw error;
        return { facts: [fact({ what: 'silent', file, error: error.code })], silent: true };
      }
    }),
  );
  const facts = looks.flatMap((look) => look.facts);
  const mute = facts.some((each) => each?.what === 'slot' && each.can !== null && !each.can.some(signs));
  const next = looks.some(({ silent }) => silent) ? 'mechanism-unread' : mute ? 'mechanism-none' : null;
  return { check: 'mechanisms', state: next === null ? 'ok' : 'note', next, facts };
}

const signs = (ability: string) => !ability.startsWith('generate-');

function slotFacts(file: string, { slots, filled }: SlotsReport): (EnvironmentFact | null)[] {
  return [
    fact({ what: 'slots', file, count: slots, filled: filled.length }),
    ...filled.map(({ serial, error, ...more }) =>
      fact({
        what: 'slot',
        file,
        ...more,
        serialEnd: serialEnd(serial),
        error: codeOf(error === null ? null : { code: error }),
      }),
    ),
  ];
}

/** What comes in time; undefined where it does not. What fails later is nobody's news any more. */
async function within<T>(millis: number, work: Promise<T>): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const over = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), millis);
  });
  try {
    return await Promise.race([work, over]);
  } finally {
    clearTimeout(timer);
    work.catch(() => {});
  }
}

function store({ storeNotice }: EnvironmentSources): Finding {
  if (storeNotice === null) return { check: 'store', state: 'ok', next: null, facts: [] };
  return {
    check: 'store',
    state: 'trouble',
    next: 'store-kept',
    facts: [fact({ what: 'code', code: fromWireError(storeNotice).code })],
  };
}

async function audit(sources: EnvironmentSources): Promise<Finding> {
  const verdict = await sources.audit.verify();
  if (verdict.ok) {
    return {
      check: 'audit',
      state: 'ok',
      next: null,
      facts: [fact({ what: 'entries', count: verdict.entries })],
    };
  }
  return {
    check: 'audit',
    state: 'trouble',
    next: 'audit-broken',
    facts: [fact({ what: 'broken', entry: verdict.firstBroken, reason: verdict.reason })],
  };
}

function acts(journal: readonly CareEntry[]): Finding {
  const count = journal.filter(({ state }) => state === 'started' || state === 'unknown').length;
  return {
    check: 'acts',
    state: count === 0 ? 'ok' : 'trouble',
    next: count === 0 ? null : 'acts-settle',
    facts: [fact({ what: 'interrupted', count })],
  };
}

function trust({ count, unreadable }: EnvironmentSources['roots']): Finding {
  const next = unreadable > 0 ? 'trust-unreadable' : count === 0 ? 'trust-empty' : null;
  return {
    check: 'trust',
    state: next === null ? 'ok' : 'trouble',
    next,
    facts: [fact({ what: 'roots', count, unreadable })],
  };
}

async function disk(folder: string): Promise<Finding> {
  let megabytes: number;
  try {
    const { bavail, bsize } = await statfs(folder);
    megabytes = Math.floor((bavail * bsize) / 1e6);
  } catch {
    // A system that does not tell: said, not guessed.
    return { check: 'disk', state: 'note', next: 'disk-unknown', facts: [] };
  }
  const state = megabytes < ROOM.trouble ? 'trouble' : megabytes < ROOM.note ? 'note' : 'ok';
  return {
    check: 'disk',
    state,
    next: state === 'ok' ? null : 'disk-full',
    facts: [fact({ what: 'free', megabytes })],
  };
}

async function fonts(font: () => Promise<boolean>): Promise<Finding> {
  const found = await font();
  return {
    check: 'fonts',
    state: found ? 'ok' : 'note',
    next: found ? null : 'font-install',
    facts: [fact({ what: 'font', found })],
  };
}

/**
 * Against what the computer itself knows (a clock that stands before the newest entry of the log goes wrong), and
 * against an authority's clock where one answers.
 */
async function clock(sources: EnvironmentSources, now: Date): Promise<Finding> {
  const [newest] = sources.audit.list(1);
  const behind = newest !== undefined && now.getTime() < Date.parse(newest.at) - CLOCK_SLACK;
  const time = await timeFact(sources);
  const off = Math.abs(time.ahead ?? 0) > CLOCKS_APART;
  const next = behind
    ? 'clock-set'
    : off
      ? 'clock-off'
      : time.source === 'unreachable'
        ? 'time-unreachable'
        : null;
  return {
    check: 'clock',
    state: behind || off ? 'trouble' : next === null ? 'ok' : 'note',
    next,
    facts: [fact({ what: 'clock', at: now.toISOString(), offset: -now.getTimezoneOffset() }), fact(time)],
  };
}

type TimeFact = Extract<EnvironmentFact, { what: 'time' }>;

async function timeFact({ time, patience: limit = patience }: EnvironmentSources): Promise<TimeFact> {
  if (!time) return { what: 'time', source: 'unset', ahead: null };
  const told = await within(limit, time());
  // A time that no calendar has is none.
  if (!told || !Number.isFinite(told.aheadMillis) || Math.abs(told.aheadMillis) > 6e12)
    return { what: 'time', source: 'unreachable', ahead: null };
  // Nothing is minus zero.
  return { what: 'time', source: told.source, ahead: Math.round(told.aheadMillis / 60_000) + 0 };
}
