import { useState } from 'react';
import type { CaptureResult, SealCheck } from '../../../shared/domain/index.ts';
import { Button, formatMm, formatNumber, Icon, LinkButton, useTexts } from '../../look/index.ts';
import { KeepDialog, ScanDialog } from './dialogs.tsx';
import { formatValue } from './Found.tsx';
import { ScanTrouble } from './ScanTrouble.tsx';
import type { Capture } from './use-capture.ts';

const heads = {
  good: { icon: 'check-c', tone: 'ok' },
  usable: { icon: 'warn', tone: 'warn' },
  refuse: { icon: 'warn', tone: 'warn' },
} as const;
const signs = {
  good: { icon: 'check', tone: 'ok' },
  usable: { icon: 'warn', tone: 'warn' },
  refuse: { icon: 'cross', tone: 'bad' },
} as const;

/** Whether a seal can be made of it, by what that was measured, and the next step. */
export function ResultPanel({
  capture,
  result,
  onMake,
  onOther,
}: {
  capture: Capture;
  result: CaptureResult;
  onMake: () => void;
  /** Another impression of the same sheet. */
  onOther: () => void;
}) {
  const { t } = useTexts();
  const [dialog, setDialog] = useState<'scan' | 'keep' | null>(null);
  const { verdict } = result;
  const { icon, tone } = heads[verdict];
  const tooLarge = capture.session?.scan === 'too-large';
  const todo = useTodo(result);
  const held = capture.judging || capture.shrinking;
  const again = (
    <Button
      key="again"
      kind={verdict === 'refuse' ? 'main' : 'plain'}
      wide
      onClick={() => setDialog('scan')}
      data-testid="capture-again"
    >
      {t('seals:capture.panel.again')}
    </Button>
  );
  const other = (
    <Button key="other" wide disabled={capture.opening} onClick={capture.choose} data-testid="capture-other">
      {t('seals:capture.panel.other')}
    </Button>
  );
  const make = (
    <Button
      key="make"
      className="is-make"
      kind={verdict === 'refuse' ? 'plain' : 'main'}
      wide
      disabled={verdict === 'refuse' || tooLarge || held}
      onClick={onMake}
      data-testid="capture-make"
    >
      {t('seals:capture.panel.make')}
    </Button>
  );
  return (
    <aside
      className="panel cap-panel"
      aria-label={t('seals:capture.panel.label')}
      data-pane="panel"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what may scroll must be within reach of the keyboard
      tabIndex={0}
    >
      <section className="cap-judge" data-testid="capture-verdict" data-verdict={verdict} role="status">
        <h2>
          <Icon name={icon} size="large" className={tone} />
          {t(`seals:capture.verdict.${verdict}.title`)}
        </h2>
        <p>{tooLarge && verdict !== 'refuse' ? t('seals:capture.shrink.first') : todo}</p>
      </section>
      <ul className="cap-values" aria-label={t('seals:capture.panel.values')} aria-busy={held}>
        {result.checks.map((check) => (
          <Value key={check.name} check={check} />
        ))}
      </ul>
      {result.found.length > 1 && (
        <LinkButton className="cap-others" onClick={onOther} data-testid="capture-pick-other">
          {t('seals:capture.panel.others', { pick: result.pick, count: result.found.length })}
        </LinkButton>
      )}
      {capture.error !== null && <ScanTrouble error={capture.error} />}
      <div className="cap-acts is-three">
        {verdict === 'refuse' ? [again, other, make] : [make, other, again]}
        <LinkButton className="note" onClick={() => setDialog('keep')} data-testid="capture-keep">
          {t('seals:capture.panel.keep')}
        </LinkButton>
      </div>
      <ScanDialog open={dialog === 'scan'} onClose={() => setDialog(null)} capture={capture} />
      <KeepDialog open={dialog === 'keep'} onClose={() => setDialog(null)} capture={capture} />
    </aside>
  );
}

function Value({ check }: { check: SealCheck }) {
  const { t, language } = useTexts();
  // Skew is put right, and never a reason against a seal.
  const { icon, tone } =
    check.name === 'skew' && check.verdict !== 'good'
      ? ({ icon: 'info', tone: 'grey' } as const)
      : signs[check.verdict];
  const value = t(`seals:unit.${check.unit}`, { value: formatValue(check.value, language) });
  const word = t(`seals:capture.value.${check.verdict}`);
  return (
    <li data-testid={`check-${check.name}`} data-verdict={check.verdict}>
      <div>
        {t(`seals:check.${check.name}`)}
        <span className="note">{t(`seals:limit.${check.name}`, check.limit)}</span>
      </div>
      {check.verdict === 'good' ? <span>{value}</span> : <b>{value}</b>}
      <span className={tone} title={word}>
        <Icon name={icon} size="small" />
        <span className="out-of-sight">{word}</span>
      </span>
    </li>
  );
}

/** What to do: about the worst that was measured. */
function useTodo(result: CaptureResult): string {
  const { t, language } = useTexts();
  const worst =
    result.checks.find(({ verdict }) => verdict === 'refuse') ??
    result.checks.find(({ verdict, name }) => verdict === 'usable' && name !== 'skew');
  if (!worst) return t('seals:capture.verdict.good.text');
  const { where, name } = worst;
  const todo =
    where && (name === 'ring' || name === 'ink' || name === 'doubleStrike')
      ? t(`seals:todo.${name}At`, {
          where: t(`seals:where.clock${where.clock}`),
          clock: where.clock,
          degrees: formatNumber(where.degrees, language),
          length: formatMm(where.lengthMm, language),
        })
      : t(`seals:todo.${name}`);
  return result.verdict === 'usable'
    ? `${t('seals:capture.verdict.usable.text')}${t('pin:gap')}${todo}`
    : todo;
}
