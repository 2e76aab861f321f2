import './loss.css';
import { type FormEvent, type ReactNode, useEffect, useId, useRef, useState } from 'react';
import type { CertificateCard } from '../../shared/domain/certificates.ts';
import { type LossReceipt, lossRequestSchema } from '../../shared/domain/seal-making.ts';
import {
  type Act,
  call,
  readCertificates,
  readSeals,
  useAct,
  useCertificates,
  useSeals,
} from '../api/index.ts';
import {
  Button,
  Dialog,
  Facts,
  formatDateTimeLong,
  holderName,
  Icon,
  inGroups,
  Note,
  Segmented,
  Trouble,
  useTexts,
} from '../look/index.ts';
import { emptyForm, type LossForm, missingIn, signersFor } from './form.ts';

/**
 * Reports a key as lost: says what happens at once and what follows, asks by what it is shown, and ends with the receipt.
 * `sha256`: the certificate on the lost key.
 */
export function LossDialog({
  open,
  sha256,
  onClose,
}: {
  open: boolean;
  sha256: string;
  onClose: () => void;
}) {
  const { t } = useTexts();
  const { cards } = useCertificates();
  const lost = cards?.find(({ certificate }) => certificate.sha256 === sha256) ?? null;
  const act = useAct();
  const [receipt, setReceipt] = useState<LossReceipt | null>(null);
  const close = () => {
    // What is under way is not left alone: the receipt comes out of it.
    if (act.running === 'report') return;
    setReceipt(null);
    onClose();
  };
  return (
    <Dialog
      open={open && lost !== null}
      onClose={close}
      title={t(receipt ? 'loss:done.title' : 'loss:title')}
      wide
      actions={
        receipt ? (
          <>
            <Button
              disabled={act.running !== null}
              icon="print"
              onClick={() =>
                void act.run('receipt', async () => {
                  const saved = await call('loss.receipt', { number: receipt.number });
                  return saved && t('loss:done.saved', { name: saved.name });
                })
              }
              data-testid="loss-receipt"
            >
              {t('loss:done.receipt')}
            </Button>
            <Button kind="main" onClick={close} data-testid="loss-close">
              {t('loss:done.close')}
            </Button>
          </>
        ) : (
          <>
            <Button disabled={act.running !== null} onClick={close}>
              {t('common:cancel')}
            </Button>
            <Button
              kind="main"
              type="submit"
              form="loss-form"
              disabled={act.running !== null}
              data-testid="loss-do"
            >
              {t(act.running === null ? 'loss:do' : 'loss:doing')}
            </Button>
          </>
        )
      }
    >
      {receipt ? (
        <Done receipt={receipt} act={act} />
      ) : (
        lost && <Report key={sha256} lost={lost} cards={cards ?? []} act={act} onDone={setReceipt} />
      )}
    </Dialog>
  );
}

