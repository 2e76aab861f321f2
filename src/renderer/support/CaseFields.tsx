import { type ReactNode, useId, useState } from 'react';
import { Button, inGroups, useTexts } from '../look/index.ts';
import { type CaseForm, type Chosen, type CounterAct, missing, needsSerial } from './journey.ts';

/** Who comes, why, and on what paper: what the log of acts and the receipt will say. */
export function CaseFields({
  act,
  chosen,
  form,
  onChange,
  onBack,
  onNext,
}: {
  act: CounterAct;
  chosen: Chosen;
  form: CaseForm;
  onChange: (form: CaseForm) => void;
  onBack: () => void;
  onNext: () => void;
}) {
  const { t } = useTexts();
  const [tried, setTried] = useState(false);
  const wrong = missing(act, chosen, form);
  const field = (name: keyof CaseForm, max: number, note?: ReactNode) => (
    <Field
      name={name}
      label={t(`care:support.form.${name}`)}
      note={note}
      max={max}
      value={form[name]}
      invalid={tried && wrong.includes(name)}
      onChange={(value) => onChange({ ...form, [name]: value })}
    />
  );
  return (
    <form
      className="hand"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        const [first] = wrong;
        if (!first) return onNext();
        event.currentTarget.querySelector<HTMLInputElement>(`input[name="${first}"]`)?.focus();
      }}
    >
      <h2>{t('care:support.form.heading')}</h2>
      <p className="hand-note">{t('care:support.form.note')}</p>
      <div className="case-fields">
        {field('reason', 200)}
        {field('reference', 100, t('care:support.form.referenceNote'))}
        {field('staff', 100)}
        {act === 'token.initialise' && field('label', 32, t('care:support.form.labelNote'))}
        {act === 'token.initialise' &&
          needsSerial(chosen) &&
          field(
            'serial',
            64,
            t('care:support.form.serialNote', { serial: inGroups(chosen.info.serial) || '—' }),
          )}
      </div>
      <div className="hand-acts">
        <Button onClick={onBack}>{t('care:support.form.back')}</Button>
        <Button kind="main" type="submit">
          {t('care:support.form.next')}
        </Button>
      </div>
    </form>
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
    <div className={name === 'serial' ? 'case-field is-wide' : 'case-field'}>
      <label htmlFor={id}>{label}</label>
      <input
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
        <p id={`${id}-note`} className={invalid ? 'note warn' : 'note'}>
          {note}
        </p>
      )}
    </div>
  );
}
