import { useState } from 'react';
import type { SealCard } from '../../../shared/domain/index.ts';
import { call, forgetSeal, useAct } from '../../api/index.ts';
import { Button, Icon, type IconName, Note, Trouble, useTexts } from '../../look/index.ts';
import { LossDialog } from '../../loss/index.ts';
import { useRouter } from '../../shell/index.ts';
import { isUsable, standingOfSeal } from './standing.ts';

/** What can be done with a seal, in the order in which one does it. */
export function SealPanel({ card, onCollect }: { card: SealCard; onCollect: () => void }) {
  const { t } = useTexts();
  const { go } = useRouter();
  const act = useAct();
  const [losing, setLosing] = useState(false);
  const busy = act.running !== null;
  const { certificate, token } = card;
  const usable = isUsable(card);
  const standing = standingOfSeal(card);
  return (
    <aside className="panel seal-panel" aria-label={t('seals:mine.do.label')} data-pane="panel">
      <section className="next">
        <h2>{t(usable ? 'seals:mine.do.stamp' : 'seals:mine.do.stampShut')}</h2>
        {usable ? (
          <>
            <p>{t('seals:mine.do.stampText')}</p>
            <Button
              kind="main"
              wide
              icon="stamp"
              onClick={() => go('documents', { type: 'choose' })}
              data-testid="seal-stamp"
            >
              {t('seals:mine.do.stamp')}
            </Button>
          </>
        ) : !card.present ? (
          <p>
            {t('seals:mine.do.stampAway', {
              label: token.label || t('keys:unnamed'),
              last: token.serial.slice(-4),
            })}
          </p>
        ) : (
          <p>{t(`seals:mine.do.shut.${standing}`)}</p>
        )}
        {card.present && (standing === 'no-certificate' || standing === 'cancelled') && (
          <Button kind="main" wide onClick={onCollect} data-testid="collect-again">
            {t('seals:mine.collect')}
          </Button>
        )}
      </section>
      <hr className="rule" />
      <div className="do">
        <Do
          icon="export"
          testId="seal-export"
          disabled={busy}
          onClick={() =>
            void act.run('export', async () => {
              const saved = await call('seals.export', { id: card.id });
              return saved && t('seals:mine.do.exported', { name: saved.name });
            })
          }
        >
          {t('seals:mine.do.export')}
        </Do>
        {certificate && (
          <Do
            icon="cert"
            testId="seal-certificate"
            disabled={busy}
            onClick={() => go('certificates', { type: 'one', sha256: certificate.sha256 })}
          >
            {t('seals:mine.do.certificate')}
          </Do>
        )}
        {!card.present && certificate && (
          <Do icon="warn" testId="seal-loss" disabled={busy} onClick={() => setLosing(true)}>
            {t('seals:mine.do.loss')}
          </Do>
        )}
        {!card.present && (
          <Do
            icon="cross"
            testId="seal-forget"
            disabled={busy}
            onClick={() => void act.run('forget', () => forgetSeal(card.id).then(() => null))}
          >
            {t('seals:mine.do.forget')}
          </Do>
        )}
      </div>
      <div className="seal-panel-notes">
        <Note>{t('seals:mine.do.exportNote')}</Note>
        {!card.present && <Note>{t('seals:mine.do.forgetNote')}</Note>}
      </div>
      {act.error !== null && <Trouble error={act.error} />}
      {act.said && (
        <p className="with-icon" role="status">
          <Icon name="check" size="small" className="ok" />
          <span>{act.said}</span>
        </p>
      )}
      {certificate && (
        <LossDialog open={losing} sha256={certificate.sha256} onClose={() => setLosing(false)} />
      )}
    </aside>
  );
}

function Do({
  icon,
  testId,
  disabled,
  onClick,
  children,
}: {
  icon: IconName;
  testId: string;
  disabled: boolean;
  onClick: () => void;
  children: string;
}) {
  return (
    <button
      type="button"
      aria-disabled={disabled}
      onClick={() => !disabled && onClick()}
      data-testid={testId}
    >
      <Icon name={icon} />
      <span>{children}</span>
    </button>
  );
}
