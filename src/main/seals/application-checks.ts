import type {
  CaptureResult,
  Catalogue,
  CertificateInfo,
  SealApplicationView,
  SealCard,
} from '../../shared/domain/index.ts';
import { type ErrorDetails, toWireError, YinkeyError } from '../../shared/errors/index.ts';
import { type CertificateFacts, creditCodeOf } from '../certificates/index.ts';
import { judgeRules, type SealKind } from './ses/rules.ts';

type Check = SealApplicationView['checks'][number];
type Finding = Omit<Check, 'name'>;

/** What a seal takes on a key besides its picture: the maker's certificate, the holder's, names, the signature (bytes). */
const besidePicture = 4_000;
/** A digest and what a token adds to it (bytes). */
const digestObject = 300;

export interface DraftFacts {
  name: string;
  kind: SealKind;
  replaces: string | null;
  result: Pick<CaptureResult, 'verdict' | 'checks' | 'widthMm' | 'heightMm'>;
  pictureBytes: number;
  info: CertificateInfo;
  certificate: CertificateFacts;
  revoked: boolean;
  /** Seals that are known here. */
  cards: readonly SealCard[];
  /** The room on the key, in bytes; null where it doesn't say; a failure where it could not be asked. */
  room: number | null | YinkeyError;
  /** What the authority says of itself; null: it takes no orders; a failure where it could not be asked. */
  catalogue: Catalogue | null | YinkeyError;
}

const ok: Finding = { state: 'ok', code: null, details: {} };
const stop = (code: string, details: ErrorDetails = {}): Finding => ({ state: 'stop', code, details });
const note = (code: string | null, details: ErrorDetails = {}): Finding => ({ state: 'note', code, details });
const unknown = (code: string | null, details: ErrorDetails = {}): Finding => ({
  state: 'unknown',
  code,
  details,
});

/** What is looked at before an application is sent, one line for each thing that matters; a 'stop' forbids it. */
export function checkDraft(facts: DraftFacts): Check[] {
  return [
    { name: 'impression', ...impression(facts) },
    { name: 'name', ...nameOfSeal(facts) },
    { name: 'unit', ...unit(facts) },
    { name: 'creditCode', ...creditCode(facts) },
    { name: 'size', ...size(facts) },
    { name: 'certificate', ...certificateFinding(facts) },
    { name: 'room', ...room(facts) },
    { name: 'maker', ...maker(facts) },
  ];
}

function impression({ result }: DraftFacts): Finding {
  const { verdict, checks } = result;
  const worst = checks.filter((check) => check.verdict === verdict).map(({ name }) => name);
  if (verdict === 'refuse') return stop('seal.judged-unfit', { what: worst.join(', ') });
  return verdict === 'usable' ? note(null, { what: worst.join(', ') }) : ok;
}

function nameOfSeal({ name, kind, certificate }: DraftFacts): Finding {
  if (name === '') return stop('seal.name-missing');
  const { organization = '', organizationalUnit = '' } = certificate.subject;
  const plain = (text: string | null) => (text ?? '').replace(/\s+/g, '');
  // A representative's seal has a person's name; all others begin with the unit's, or are the one that the certificate names.
  const fits =
    kind === 'representative' ||
    plain(name).startsWith(plain(organization)) ||
    plain(name) === plain(organizationalUnit);
  return fits ? { ...ok, details: { name } } : note(null, { name, unit: organization });
}

function unit({ certificate }: DraftFacts): Finding {
  const name = certificate.subject.organization ?? '';
  return name === '' ? stop('seal.unit-missing') : { ...ok, details: { unit: name } };
}

function creditCode({ certificate }: DraftFacts): Finding {
  const code = creditCodeOf(certificate.subject);
  if (!code?.valid) return stop('seal.credit-code', { creditCode: code?.value ?? '' });
  return { ...ok, details: { creditCode: code.value } };
}

function size({ name, kind, result, certificate }: DraftFacts): Finding {
  // Seals are measured in whole millimetres.
  const [width, height] = [Math.round(result.widthMm), Math.round(result.heightMm)];
  const picture = { type: 'png', data: new Uint8Array(), width, height };
  const code = creditCodeOf(certificate.subject);
  const expected = { kind, ...(code && { creditCode: code.value }) };
  // The name has a line of its own.
  const { state, reason, details } = judgeRules({ name: name || '-', picture }, [certificate], expected);
  if (state === 'failed' && reason === 'size') return stop('seal.oversize', details);
  return { ...ok, details: { width, height } };
}

function certificateFinding({ info, revoked, cards, replaces }: DraftFacts): Finding {
  const details = { holder: info.holder, date: info.notAfter.slice(0, 10) };
  if (revoked) return stop('certificate.revoked', details);
  if (info.validity === 'expired') return stop('certificate.expired', details);
  if (info.validity === 'not-yet-valid')
    return stop('certificate.not-yet-valid', { ...details, date: info.notBefore.slice(0, 10) });
  if (info.superseded) return stop('certificate.superseded', details);
  if (!info.canSign || info.isCa) return stop('certificate.no-signing-usage', details);
  if (info.hasPrivateKey === false) return stop('certificate.no-private-key', details);
  const taken = cards.find(
    ({ id, certificate, status }) =>
      certificate?.sha256 === info.sha256 && id !== replaces && status.state !== 'cancelled',
  );
  if (taken) return stop('seal.certificate-taken', { id: taken.id, name: taken.name });
  if (info.validity === 'soon') return note(null, { ...details, days: info.daysLeft });
  return { ...ok, details };
}

function room({ room: free, pictureBytes }: DraftFacts): Finding {
  if (free instanceof YinkeyError) return unknown(free.code, free.details);
  if (free === null) return unknown(null);
  const needed = pictureBytes + besidePicture;
  if (free >= needed) return { ...ok, details: { freePublic: free, needed } };
  // A smaller form, or the digest alone, may still fit.
  return free < digestObject
    ? stop('token.memory', { freePublic: free, needed: digestObject })
    : note('token.memory', { freePublic: free, needed });
}

function maker({ catalogue }: DraftFacts): Finding {
  if (catalogue instanceof YinkeyError) {
    const { code, details } = toWireError(catalogue);
    return unknown(code, details);
  }
  return catalogue?.seals ? { ...ok, details: { name: catalogue.name } } : stop('seal.maker-missing');
}
