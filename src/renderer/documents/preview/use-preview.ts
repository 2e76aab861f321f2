import { useEffect, useState } from 'react';
import type { DocumentInfo } from '../../../shared/domain/index.ts';
import { call } from '../../api/index.ts';
import { openPreview, type Preview, PreviewError, type PreviewTrouble } from './pdf.ts';

export interface PreviewState {
  preview: Preview | null;
  trouble: PreviewTrouble | null;
}

const opening: PreviewState = { preview: null, trouble: null };

/** Opens the preview of a document and closes it when another one is shown. */
export function usePreview(info: DocumentInfo, password: string | undefined): PreviewState {
  const [held, setHeld] = useState<{ info: DocumentInfo; state: PreviewState }>({ info, state: opening });
  useEffect(() => {
    const stop = new AbortController();
    let mine: Preview | null = null;
    const read = (offset: number, length: number) => call('documents.bytes', { id: info.id, offset, length });
    openPreview(info, password, read, stop.signal).then(
      (preview) => {
        mine = preview;
        if (stop.signal.aborted) preview.close();
        else setHeld({ info, state: { preview, trouble: null } });
      },
      (error: unknown) => {
        if (stop.signal.aborted) return;
        const trouble = error instanceof PreviewError ? error.trouble : 'unreadable';
        setHeld({ info, state: { preview: null, trouble } });
      },
    );
    return () => {
      stop.abort();
      mine?.close();
    };
  }, [info, password]);
  return held.info === info ? held.state : opening;
}
