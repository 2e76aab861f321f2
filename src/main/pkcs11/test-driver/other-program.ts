import { execFile } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { PracticeWorld } from '../../../../softhsm-fixtures/index.ts';
import { attribute, attributeText, type Handle, loadModule, objectClass, type Session } from '../cryptoki.ts';

/** A data object as another program makes it, whatever we think of it. */
export interface ForeignData {
  application: string;
  label: string;
  value: Uint8Array;
  private?: boolean;
  /** So many of the same. */
  times?: number;
}

interface Job {
  module: string;
  label: string;
  pin: string;
  remove: string[];
  create: (Omit<ForeignData, 'value'> & { value: string })[];
}

/** What another program does with the data objects of a token: removes those with these labels, then makes some. */
export async function otherProgram(
  world: Pick<PracticeWorld, 'module' | 'env'>,
  token: { label: string; pin: string },
  work: { remove?: string[]; create?: ForeignData[] },
): Promise<void> {
  const job: Job = {
    module: world.module,
    label: token.label,
    pin: token.pin,
    remove: work.remove ?? [],
    create: (work.create ?? []).map((each) => ({
      ...each,
      value: Buffer.from(each.value).toString('base64'),
    })),
  };
  const env = { ...process.env, ...world.env };
  const done = promisify(execFile)(process.execPath, [fileURLToPath(import.meta.url)], { env });
  done.child.stdin?.end(JSON.stringify(job));
  await done;
}

function remove(session: Session, labels: string[]): void {
  const labelOf = (handle: Handle) =>
    attributeText(session.attribute(handle, attribute.label) ?? Buffer.alloc(0));
  for (const handle of session.find([{ type: attribute.class, value: objectClass.data }]))
    if (labels.includes(labelOf(handle))) session.destroy(handle);
}

function create(session: Session, data: Job['create'][number]): void {
  for (let count = 0; count < (data.times ?? 1); count++)
    session.create([
      { type: attribute.class, value: objectClass.data },
      { type: attribute.token, value: true },
      { type: attribute.private, value: data.private ?? false },
      { type: attribute.application, value: Buffer.from(data.application) },
      { type: attribute.label, value: Buffer.from(data.label) },
      { type: attribute.value, value: Buffer.from(data.value, 'base64') },
    ]);
}

async function main(): Promise<void> {
  const job = JSON.parse(await text(process.stdin)) as Job;
  const module = await loadModule(job.module);
  const slot = module.slots().find((each) => module.token(each).label === job.label);
  if (!slot) throw new RangeError('no such token');
  const session = module.open(slot, 'write');
  session.login(job.pin);
  remove(session, job.remove);
  for (const each of job.create) create(session, each);
  session.logout();
  process.exit(0);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
