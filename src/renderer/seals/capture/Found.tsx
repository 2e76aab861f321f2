import { Button, formatBytes, formatMm, formatNumber, StateWord, useTexts } from '../../look/index.ts';
import type { Finding } from './marks.ts';
import type { Capture } from './use-capture.ts';

const tones = {
  redo: { tone: 'warn', icon: 'warn' },
  usable: { tone: 'warn', icon: 'info' },
  cleared: { tone: 'ok', icon: 'check' },
  turned: { tone: 'ok', icon: 'check' },
  rounded: { tone: 'ok', icon: 'check' },
  leftOut: { tone: 'grey', icon: 'info' },
  shrink: { tone: 'warn', icon: 'warn' },
  shrunk: { tone: 'ok', icon: 'check' },
  convert: { tone: 'grey', icon: 'info' },
} as const;

/** What was found on the impression, and what was done about it. */
export function Found({ findings, capture }: { findings: readonly Finding[]; capture: Capture }) {
  const { t } = useTexts();
  if (findings.length === 0) {
    return <p className="cap-nothing note">{t('seals:capture.found.nothing')}</p>;
  }
  return (
    <ol className="cap-found" aria-label={t('seals:capture.found.label')} data-testid="capture-found">
      {findings.map((finding, index) => (
        <Row key={finding.name} finding={finding} number={index + 1} capture={capture} />
      ))}
    </ol>
  );
}

function Row({ finding, number, capture }: { finding: Finding; number: number; capture: Capture }) {
  const { t, language } = useTexts();
  const { name, state } = finding;
  const words = useRowWords(finding);
  const { tone, icon } = tones[state];
  const session = capture.session;
  return (
    <li data-testid={`found-${name}`} data-state={state}>
      <b className={finding.mark ? 'cap-no' : 'cap-no is-plain'}>{number}</b>
      <h3>{words.title}</h3>
      <span className="note">{words.text}</span>
      {state === 'shrink' ? (
        <Button
          small
          disabled={capture.shrinking || capture.judging}
          onClick={capture.shrink}
          data-testid="capture-shrink"
        >
          {t(capture.shrinking ? 'common:wait' : 'seals:capture.shrink.do')}
        </Button>
      ) : (
        <StateWord tone={tone} icon={icon} small>
          {t(`seals:capture.state.${state}`, {
            size: session?.shrunkBytes ? formatBytes(session.shrunkBytes, language) : '',
          })}
        </StateWord>
      )}
    </li>
  );
}

function useRowWords({ name, check, value }: Finding): { title: string; text: string } {
  const { t, language } = useTexts();
  if (name === 'specks') {
    return {
      title: t('seals:capture.found.specks.title', { count: value }),
      text: t('seals:capture.found.specks.text'),
    };
  }
  if (name === 'turned') {
    const degrees = formatNumber(Math.abs(value), language);
    return {
      title: t(`seals:capture.found.turned.${value < 0 ? 'left' : 'right'}`, { degrees }),
      text: t('seals:capture.found.turned.text'),
    };
  }
  if (!check) {
    return { title: t(`seals:capture.found.${name}.title`), text: t(`seals:capture.found.${name}.text`) };
  }
  const { where } = check;
  if (where && (name === 'ring' || name === 'ink' || name === 'doubleStrike')) {
    return {
      title: t(`seals:capture.found.${name}.title`),
      text: t(`seals:capture.found.${name}.at`, {
        where: t(`seals:where.clock${where.clock}`),
        clock: where.clock,
        degrees: formatNumber(where.degrees, language),
        length: formatMm(where.lengthMm, language),
      }),
    };
  }
  return {
    title: t(`seals:check.${name}`),
    text: t('seals:capture.found.measured', {
      value: t(`seals:unit.${check.unit}`, { value: formatValue(check.value, language) }),
      limit: t(`seals:limit.${name}`, check.limit),
    }),
  };
}

/** A measured value: as many digits as it was measured to. */
export function formatValue(value: number, language: Parameters<typeof formatNumber>[1]): string {
  return value < 1 && value > 0 ? value.toFixed(2) : formatNumber(value, language);
}
