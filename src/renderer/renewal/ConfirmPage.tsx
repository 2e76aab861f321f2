import { Radio } from '@base-ui/react/radio';
import { RadioGroup } from '@base-ui/react/radio-group';
import { useState } from 'react';
import {
  Button,
  Facts,
  formatDate,
  formatDateLong,
  holderName,
  Icon,
  Note,
  useTexts,
} from '../look/index.ts';
import { Acts, Heading, type PageProps } from './parts.tsx';
import { money } from './words.ts';

/** What will change, and what it costs. The holder's data are shown to be checked: they stay as they are. */
export function ConfirmPage({ view, acts, error }: PageProps) {
  const { t, language } = useTexts();
  const offers = view.quote?.offers ?? [];
  const [picked, setPicked] = useState<number | null>(null);
  const years = picked ?? offers[0]?.years ?? null;
  const offer = offers.find((each) => each.years === years) ?? null;
  const running = acts.act.running !== null;
  const holder = view.quote?.holder;
  return (
    <>
      <Heading title={t(offer ? 'renewal:confirm.title' : 'renewal:confirm.plainTitle')}>
        {t(offer ? 'renewal:confirm.text' : 'renewal:confirm.plainText')}
      </Heading>
      {years !== null && (
        <RadioGroup
          className="years"
          aria-label={t('renewal:confirm.years')}
          value={String(years)}
          onValueChange={(next) => setPicked(Number(next))}
        >
          {offers.map((each) => (
            <Radio.Root
              key={each.years}
              value={String(each.years)}
              className="year"
              aria-label={t('renewal:confirm.offer', {
                years: t('renewal:years', { count: each.years }),
                fee: money(t, language, each.fees.total),
                date: formatDate(each.notAfter),
              })}
              data-testid="renewal-years"
            >
              <b>{t('renewal:years', { count: each.years })}</b>
              <span>{money(t, language, each.fees.total)}</span>
              <span className="note">{formatDate(each.notAfter)}</span>
              <Icon name="check" size="small" className="year-mark" />
            </Radio.Root>
          ))}
        </RadioGroup>
      )}
      <div className="confirm-parts">
        <section>
          <h3>{t('renewal:confirm.same')}</h3>
          <Facts
            rows={[
              [
                t('renewal:confirm.holder'),
                holder ? holderName({ holder: holder.name, unit: holder.unit }) : holderName(view.old),
              ],
              [t('renewal:confirm.unit'), holder?.unit ?? view.old.unit],
              ...(holder?.creditCode ? [[t('renewal:confirm.creditCode'), holder.creditCode] as const] : []),
              [
                t('renewal:confirm.key'),
                `${view.token.label || t('keys:unnamed')} ${view.token.serial.slice(-4)}`,
              ],
            ]}
          />
          <Note>{t('renewal:confirm.notSame')}</Note>
        </section>
        <section>
          <h3>{t('renewal:confirm.changes')}</h3>
          <Facts
            rows={[
              [
                t('renewal:confirm.end'),
                offer ? formatDateLong(offer.notAfter, language) : t('renewal:confirm.endUnknown'),
              ],
              [t('renewal:confirm.keyPair'), t('renewal:confirm.keyPairText', { keyType: view.old.keyType })],
              [
                t('renewal:confirm.seal'),
                view.seal.oldId !== null
                  ? t(view.seal.code === null ? 'renewal:confirm.sealMoves' : 'renewal:confirm.sealStays', {
                      name: view.seal.name,
                    })
                  : view.quote?.seal
                    ? t('renewal:confirm.sealText', { seal: view.quote.seal })
                    : t('renewal:confirm.noSeal'),
              ],
              ...(offer
                ? [
                    [
                      t('renewal:confirm.fees'),
                      t('renewal:confirm.feesText', {
                        certificate: money(t, language, offer.fees.certificate),
                        seal: money(t, language, offer.fees.seal),
                      }),
                    ] as const,
                    [
                      t('renewal:panel.total'),
                      <b key="total" className="strong">
                        {money(t, language, offer.fees.total)}
                      </b>,
                    ] as const,
                  ]
                : []),
            ]}
          />
        </section>
      </div>
      <Acts error={error} note={t(offer ? 'renewal:confirm.next' : 'renewal:confirm.plainNext')}>
        <Button
          kind="main"
          disabled={running}
          onClick={() => acts.confirm(years)}
          data-testid="renewal-confirm"
        >
          {running ? t('common:wait') : t(offer ? 'renewal:confirm.order' : 'renewal:confirm.plainOrder')}
        </Button>
        {view.actions.includes('end') && (
          <Button disabled={running} onClick={acts.end}>
            {t('renewal:giveUp.do')}
          </Button>
        )}
      </Acts>
    </>
  );
}
