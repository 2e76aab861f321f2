import { useTexts } from '../look/index.ts';
import { TopTitle } from '../shell/index.ts';

export default function SupportScreen() {
  const { t } = useTexts();
  return (
    <>
      <TopTitle title={t('common:rail.support')} />
      <div className="body is-single">
        <main className="stage" id="main" data-pane="stage" tabIndex={-1} />
      </div>
    </>
  );
}