function Report({
  lost,
  cards,
  act,
  onDone,
}: {
  lost: CertificateCard;
  cards: readonly CertificateCard[];
  act: Act;
  onDone: (receipt: LossReceipt) => void;
}) {
  const { t } = useTexts();
  const { sha256 } = lost.certificate;
  const signers = signersFor(lost, cards);
  const [first] = signers;
  const [form, setForm] = useState<LossForm>(() => ({
    ...emptyForm,
    by: first ? 'key' : 'account',
    signer: first?.certificate.sha256 ?? '',
  }));
  const [tried, setTried] = useState(false);
  const change = (more: Partial<LossForm>) => setForm((before) => ({ ...before, ...more }));
  useEffect(() => {
    let wanted = true;
    call('certificates.detail', { sha256 }).then(
      ({ creditCode }) => {
        if (!wanted || !creditCode) return;
        setForm((before) => ({ ...before, creditCode: before.creditCode || creditCode.value }));
      },
      // Without it the code is typed.
      () => {},
    );
    return () => {
      wanted = false;
    };
  }, [sha256]);
  const foot = useRef<HTMLDivElement>(null);
  // Below the fields, which may fill the dialog: what went wrong must not be out of sight.
  useEffect(() => {
    if (act.error !== null) foot.current?.scrollIntoView({ block: 'nearest' });
  }, [act.error]);
  const missing = missingIn(form);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    setTried(true);
    const [name] = missing;
    if (name) {
      event.currentTarget.querySelector<HTMLInputElement>(`input[name="${name}"]`)?.focus();
      return;
    }
    void act.run('report', async () => {
      onDone(await call('loss.report', requestOf(form, sha256, signers)));
      await Promise.all([readCertificates(), readSeals()]);
      return null;
    });
  };
  const field = (name: 'reporter' | 'creditCode' | 'handler' | 'reference', max: number, note?: string) => (
    <Field
      name={name}
      max={max}
      label={t(`loss:${name}`)}
      note={note}
      value={form[name]}
      invalid={tried && missing.includes(name)}
      onChange={(value) => change({ [name]: value })}
    />
  );
  return (
    <form id="loss-form" className="loss" noValidate onSubmit={submit} data-testid="loss-form">
      <What lost={lost} />
      <div className="loss-fields">
        <div className="loss-choice">
          <span aria-hidden="true">{t('loss:reasonLabel')}</span>
          <Segmented
            label={t('loss:reasonLabel')}
            value={form.reason}
            options={lossRequestSchema.shape.reason.options.map(
              (reason) => [reason, t(`loss:reason.${reason}`)] as const,
            )}
            onChange={(reason) => change({ reason })}
          />
        </div>
        {field('reporter', 60)}
        <div className="loss-choice is-wide">
          <span aria-hidden="true">{t('loss:by')}</span>
          <Segmented
            label={t('loss:by')}
            value={form.by}
            options={[
              ['key', t('loss:byKey')],
              ['account', t('loss:byAccount')],
            ]}
            onChange={(by) => change({ by })}
          />
        </div>
        {form.by === 'key' ? (
          <Signers signers={signers} chosen={form.signer} onChoose={(signer) => change({ signer })} />
        ) : (
          <>
            {field('creditCode', 30)}
            {field('handler', 60, t('loss:handlerNote'))}
            {field('reference', 40, t('loss:referenceNote'))}
          </>
        )}
      </div>
      <div ref={foot}>
        {tried && missing.length > 0 && (
          <p className="with-icon warn" role="status">
            <Icon name="warn" size="small" />
            <span>{t('loss:missing')}</span>
          </p>
        )}
        {act.error !== null && <Trouble error={act.error} />}
      </div>
    </form>
  );
}

function requestOf(form: LossForm, certificate: string, signers: readonly CertificateCard[]) {
  const { reason, reporter, by, creditCode, handler, reference } = form;
  const card = by === 'key' ? signers.find((one) => one.certificate.sha256 === form.signer) : undefined;
  return {
    certificate,
    reason,
    reporter: reporter.trim(),
    signer: card ? { token: card.token, certificate: card.certificate.sha256 } : null,
    account:
      by === 'account'
        ? { creditCode: creditCode.trim(), handler: handler.trim(), reference: reference.trim() }
        : null,
  };
}

/** Which key it is, what happens at once, and the way to a new one. */
function What({ lost }: { lost: CertificateCard }) {
  const { t } = useTexts();
  const { cards } = useSeals();
  const { certificate, token } = lost;
  const seals = (cards ?? []).filter((seal) => seal.certificate?.sha256 === certificate.sha256);
  const names = seals.map(({ name }) => t('loss:quoted', { name })).join(t('common:comma'));
  return (
    <>
      <p className="loss-what">
        <b>{holderName(certificate)}</b>
        <span className="note">
          {t('loss:key', { label: token.label || t('keys:unnamed'), last: token.serial.slice(-4) })}
        </span>
      </p>
      <div className="loss-told">
        <section>
          <h3>{t('loss:now.title')}</h3>
          <ul>
            <li>{t('loss:now.certificate', { name: holderName(certificate) })}</li>
            <li>
              {seals.length > 0 ? t('loss:now.seals', { names, count: seals.length }) : t('loss:now.noSeals')}
            </li>
            <li>{t('loss:now.past')}</li>
            <li>
              <b>{t('loss:now.noBack')}</b>
            </li>
          </ul>
        </section>
        <section>
          <h3>{t('loss:after.title')}</h3>
          <ul>
            <li>{t('loss:after.counter')}</li>
            <li>{t('loss:after.fee')}</li>
            <li>{t('loss:after.end')}</li>
          </ul>
        </section>
      </div>
    </>
  );
}

