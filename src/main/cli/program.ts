import { Command, CommanderError, Option } from 'commander';
import { inkColours, lossRequestSchema, sealKinds } from '../../shared/domain/index.ts';
import { YinkeyError } from '../../shared/errors/index.ts';
import { createTexts, type Language } from '../../shared/i18n/index.ts';
import { auditExport, auditVerify } from './commands/audit.ts';
import {
  type CareCommandOptions,
  changePin,
  changeSoPin,
  initialiseKey,
  pinStatus,
  settleSoPin,
  unlockKey,
} from './commands/care.ts';
import {
  type CertificateOptions,
  certificateStatus,
  exportCertificate,
  importCertificate,
} from './commands/certificates.ts';
import { doctor } from './commands/doctor.ts';
import { listCertificates, listKeys } from './commands/keys.ts';
import { practiceUp } from './commands/practice.ts';
import { enrol, renew } from './commands/renew.ts';
import { sealCapture } from './commands/seal-capture.ts';
import { sealInspect } from './commands/seal-inspect.ts';
import { sealExport, sealList, sealShow } from './commands/seal-list.ts';
import { sealLost } from './commands/seal-lost.ts';
import { sealApplications, sealBind, sealRequest } from './commands/seal-request.ts';
import { sim } from './commands/sim.ts';
import { stamp } from './commands/stamp.ts';
import { verify } from './commands/verify.ts';
import type { CommonOptions } from './options.ts';
import { exitCodes, type Outcome } from './output.ts';
import type { Services } from './services.ts';

/** Commander has printed help or a usage message; nothing is left but the exit code. */
export class UsageShown extends Error {
  readonly exit: number;

  constructor(exit: number) {
    super('usage');
    this.exit = exit;
  }
}

/** A length above zero; `usage` where it isn't one. */
function length(name: string): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isFinite(value) || value <= 0)
      throw new YinkeyError('usage', { what: `${name} ${text}` });
    return value;
  };
}

/** A number of at most four digits, e.g. of a file descriptor. */
function smallNumber(name: string): (text: string) => number {
  return (text) => {
    if (!/^\d{1,4}$/.test(text)) throw new YinkeyError('usage', { what: `${name} ${text}` });
    return Number(text);
  };
}
const descriptor = smallNumber('--pin-fd');

