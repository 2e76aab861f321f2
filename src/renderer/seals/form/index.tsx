import './form.css';
import { type InputHTMLAttributes, type ReactNode, useEffect, useId, useState } from 'react';
import {
  type CaptureResult,
  type CertificateDetail,
  type SealApplicationView,
  sealKinds,
} from '../../../shared/domain/index.ts';
import { call, keepApplication, useAct, useCertificates, useSeals, useSnapshot } from '../../api/index.ts';
import { proposedSigner, type Signer, signersOf } from '../../documents/signers.ts';
import { formatDate, formatMm, Icon, Note, Trouble, useTexts } from '../../look/index.ts';
import { SealJourney } from '../Journey.tsx';
import { ChecksPanel } from './ChecksPanel.tsx';
import { useDraft } from './use-draft.ts';

type Kind = (typeof sealKinds)[number];

/** Who the seal is for and who answers for it; checked while it is filled in, and sent under the key's PIN. */
export function ApplicationForm({
  capture,
  result,
  sealUrl,
  again,
  onBack,
  onApplied,
}: {
  capture: string;
  result: CaptureResult;
  sealUrl: string;
  again: SealApplicationView | null;
  onBack: () => void;
  onApplied: (view: SealApplicationView) => void;
}) {
  const { t, language } = useTexts();
  const { snapshot } = useSnapshot();
  const { cards } = useCertificates();
  const seals = useSeals();
  const [kind, setKind] = useState<Kind>(again?.kind ?? kindOfShape(result));
  const signers = signersOf(snapshot, cards ?? []);
  const proposed =
    signers.find(({ certificate }) => certificate.sha256 === again?.certificate.sha256) ??
    proposedSigner(signers, { name: t(`seals:capture.form.ending.${kind}`) });
  const [chosen, setChosen] = useState<string | null>(null);
  const signer = signers.find(({ id }) => id === chosen) ?? proposed;
  const detail = useDetail(signer);
  const [typedName, setTypedName] = useState<string | null>(again?.name ?? null);
  const name =
    typedName ?? proposedName(signer?.certificate.unit ?? '', kind, t(`seals:capture.form.ending.${kind}`));
  const [administrator, setAdministrator] = useState(again?.administrator ?? '');
  const [handler, setHandler] = useState('');
  const [contact, setContact] = useState('');
  const replaced =
    seals.cards?.find(
      ({ certificate, status }) =>
        certificate?.sha256 === signer?.certificate.sha256 && status.state !== 'cancelled',
    ) ?? null;
  const whole = name.trim() !== '' && administrator.trim() !== '' && handler.trim() !== '';
  const draft = useDraft(
    signer && whole
      ? {
          capture,
          token: signer.token,
          certificate: signer.certificate.sha256,
          name: name.trim(),
          kind,
          administrator: administrator.trim(),
          handler: handler.trim(),
          contact: contact.trim(),
          replaces: replaced?.id ?? null,
        }
      : null,
  );
  const act = useAct();
  const send = () =>
    void act.run('send', async () => {
      if (!draft.view) return null;
      onApplied(keepApplication(await call('sealing.send', { id: draft.view.id })));
      return null;
    });
  const size = t('seals:capture.form.sizeValue', {
    width: formatMm(result.widthMm, language),
    height: formatMm(result.heightMm, language),
    shape: t(`seals:shape.${result.shape}`),
  });
  return (
    <div className="body">
      <main className="stage seal-form" id="main" data-pane="stage" tabIndex={-1} data-testid="seal-form">
        <SealJourney at="make" />
        <section className="seal-form-page">
          <header className="seal-form-head">
            <div>
              <h2>{t('seals:capture.form.title')}</h2>
              <p className="note">{t('seals:capture.form.text')}</p>
            </div>
          </header>
          <div className="seal-form-grid">
            <figure className="seal-form-seal">
              <span className="seal-tile">
                {sealUrl && (
                  <img
                    src={sealUrl}
                    alt={t('seals:capture.views.sealAlt', { shape: t(`seals:shape.${result.shape}`) })}
                    style={{ width: `${result.picture.widthMm}mm`, height: `${result.picture.heightMm}mm` }}
                    draggable={false}
                  />
                )}
              </span>
              <figcaption>
                <span>{size}</span>
                <span className="note">{t('seals:capture.form.sizeNote')}</span>
              </figcaption>
            </figure>
            <div className="seal-form-fields">
              {signers.length === 0 ? (
                <div className="seal-form-nokey" role="status">
                  <Icon name="unplug" size="large" />
                  <div>
                    <h3>{t('seals:capture.form.noKey.title')}</h3>
                    <p>{t('seals:capture.form.noKey.text')}</p>
                  </div>
                </div>
              ) : (
                <Field
                  label={t('seals:capture.form.certificate')}
                  note={t('seals:capture.form.certificateNote')}
                  wide
                >
                  {(id, note) => (
                    <select
                      className="field"
                      id={id}
                      aria-describedby={note}
                      value={signer?.id ?? ''}
                      onChange={(event) => setChosen(event.target.value)}
                      data-testid="form-certificate"
                    >
                      {signers.map(({ id, key, certificate }) => (
                        <option key={id} value={id}>
                          {t('seals:capture.form.certificateOption', {
                            holder: certificate.holder,
                            date: formatDate(certificate.notAfter),
                            key: key.label || t('keys:unnamed'),
                          })}
                        </option>
                      ))}
                    </select>
                  )}
                </Field>
              )}
              <ReadOnly label={t('seals:capture.form.unit')} value={signer?.certificate.unit ?? ''} />
              <ReadOnly
                label={t('seals:capture.form.creditCode')}
                value={
                  detail === undefined
                    ? t('common:wait')
                    : (detail?.creditCode?.value ?? t('seals:capture.form.creditCodeNone'))
                }
              />
              <Field label={t('seals:capture.form.kind')}>
                {(id) => (
                  <select
                    className="field"
                    id={id}
                    value={kind}
                    onChange={(event) => setKind(event.target.value as Kind)}
                    data-testid="form-kind"
                  >
                    {sealKinds.map((one) => (
                      <option key={one} value={one}>
                        {t(`seals:kind.${one}`)}
                      </option>
                    ))}
                  </select>
                )}
              </Field>
              <TextField
                label={t('seals:capture.form.administrator')}
                note={t('seals:capture.form.administratorNote')}
                value={administrator}
                max={60}
                onText={setAdministrator}
                testId="form-administrator"
              />
              <TextField
                label={t('seals:capture.form.name')}
                note={t('seals:capture.form.nameNote')}
                value={name}
                max={100}
                onText={setTypedName}
                testId="form-name"
                wide
              />
              <TextField
                label={t('seals:capture.form.handler')}
                note={t('seals:capture.form.handlerNote')}
                value={handler}
                max={60}
                onText={setHandler}
                testId="form-handler"
              />
              <TextField
                label={t('seals:capture.form.contact')}
                note={t('seals:capture.form.contactNote')}
                value={contact}
                max={100}
                onText={setContact}
                testId="form-contact"
              />
            </div>
          </div>
          {replaced && <Note icon="info">{t('seals:capture.form.replaces', { name: replaced.name })}</Note>}
          {act.error !== null && <Trouble error={act.error} />}
        </section>
      </main>
      <ChecksPanel
        draft={draft}
        whole={whole && signer !== null}
        sending={act.running !== null}
        onSend={send}
        onBack={onBack}
      />
    </div>
  );
}

