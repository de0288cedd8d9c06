import { useNavigation } from '../navigation/navigation-store.ts';
import { DraftList } from './draft-list.tsx';
import { NewUpload } from './new-upload.tsx';
import { UploadFlow } from './upload-flow.tsx';

/** The uploads of this computer: their list, a new one, or one of them at its step. */
export function UploadsPage() {
  const upload = useNavigation((state) => state.upload);
  if (upload === null) return <DraftList />;
  if (upload === 'new') return <NewUpload />;
  if ('file' in upload) return <NewUpload file={upload.file} />;
  return <UploadFlow key={upload.draftId} draftId={upload.draftId} />;
}
