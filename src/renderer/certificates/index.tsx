import { useTexts } from '../look/index.ts';
import { TopTitle } from '../shell/index.ts';

export default function CertificatesScreen() {
  const { t } = useTexts();
  return (
    <>
      <TopTitle title={t('common:rail.certificates')} />
      <div className="body is-single">
        <main className="stage" id="main" data-pane="stage" tabIndex={-1} />
      </div>
    </>
  );
}