/** What a seal of such a shape is most likely for. */
function kindOfShape({ shape, widthMm }: CaptureResult): Kind {
  if (shape === 'ellipse') return 'invoice';
  return widthMm < 30 && (shape === 'square' || shape === 'rectangle') ? 'representative' : 'official';
}

/** A unit's own seal bears its name alone; the others say what they are for. */
function proposedName(unit: string, kind: Kind, ending: string): string {
  if (kind === 'representative') return '';
  return kind === 'official' || unit === '' ? unit : `${unit}${ending}`;
}

/** Everything else about the signer's certificate; undefined while it is read, null where it cannot be. */
function useDetail(signer: Signer | null): CertificateDetail | null | undefined {
  const [held, setHeld] = useState<{ sha256: string; detail: CertificateDetail | null } | null>(null);
  const sha256 = signer?.certificate.sha256;
  useEffect(() => {
    if (sha256 === undefined) return;
    let wanted = true;
    const hold = (detail: CertificateDetail | null) => wanted && setHeld({ sha256, detail });
    call('certificates.detail', { sha256 }).then(hold, () => hold(null));
    return () => {
      wanted = false;
    };
  }, [sha256]);
  return held && held.sha256 === sha256 ? held.detail : signer ? undefined : null;
}

function Field({
  label,
  note,
  wide,
  children,
}: {
  label: string;
  note?: string;
  wide?: boolean;
  children: (id: string, noteId: string | undefined) => ReactNode;
}) {
  const id = useId();
  return (
    <div className={wide ? 'seal-form-field is-wide' : 'seal-form-field'}>
      <label htmlFor={id}>{label}</label>
      {children(id, note ? `${id}n` : undefined)}
      {note && (
        <span className="note" id={`${id}n`}>
          {note}
        </span>
      )}
    </div>
  );
}

function TextField({
  label,
  note,
  value,
  max,
  onText,
  testId,
  wide,
  ...rest
}: {
  label: string;
  note: string;
  value: string;
  max: number;
  onText: (text: string) => void;
  testId: string;
  wide?: boolean;
} & InputHTMLAttributes<HTMLInputElement>) {
  return (
    <Field label={label} note={note} {...(wide && { wide })}>
      {(id, noteId) => (
        <input
          {...rest}
          className="field"
          id={id}
          aria-describedby={noteId}
          value={value}
          maxLength={max}
          onChange={(event) => onText(event.target.value)}
          data-testid={testId}
        />
      )}
    </Field>
  );
}

/** From the certificate: shown, and not to be changed. */
function ReadOnly({ label, value }: { label: string; value: string }) {
  return (
    <Field label={label}>{(id) => <input className="field is-fixed" id={id} value={value} readOnly />}</Field>
  );
}
