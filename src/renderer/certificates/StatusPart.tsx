import type { CertificateCard } from '../../shared/domain/certificates.ts';
import { checkStatus, useAct } from '../api/index.ts';
import { Button, describeError, formatDateTime, Icon, Trouble, useTexts } from '../look/index.ts';
import { isOver } from './list.ts';
import { statusWords } from './status.ts';

/** Whether the authority stands by the certificate, who said so and until when that holds; offline is not good. */
export function StatusPart({ card }: { card: CertificateCard }) {
  const { t, language } = useTexts();
  const act = useAct();
  const { status, certificate } = card;
  const words = statusWords(t, language, status, isOver(card));
  return (
    <section className="card status-part" data-testid="status" data-revocation={status.revocation}>
      <Icon name={words.icon} className={words.tone} />
      <div>
        <h3 className={words.tone}>{words.word}</h3>
        {words.lines.map((line) => (
          <p key={line}>{line}</p>
        ))}
        {status.error && status.revocation !== 'good' && (
          <p className="note">{describeError(t, status.error).technical}</p>
        )}
        <p className={status.chain === 'trusted' ? 'note' : 'warn'}>
          {status.chain === 'trusted'
            ? t('certificates:status.trusted')
            : t(`certificates:chain.${status.chain}`, {
                defaultValue: t('certificates:status.chainUnknown'),
              })}
        </p>
        {act.error !== null && <Trouble error={act.error} />}
      </div>
      <div className="status-side">
        <Button
          small
          icon="renew"
          disabled={act.running !== null}
          onClick={() => void act.run('status', () => checkStatus(certificate.sha256).then(() => null))}
          data-testid="check-status"
        >
          {t(act.running ? 'certificates:status.asking' : 'certificates:status.again')}
        </Button>
        {status.askedAt && (
          <span className="note">
            {t('certificates:status.askedAt', { time: formatDateTime(status.askedAt) })}
          </span>
        )}
      </div>
    </section>
  );
}