/** The command table. `run` parses the arguments and gives the outcome of the one command that was called. */
export function buildProgram(
  services: Services,
  language: Language,
): { run: (args: string[]) => Promise<Outcome> } {
  const t = createTexts(language).getFixedT(language, 'cli');
  let outcome: Outcome | undefined;
  const does =
    <A extends unknown[]>(act: (...args: A) => Promise<Outcome>) =>
    async (...args: A): Promise<void> => {
      outcome = await act(...args);
    };

  const program = new Command('yinkey')
    .description(t('about'))
    .helpOption('-h, --help', t('option.help'))
    .helpCommand(false)
    .showHelpAfterError(false)
    .exitOverride()
    .configureOutput({ writeErr: (text) => process.stderr.write(text) });

  const command = (parent: Command, usage: string, about: string) =>
    parent
      .command(usage)
      .description(about)
      .exitOverride()
      .helpOption('-h, --help', t('option.help'))
      .option('--json', t('option.json'))
      .option('--module <path>', t('option.module'));

  const practice = program.command('practice').description(t('practice.about')).exitOverride();
  command(practice, 'up', t('practice.up'))
    .requiredOption('--dir <folder>', t('option.dir'))
    .option('--no-authority', t('option.noAuthority'))
    .option('--seed', t('option.seed'))
    .action(
      does((options: CommonOptions & { dir: string; authority?: boolean; seed?: boolean }) =>
        practiceUp(services, options),
      ),
    );

  command(program, 'keys', t('keys.about')).action(
    does((options: CommonOptions) => listKeys(services, options, language)),
  );
  const certs = command(program, 'certs', t('certs.about'))
    .enablePositionalOptions()
    .action(does((options: CommonOptions) => listCertificates(services, options, language)));
  command(certs, 'status', t('certs.status'))
    .option('--cert <id>', t('certs.which'))
    .option('--trust <pem>', t('option.trust'))
    .action(does((options: CertificateOptions) => certificateStatus(services, options, language)));
  command(certs, 'export', t('certs.export'))
    .requiredOption('--cert <id>', t('certs.which'))
    .requiredOption('--out <file>', t('certs.out'))
    .addOption(
      new Option('--format <format>', t('certs.format')).choices(['pem', 'der', 'chain']).default('pem'),
    )
    .action(does((options) => exportCertificate(services, options, language)));
  command(certs, 'import <file>', t('certs.import'))
    .option('--token <serial>', t('option.token'))
    .option('--pin-fd <n>', t('option.pinFd'), descriptor)
    .option('--last-try', t('option.lastTry'))
    .action(
      does((file: string, options: CertificateOptions) =>
        importCertificate(services, file, options, language),
      ),
    );

  command(program, 'renew', t('renew.about'))
    .option('--authority <url>', t('renew.authority'))
    .option('--token <serial>', t('option.token'))
    .option('--cert <id>', t('certs.which'))
    .option('--years <n>', t('renew.years'), smallNumber('--years'))
    .option('--pin-fd <n>', t('option.pinFd'), descriptor)
    .option('--last-try', t('option.lastTry'))
    .option('--trust <pem>', t('option.trust'))
    .option('--wait <seconds>', t('renew.wait'), smallNumber('--wait'), 900)
    .option('--resume', t('renew.resume'))
    .option('--list', t('renew.list'))
    .option('--end <id>', t('renew.end'))
    .option('--remove-old <id>', t('renew.removeOld'))
    .option('--serial <number>', t('renew.serial'))
    .action(does((options) => renew(services, options, language)));

  command(program, 'enrol', t('enrol.about'))
    .requiredOption('--authority <url>', t('enrol.authority'))
    .option('--token <serial>', t('option.token'))
    .requiredOption('--reference <text>', t('enrol.reference'))
    .requiredOption('--secret-fd <n>', t('enrol.secretFd'), smallNumber('--secret-fd'))
    .requiredOption('--subject <name>', t('enrol.subject'))
    .option('--key-type <type>', t('enrol.keyType'), 'EC-P256')
    .option('--label <text>', t('enrol.label'))
    .option('--pkcs10', t('enrol.pkcs10'))
    .option('--pin-fd <n>', t('option.pinFd'), descriptor)
    .option('--last-try', t('option.lastTry'))
    .option('--trust <pem>', t('option.trust'))
    .action(does((options) => enrol(services, options, language)));

  command(program, 'stamp <input>', t('stamp.about'))
    .requiredOption('--out <file>', t('option.out'))
    .option('--token <serial>', t('option.token'))
    .option('--cert <id>', t('option.cert'))
    .option('--seal <esid>', t('option.seal'))
    .option('--image <png>', t('option.image'))
    .option('--page <pages>', t('option.page'), '1')
    .requiredOption('--at <x,y>', t('option.at'))
    .option('--size <mm>', t('option.size'), length('--size'))
    .option('--pin-fd <n>', t('option.pinFd'), descriptor)
    .option('--password-fd <n>', t('option.passwordFd'), descriptor)
    .option('--last-try', t('option.lastTry'))
    .option('--force', t('option.force'))
    .addOption(new Option('--level <level>', t('option.level')).choices(['B-B']).default('B-B'))
    .action(does((input: string, options) => stamp(services, input, options, language)));

  const seal = program.command('seal').description(t('seals:command.about')).exitOverride();
  command(seal, 'capture <input>', t('seals:command.capture'))
    .requiredOption('--out <png>', t('seals:command.out'))
    .option('--diameter <mm>', t('seals:command.diameter'), length('--diameter'))
    .addOption(
      new Option('--colour <colour>', t('seals:command.colour')).choices([...inkColours]).default('red'),
    )
    .option('--own-colour', t('seals:command.ownColour'))
    .option('--pick <n>', t('seals:command.pick'), smallNumber('--pick'))
    .option('--force', t('seals:command.force'))
    .action(does((input: string, options) => sealCapture(services, input, options, language)));
  command(seal, 'inspect <file>', t('seal.inspect'))
    .option('--trust <pem>', t('option.trust'))
    .action(does((file: string, options) => sealInspect(services, file, options, language)));

  command(seal, 'request <input>', t('seal.request'))
    .requiredOption('--name <text>', t('seal.name'))
    .addOption(new Option('--kind <kind>', t('seal.kindOf')).choices([...sealKinds]).makeOptionMandatory())
    .requiredOption('--administrator <name>', t('seal.administrator'))
    .requiredOption('--handler <name>', t('seal.handler'))
    .option('--contact <text>', t('seal.contact'), '')
    .option('--replaces <id>', t('seal.replaces'))
    .option('--authority <url>', t('seal.authority'))
    .option('--diameter <mm>', t('seals:command.diameter'), length('--diameter'))
    .option('--pick <n>', t('seals:command.pick'), smallNumber('--pick'))
    .option('--shrink', t('seal.shrink'))
    .option('--token <serial>', t('option.token'))
    .option('--cert <id>', t('option.cert'))
    .option('--trust <pem>', t('option.trust'))
    .option('--pin-fd <n>', t('option.pinFd'), descriptor)
    .option('--last-try', t('option.lastTry'))
    .action(does((input: string, options) => sealRequest(services, input, options, language)));
  command(seal, 'bind', t('seal.bind'))
    .option('--application <id>', t('seal.application'))
    .option('--wait <seconds>', t('seal.wait'), smallNumber('--wait'), 0)
    .option('--trust <pem>', t('option.trust'))
    .option('--pin-fd <n>', t('option.pinFd'), descriptor)
    .option('--last-try', t('option.lastTry'))
    .action(does((options) => sealBind(services, options, language)));
  command(seal, 'list', t('seal.list'))
    .option('--applications', t('seal.applications'))
    .option('--trust <pem>', t('option.trust'))
    .action(
      does((options) => (options.applications ? sealApplications : sealList)(services, options, language)),
    );
  command(seal, 'show <id>', t('seal.show'))
    .option('--trust <pem>', t('option.trust'))
    .action(does((id: string, options) => sealShow(services, id, options, language)));
  command(seal, 'export <id>', t('seal.export'))
    .requiredOption('--out <file>', t('seal.out'))
    .option('--force', t('seals:command.force'))
    .option('--trust <pem>', t('option.trust'))
    .action(does((id: string, options) => sealExport(services, id, options, language)));
  command(seal, 'lost', t('seal.lost.about'))
    .requiredOption('--cert <id>', t('seal.lost.cert'))
    .addOption(
      new Option('--reason <reason>', t('seal.lost.reason'))
        .choices([...lossRequestSchema.shape.reason.options])
        .makeOptionMandatory(),
    )
    .requiredOption('--reporter <name>', t('seal.lost.reporter'))
    .option('--signer-cert <id>', t('seal.lost.signerCert'))
    .option('--credit-code <code>', t('seal.lost.creditCode'))
    .option('--handler <name>', t('seal.lost.handler'))
    .option('--reference <number>', t('seal.lost.reference'))
    .option('--authority <url>', t('seal.authority'))
    .option('--trust <pem>', t('option.trust'))
    .option('--pin-fd <n>', t('option.pinFd'), descriptor)
    .option('--last-try', t('option.lastTry'))
    .action(does((options) => sealLost(services, options, language)));

  command(program, 'verify <file>', t('verify.about'))
    .option('--trust <pem>', t('option.trust'))
    .option('--password-fd <n>', t('option.passwordFd'), descriptor)
    .action(does((file: string, options) => verify(services, file, options, language)));

  const audit = program.command('audit').description(t('audit.about')).exitOverride();
  command(audit, 'verify', t('audit.verify')).action(does(() => auditVerify(services, language)));

  command(audit, 'export', t('audit.export')).action(
    does((options: CommonOptions) => auditExport(services, options)),
  );

  const onKey = (made: Command) =>
    made.option('--token <serial>', t('option.token')).option('--last-try', t('option.lastTry'));
  const atCounter = (made: Command) =>
    onKey(made)
      .option('--so-pin-fd <n>', t('option.soPinFd'), smallNumber('--so-pin-fd'))
      .option('--reason <text>', t('option.reason'))
      .option('--reference <text>', t('option.reference'))
      .option('--staff <name>', t('option.staff'));
  const newPin = (made: Command) =>
    made.option('--new-pin-fd <n>', t('option.newPinFd'), smallNumber('--new-pin-fd'));
  const newSoPin = (made: Command) =>
    made.option('--new-so-pin-fd <n>', t('option.newSoPinFd'), smallNumber('--new-so-pin-fd'));

  const pin = program.command('pin').description(t('care.about')).exitOverride();
  command(pin, 'status', t('care.status'))
    .option('--token <serial>', t('option.token'))
    .action(does((options: CareCommandOptions) => pinStatus(services, options, language)));
  newPin(onKey(command(pin, 'change', t('care.change'))))
    .option('--pin-fd <n>', t('option.pinFd'), descriptor)
    .action(does((options: CareCommandOptions) => changePin(services, options, language)));
  newPin(atCounter(command(pin, 'unlock', t('care.unlock')))).action(
    does((options: CareCommandOptions) => unlockKey(services, options, language)),
  );
  newSoPin(atCounter(command(pin, 'change-so', t('care.changeSo')))).action(
    does((options: CareCommandOptions) => changeSoPin(services, options, language)),
  );
  command(pin, 'settle-so <entry>', t('care.settleSo'))
    .option('--so-pin-fd <n>', t('option.soPinFd'), smallNumber('--so-pin-fd'))
    .option('--last-try', t('option.lastTry'))
    .addOption(
      new Option('--candidate <which>', t('option.candidate')).choices(['old', 'new']).makeOptionMandatory(),
    )
    .action(does((entry: string, options) => settleSoPin(services, entry, options, language)));

  const token = program.command('token').description(t('care.token')).exitOverride();
  newSoPin(newPin(atCounter(command(token, 'init', t('care.init')))))
    .requiredOption('--label <text>', t('option.label'))
    .option('--slot <n>', t('option.slot'), smallNumber('--slot'))
    .option('--erase <serial>', t('option.erase'))
    .action(does((options) => initialiseKey(services, options, language)));

  program
    .command('sim <words...>')
    .description(t('sim.about'))
    .exitOverride()
    .helpOption('-h, --help', t('option.help'))
    .option('--json', t('option.json'))
    .option('--conf <file>', t('sim.conf'))
    .action(does((words: string[], options) => sim(services, words, options)));

  command(program, 'doctor', t('doctor.about')).action(
    does((options: CommonOptions) => doctor(services, options, language)),
  );

  return {
    run: async (args) => {
      try {
        await program.parseAsync(args, { from: 'user' });
      } catch (error) {
        if (error instanceof CommanderError) {
          throw new UsageShown(error.exitCode === 0 ? exitCodes.done : exitCodes.usage);
        }
        throw error;
      }
      if (!outcome) throw new UsageShown(exitCodes.usage);
      return outcome;
    },
  };
}
