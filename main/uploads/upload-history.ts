import type { PastUpload } from '../../shared/contract/upload-history.ts';
import { err, ok } from '../../shared/result.ts';
import type { AccountHandlers } from '../account-handlers.ts';
import type { Announce } from '../application-events.ts';
import type { ReadDatabase } from '../cache/database.ts';
import { draftOfUpload, isUploadOpen } from '../cache/upload-items.ts';
import { failureToError } from '../remote/failure-to-error.ts';
import type { UploadEntry } from '../remote/upload-answers.ts';

export type UploadHistoryOperationName = 'uploads.history' | 'uploads.undoPreview' | 'uploads.undoUpload';

/** What the server knows of uploads, and taking one back. Errors: those of the connection; `not_found`, `conflict`, `refused`. */
export function uploadHistoryOperations(announce: Announce): AccountHandlers<UploadHistoryOperationName> {
  return {
    'uploads.history': async ({ database, functions, serverUrl }, { before }) => {
      const answer = await functions.listUploads({ before });
      if (!answer.ok) return err(failureToError(answer.failure, serverUrl));
      const { uploads, has_more } = answer.value;
      // Closed meanwhile: nothing is known of drafts then.
      return ok({
        uploads: uploads.map((upload) => pastUpload(database.isOpen ? database : null, upload)),
        more: has_more,
      });
    },
    'uploads.undoPreview': async ({ functions, serverUrl }, { uploadId }) => {
      const answer = await functions.listUploads({ uploadId });
      if (!answer.ok) return err(failureToError(answer.failure, serverUrl));
      const [upload] = answer.value.uploads;
      if (upload === undefined) return err({ code: 'not_found', what: 'item' });
      const { credits, unspent, used, expired, revoked, members } = upload;
      return ok({ credits, unspent, used, expired, revoked, members });
    },
    'uploads.undoUpload': async ({ database, engine, functions, serverUrl }, { uploadId, reason, requestId }) => {
      // What is sent after the undo would give credits again.
      if (isUploadOpen(database, uploadId)) return err({ code: 'conflict', what: 'item_sending' });
      const answer = await functions.undoUpload(requestId, uploadId, reason);
      if (!answer.ok) {
        const { failure } = answer;
        if (failure.kind === 'refused' && failure.reason === 'request_id_reused') {
          return err({ code: 'conflict', what: 'request_id_reused' });
        }
        return err(failureToError(failure, serverUrl));
      }
      const { value } = answer;
      if (value.outcome === 'upload_not_found') return err({ code: 'not_found', what: 'item' });
      if (value.outcome === 'balance_too_large') return err({ code: 'refused', reason: 'balance_too_large' });
      announce('partner', 'members', 'allocations');
      // The feed brings the revocations, the members' figures and the balance.
      if (database.isOpen) engine.syncNow().catch(() => undefined);
      const { used: spent, expired, balance, replayed } = value;
      const undone = value.outcome === 'undone' ? value : { credits: 0, members: 0, remaining: 0 };
      return ok({
        takenBack: undone.credits,
        spent,
        expired,
        members: undone.members,
        remaining: undone.remaining,
        balance,
        replayed,
      });
    },
  };
}

function pastUpload(database: ReadDatabase | null, upload: UploadEntry): PastUpload {
  const { actor, created, updated, unchanged, refused, credits, unspent, used, expired, revoked } = upload;
  return {
    uploadId: upload.upload_id,
    fileName: upload.file_name,
    actor,
    at: upload.created_at,
    created,
    updated,
    unchanged,
    refused,
    credits,
    unspent,
    used,
    expired,
    revoked,
    draftId: database === null ? null : draftOfUpload(database, upload.upload_id),
  };
}
