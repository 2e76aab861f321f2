import { spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { onPath } from '../scripts/setup/run.mjs';
import { type Figure, median, timed } from './report.ts';
import { onePage } from './small.ts';
import { type BenchWorld, run } from './world.ts';

export interface CommandOptions {
  root: string;
  folder: string;
  rounds: number;
}

/** One program that stamps the one-page file as a whole process; makes `output` anew each time. */
interface Program {
  name: string;
  output: string;
  stamp: () => Promise<unknown>;
}

/** (e) `yinkey stamp` as a whole process, in turns with what others need for the like. Reported, without a limit. */
export async function command(world: BenchWorld, options: CommandOptions): Promise<Figure[]> {
  const input = await onePage(world);
  const programs = [
    yinkey(world, options, input),
    await withPdfsig(options, input),
    await withPdfbox(world, options, input),
  ].filter((program) => program !== undefined);
  const times = new Map<string, number[]>(programs.map(({ name }) => [name, []]));
  for (let round = -1; round < options.rounds; round++) {
    for (const { name, output, stamp } of programs) {
      rmSync(output, { force: true });
      const time = await timed(stamp);
      if (round >= 0) times.get(name)!.push(time);
      else await mustBeSigned(name, output);
    }
  }
  const [ours, ...others] = programs.map(({ name }) => ({ name, samples: times.get(name)! }));
  const value = median(ours!.samples);
  return [
    { part: 'e', name: ours!.name, value, unit: 'ms', samples: ours!.samples },
    ...others.map(
      ({ name, samples }): Figure => ({
        part: 'e',
        name: `against ${name}`,
        value: median(samples),
        unit: 'ms',
        ratio: value / median(samples),
        against: 'yinkey / this',
        samples,
      }),
    ),
  ];
}

function yinkey(world: BenchWorld, { root, folder }: CommandOptions, input: string): Program {
  const output = path.join(folder, 'yinkey-out.pdf');
  const { practice, certificate } = world;
  const args = [
    ...['stamp', input, '--out', output, '--token', practice.token.serial, '--cert', certificate.id],
    ...[
      '--image',
      practice.picture,
      '--page',
      '1',
      '--at',
      '120,220',
      '--size',
      '42',
      '--pin-fd',
      '3',
      '--json',
    ],
  ];
  const env = { ...process.env, ...practice.env };
  const program = path.join(root, 'bin', 'yinkey');
  return {
    name: 'yinkey stamp, one page, the whole process',
    output,
    stamp: () => runWith(program, args, { env, pinFd: 3, pin: practice.token.pin }),
  };
}

/** poppler's pdfsig signs with a key in an NSS database (software; with a token it crashes), and shows no picture. */
async function withPdfsig({ folder }: CommandOptions, input: string): Promise<Program | undefined> {
  if (!['pdfsig', 'certutil', 'pk12util', 'openssl'].every((program) => onPath(program))) {
    process.stderr.write('pdfsig is left out: it needs poppler-utils, libnss3-tools and openssl\n');
    return undefined;
  }
  const base = path.join(folder, 'nss');
  mkdirSync(base);
  const [key, certificate, both] = ['key.pem', 'certificate.pem', 'both.p12'].map((name) =>
    path.join(base, name),
  );
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  writeFileSync(key!, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  const database = `sql:${base}`;
  await run('openssl', [
    'req',
    '-x509',
    '-new',
    '-key',
    key!,
    '-out',
    certificate!,
    '-subj',
    '/CN=bench',
    '-days',
    '2',
  ]);
  await run('openssl', [
    ...['pkcs12', '-export', '-inkey', key!, '-in', certificate!, '-name', 'bench', '-passout', 'pass:'],
    ...['-out', both!],
  ]);
  await run('certutil', ['-N', '-d', database, '--empty-password']);
  await run('pk12util', ['-i', both!, '-d', database, '-W', '']);
  await run('certutil', ['-M', '-n', 'bench', '-t', 'CT,C,C', '-d', database]);
  const output = path.join(folder, 'pdfsig-out.pdf');
  return {
    name: 'pdfsig (software key, no picture, no self-check)',
    output,
    stamp: () =>
      run('pdfsig', [
        ...['-nssdir', database, '-add-signature', '-nick', 'bench', '-new-signature-field-name', 'Seal'],
        ...[input, output],
      ]),
  };
}

/** Apache PDFBox with the same token and the same picture; compiled beforehand, as a real program would be. */
async function withPdfbox(
  world: BenchWorld,
  { folder }: CommandOptions,
  input: string,
): Promise<Program | undefined> {
  const jars = ['pdfbox2', 'fontbox2', 'commons-logging', 'bcprov', 'bcpkix', 'bcutil'];
  const classes = path.join(folder, 'classes');
  const classPath = [classes, ...jars.map((name) => `/usr/share/java/${name}.jar`)].join(':');
  const source = path.join(import.meta.dirname, 'SignWithPdfbox.java');
  try {
    await run('java', [
      '-m',
      'jdk.compiler/com.sun.tools.javac.Main',
      '-cp',
      classPath,
      '-d',
      classes,
      source,
    ]);
  } catch (error) {
    process.stderr.write(`PDFBox is left out: it needs Java, libpdfbox2-java and libbcpkix-java\n${error}\n`);
    return undefined;
  }
  const { practice } = world;
  const configuration = path.join(folder, 'pkcs11.cfg');
  writeFileSync(configuration, `name = bench\nlibrary = ${practice.module}\nslotListIndex = 0\n`);
  const output = path.join(folder, 'pdfbox-out.pdf');
  const args = ['-cp', classPath, 'SignWithPdfbox', configuration, practice.picture, input, output];
  const env = { ...process.env, ...practice.env, LC_ALL: 'C.UTF-8' };
  return {
    name: 'PDFBox (same token and seal, no self-check)',
    output,
    stamp: () => runWith('java', args, { env, pinFd: 0, pin: practice.token.pin }),
  };
}

/** Runs a program that reads the PIN from a descriptor. */
function runWith(
  program: string,
  args: string[],
  { env, pinFd, pin }: { env: NodeJS.ProcessEnv; pinFd: 0 | 3; pin: string },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env, stdio: ['pipe', 'ignore', 'pipe', 'pipe'] });
    let said = '';
    child.stderr?.on('data', (part) => {
      said += part;
    });
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`${program}: ${code} ${said}`)),
    );
    for (const fd of [0, 3]) {
      const pipe = child.stdio[fd] as import('node:stream').Writable;
      // Who needs no PIN may be gone before the pipe is closed.
      pipe.on('error', () => {});
      pipe.end(fd === pinFd ? pin : '');
    }
  });
}

/** Poppler's word that there is a valid signature: what signs nothing would be quick. */
async function mustBeSigned(name: string, output: string): Promise<void> {
  const said = await run('pdfsig', ['-nocert', output]);
  if (!said.includes('Signature is Valid')) throw new Error(`${name}: ${said}`);
}
