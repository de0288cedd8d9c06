import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import path from 'node:path';
import type { ExportRequest } from '../../shared/contract/upload-files.ts';
import { err, ok } from '../../shared/result.ts';
import { Cancelled } from './cancelled.ts';
import { storedAnalysis } from './draft-detail.ts';
import { errorFile } from './error-file.ts';
import { findDraft, type OpenUploads, type UploadResult } from './open-uploads.ts';
import { outboxTable } from './outbox-table.ts';
import { templateRows, templateSeparator } from './template.ts';
import type { UploadDependencies } from './upload-dependencies.ts';
import { writeCsv, type TablePieces } from './write-csv.ts';
import { writeXlsx } from './write-xlsx.ts';
import { WorkbookLimit } from './write-zip.ts';

/** The largest piece that crosses the bridge. In bytes. */
const PIECE_BYTES = 1_048_576;
/** How often progress crosses the bridge, at most. Milliseconds. */
const PROGRESS_INTERVAL = 100;
/** Files that are held for somebody at once; whoever forgets to end them loses the oldest. */
const MAX_FILES = 8;

/** What a file is made of, and what it is called. */
interface Source {
  readonly pieces: TablePieces;
  readonly separator: string;
  readonly fileName: string;
}

/** A file in the making. */
interface Making {
  readonly draftId: string | null;
  readonly cancel: () => void;
  readonly ended: Promise<unknown>;
}

/** Removes what a crash left of files that were made. */
export function removeLeftExports(accountFolder: string): void {
  rmSync(exportsFolder(accountFolder), { recursive: true, force: true });
}

function exportsFolder(accountFolder: string): string {
  return path.join(accountFolder, 'exports');
}

/** The files that are made for the person to keep: each lies in the account's folder until it has been read, and no longer. */
export class Exports {
  readonly #dependencies: UploadDependencies;
  /** Where each lies until it is ended. */
  readonly #files = new Map<string, string>();
  readonly #making = new Set<Making>();

  constructor(dependencies: UploadDependencies) {
    this.#dependencies = dependencies;
  }

  /**
   * Makes a file. Errors: `not_found`, `conflict` (no rows have been read yet), `invalid_input` (a workbook cannot hold the table),
   * `cancelled`.
   */
  async begin(
    uploads: OpenUploads,
    what: ExportRequest,
  ): Promise<UploadResult<{ exportId: string; fileName: string; size: number }>> {
    const control = { isCancelled: false };
    const source = this.#sourceOf(uploads, what, () => {
      if (control.isCancelled || !uploads.database.isOpen) throw new Cancelled();
    });
    if (!source.ok) return source;
    const ended = this.#make(uploads.folder, what.format, source.value);
    const making: Making = {
      draftId: what.kind === 'rows' ? what.draftId : null,
      cancel: () => {
        control.isCancelled = true;
      },
      ended,
    };
    this.#making.add(making);
    try {
      const { exportId, size } = await ended;
      return ok({ exportId, size, fileName: source.value.fileName });
    } catch (error) {
      if (error instanceof Cancelled) return err({ code: 'cancelled' });
      if (error instanceof WorkbookLimit) return err({ code: 'invalid_input', field: 'format', reason: error.reason });
      throw error;
    } finally {
      this.#making.delete(making);
    }
  }

  /** Bytes from `offset` on. Errors: `not_found`. */
  async read(exportId: string, offset: number): Promise<UploadResult<{ bytes: Uint8Array }>> {
    const file = this.#files.get(exportId);
    if (file === undefined) return err({ code: 'not_found', what: 'item' });
    const handle = await open(file, 'r');
    try {
      const buffer = Buffer.alloc(PIECE_BYTES);
      const { bytesRead } = await handle.read(buffer, 0, PIECE_BYTES, offset);
      return ok({ bytes: new Uint8Array(buffer.subarray(0, bytesRead)) });
    } finally {
      await handle.close();
    }
  }

  /** Takes a file away. */
  async end(exportId: string): Promise<UploadResult<Record<string, never>>> {
    const file = this.#files.get(exportId);
    this.#files.delete(exportId);
    if (file !== undefined) await rm(file, { force: true });
    return ok({});
  }

  /** Stops making the files of a draft, and waits for it. */
  async cancel(draftId: string): Promise<UploadResult<Record<string, never>>> {
    await this.#stop([...this.#making].filter((making) => making.draftId === draftId));
    return ok({});
  }

  /** Ends everything: the account is being closed. */
  async close(): Promise<void> {
    await this.#stop([...this.#making]);
    for (const exportId of this.#files.keys()) await this.end(exportId);
  }

  async #stop(making: readonly Making[]): Promise<void> {
    for (const one of making) one.cancel();
    await Promise.allSettled(making.map((one) => one.ended));
  }

  #sourceOf(uploads: OpenUploads, what: ExportRequest, stopWhenCancelled: () => void): UploadResult<Source> {
    if (what.kind === 'template') {
      const rows = templateRows(what.language, this.#dependencies.clock.now());
      const separator = templateSeparator(what.language);
      return ok({ pieces: inOnePiece(rows), separator, fileName: `members-template.${what.format}` });
    }
    if (what.kind === 'outbox') {
      const pieces = outboxTable(uploads.database, what.filter, stopWhenCancelled);
      return ok({ pieces, separator: ',', fileName: `outbox.${what.format}` });
    }
    const { draftId, rows, format } = what;
    const found = findDraft(uploads, draftId);
    if (!found.ok) return found;
    const { draft } = found.value;
    const analysis = storedAnalysis(draft);
    if (analysis === null || draft.stage === 'receiving' || draft.stage === 'columns') {
      return err({ code: 'conflict', what: 'draft_busy' });
    }
    const tell = this.#progress(draftId);
    const between = (done: number, total: number): void => {
      stopWhenCancelled();
      tell(done, total);
    };
    const { name } = path.parse(draft.file_name);
    return ok({
      pieces: errorFile({ database: uploads.database, draftId, analysis, rows, between }),
      separator: analysis.separator,
      fileName: `${name}-${rows === 'all' ? 'result' : 'to-correct'}.${format}`,
    });
  }

  #progress(draftId: string): (done: number, total: number) => void {
    const { clock, emit } = this.#dependencies;
    let told = clock.now();
    return (done, total) => {
      const now = clock.now();
      if (Math.abs(now - told) < PROGRESS_INTERVAL) return;
      told = now;
      emit({ event: 'export_progress', draftId, done, total });
    };
  }

  async #make(
    accountFolder: string,
    format: ExportRequest['format'],
    { pieces, separator }: Source,
  ): Promise<{ exportId: string; size: number }> {
    const folder = exportsFolder(accountFolder);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const exportId = randomUUID();
    const file = path.join(folder, exportId);
    const handle = await open(file, 'wx', 0o600);
    try {
      await (format === 'csv' ? writeCsv(handle, pieces, separator) : writeXlsx(handle, pieces));
      const { size } = await handle.stat();
      await handle.close();
      const [oldest] = this.#files.keys();
      if (oldest !== undefined && this.#files.size >= MAX_FILES) await this.end(oldest);
      this.#files.set(exportId, file);
      return { exportId, size };
    } catch (error) {
      await handle.close();
      await rm(file, { force: true });
      throw error;
    }
  }
}

async function* inOnePiece(rows: readonly (readonly string[])[]): AsyncGenerator<readonly (readonly string[])[]> {
  yield rows;
}