/** The other keys of the unit, one of which signs. */
function Signers({
  signers,
  chosen,
  onChoose,
}: {
  signers: readonly CertificateCard[];
  chosen: string;
  onChoose: (sha256: string) => void;
}) {
  const { t } = useTexts();
  if (signers.length === 0) {
    return (
      <p className="loss-none with-icon">
        <Icon name="info" size="small" />
        <span>{t('loss:noKeys')}</span>
      </p>
    );
  }
  return (
    <fieldset className="loss-signers">
      <legend>{t('loss:keys')}</legend>
      {signers.map(({ certificate, token }) => (
        <label key={certificate.sha256}>
          <input
            type="radio"
            name="signer"
            checked={chosen === certificate.sha256}
            onChange={() => onChoose(certificate.sha256)}
          />
          <span>
            {holderName(certificate)}
            <span className="note">
              {t('loss:key', { label: token.label || t('keys:unnamed'), last: token.serial.slice(-4) })}
            </span>
          </span>
        </label>
      ))}
      <Note>{t('loss:keyNote')}</Note>
    </fieldset>
  );
}

function Field({
  name,
  label,
  note,
  max,
  value,
  invalid,
  onChange,
}: {
  name: string;
  label: string;
  note: ReactNode;
  max: number;
  value: string;
  invalid: boolean;
  onChange: (value: string) => void;
}) {
  const id = useId();
  return (
    <div className="loss-field">
      <label htmlFor={id}>{label}</label>
      <input
        className="field"
        id={id}
        name={name}
        value={value}
        maxLength={max}
        autoComplete="off"
        spellCheck={false}
        aria-invalid={invalid}
        aria-describedby={note ? `${id}-note` : undefined}
        onChange={(event) => onChange(event.target.value)}
      />
      {note && (
        <p id={`${id}-note`} className="note">
          {note}
        </p>
      )}
    </div>
  );
}

/** It is done: what was ended, and the paper for the counter. */
function Done({ receipt, act }: { receipt: LossReceipt; act: Act }) {
  const { t, language } = useTexts();
  const { certificate, seals } = receipt;
  return (
    <div className="loss" data-testid="loss-done">
      <p className="with-icon" role="status">
        <Icon name="check-c" className="ok" />
        <span>
          {t(seals.length > 0 ? 'loss:done.text' : 'loss:done.textNoSeal', {
            time: formatDateTimeLong(receipt.at, language),
          })}
        </span>
      </p>
      <Facts
        rows={[
          [t('loss:done.number'), <code key="number">{receipt.number}</code>],
          [t('loss:done.certificate'), inGroups(certificate.serialNumber)],
          [
            t('loss:done.seals'),
            seals.length > 0
              ? seals.map(({ id, name }) => (
                  <div key={id}>
                    {name} <span className="note">{id}</span>
                  </div>
                ))
              : t('loss:done.none'),
          ],
          [t('loss:reporter'), receipt.reporter],
          [t('loss:done.authority'), receipt.authority],
        ]}
      />
      <section>
        <h3>{t('loss:after.title')}</h3>
        <ul>
          <li>{t('loss:after.counter')}</li>
          <li>{t('loss:after.fee')}</li>
          <li>{t('loss:after.end')}</li>
        </ul>
      </section>
      {act.error !== null && <Trouble error={act.error} />}
      {act.said && (
        <p className="with-icon" role="status">
          <Icon name="check" size="small" className="ok" />
          <span>{act.said}</span>
        </p>
      )}
    </div>
  );
}
