import { useTexts } from '../look/index.ts';
import { TopTitle } from '../shell/index.ts';

export default function SealsScreen() {
  const { t } = useTexts();
  return (
    <>
      <TopTitle title={t('common:rail.seals')} />
      <div className="body is-single">
        <main className="stage" id="main" data-pane="stage" tabIndex={-1} />
      </div>
    </>
  );
}
