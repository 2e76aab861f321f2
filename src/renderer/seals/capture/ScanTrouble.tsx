import { describeError, Icon, type Translate, Trouble, useTexts } from '../../look/index.ts';

/** What these say elsewhere is about signature pictures and documents. */
const own = new Set(['seal.not-found', 'seal.not-a-picture', 'seal.too-large', 'request.refused']);

/** The words for a scan that can't be taken, or an act on one that failed. */
export function scanWords(t: Translate, error: unknown): ReturnType<typeof describeError> {
  const words = describeError(t, error);
  if (!own.has(words.code)) return words;
  const text = (part: string) => t(`seals:capture.trouble.${words.code.replace(/^\w+\./, '')}.${part}`);
  return { ...words, heading: text('heading'), meaning: text('meaning'), next: text('next') };
}

export function ScanTrouble({ error }: { error: unknown }) {
  const { t } = useTexts();
  const words = scanWords(t, error);
  if (!own.has(words.code)) return <Trouble error={error} />;
  return (
    <section className="trouble" role="alert">
      <Icon name="warn" className="warn" />
      <div className="trouble-text">
        <h3>{words.heading}</h3>
        <p>{words.meaning}</p>
        <p>{words.next}</p>
        <p className="note">{words.technical}</p>
      </div>
    </section>
  );
}
