import { parseArgs } from 'node:util';
import { dataFields, type DataField } from '../../shared/csv/check-row.ts';
import {
  separator,
  textEncoding,
  type Separator,
  type TextEncoding,
  type UploadMode,
} from '../../shared/contract/uploads.ts';

/** What `npm run upload` was asked to do. */
export interface UploadOptions {
  /** Null when an upload goes on that is known by its id. */
  readonly file: string | null;
  /** The id of an upload on this computer; null to know it by the content of the file. */
  readonly draft: string | null;
  /** Where fields stand, by header or by number (from 1); fields that are not named are recognised. */
  readonly map: ReadonlyMap<DataField, string>;
  readonly encoding: TextEncoding | null;
  readonly separator: Separator | null;
  readonly sheet: string | null;
  readonly mode: UploadMode;
  /** Where the rows that were not done are written, with the reasons; CSV, or XLSX by its name. */
  readonly errors: string | null;
  readonly dryRun: boolean;
  readonly json: boolean;
  /** Show every row, not only those that need a look. */
  readonly all: boolean;
  /** Upload a file again that was uploaded to its end before. */
  readonly again: boolean;
  /** Milliseconds without an answer of the server after which the command gives up waiting. */
  readonly patience: number;
}

/** Something the caller can put right; its message is for the terminal. */
export class UsageFault extends Error {
  override readonly name = 'UsageFault';
}

const DEFAULT_PATIENCE_SECONDS = 60;

export const uploadHelp = `Usage: npm run upload -- FILE [options]
       npm run upload -- --draft ID [options]

Uploads the members and credits of a CSV or XLSX file, row by row, as the console does: rows with errors are reported and left
out, every other row is sent and gets a receipt or a reason. Or all of it, or nothing: see --mode.

Options
  --dry-run        check everything and say what it would do and cost; send nothing
  --json           one JSON document on standard output instead of a table
  --all            show every row in the table, not only those that need a look
  --again          upload a file that was uploaded to its end before once more, as a new upload
  --map LIST       which column is what, as field=header: --map "email=Mail,credits=Anzahl Credits"; a number is the
                   place of the column (email=2). Fields: email, first_name, credits, validity_days, expires_on, status.
                   A field without a header (credits=) is taken from no column; what is not named is recognised
  --encoding NAME  how the letters of the file are written, when it is not recognised: utf-8, windows-1252,
                   windows-1250, windows-1254, iso-8859-2, macintosh, windows-1251, windows-1253, windows-1257,
                   utf-16le, utf-16be
  --separator CHAR what stands between columns: , ; | or tab
  --sheet NAME     the sheet of a workbook (default: the first that is visible)
  --mode NAME      valid-only (default), or all-or-nothing: nothing is sent while a row has an error, and the server does every
                   row or none
  --errors FILE    write the rows that were not done, in their own columns with the reasons, to FILE (.csv or .xlsx).
                   Corrected and opened in the console, it finds its upload again
  --draft ID       go on with an upload that is on this computer, or report on it, instead of reading a file
  --wait SECONDS   how long to wait for a server that does not answer (default ${DEFAULT_PATIENCE_SECONDS})
  --help           this text

The same file twice
  A file is recognised by its content. When an upload of it is unfinished (a crash, no network, not enough credits),
  it goes on where it stopped, under its own id: no row is done twice. When it was finished, nothing is sent and its
  report is printed again; --again starts a new upload.

Output
  The report goes to standard output, faults to standard error. Progress is shown on standard error while it is a
  terminal, and never in a pipe.

Exit codes
  0  every row is done (or, with --dry-run, could be)
  1  some rows were refused, had errors or still wait
  2  nothing was done: the arguments, the file, the sign-in or the network; or no row could be done, as with
     --mode all-or-nothing when one of them could not

Environment
  SUPABASE_URL, SUPABASE_PUBLISHABLE_KEY         the project; the sandbox with its demo partner when they are not set
  PARTNER_CONSOLE_EMAIL, PARTNER_CONSOLE_PASSWORD  the sign-in of the partner admin
  PARTNER_CONSOLE_DATA                           where unfinished uploads are kept (in its folder "terminal")
`;

/** Reads the arguments; null asks for the help. Throws `UsageFault`. */
export function readUploadOptions(arguments_: readonly string[]): UploadOptions | null {
  const { values, positionals } = parse(arguments_);
  if (values.help === true) return null;
  const [file, ...others] = positionals;
  const draft = values.draft ?? null;
  if (file === undefined && draft === null)
    throw new UsageFault('Which file? npm run upload -- FILE (--help says more)');
  if (file !== undefined && draft !== null) throw new UsageFault('A file or --draft, not both.');
  if (others.length > 0) throw new UsageFault('One file at a time, please.');
  const seconds = Number(values.wait ?? DEFAULT_PATIENCE_SECONDS);
  if (!Number.isFinite(seconds) || seconds < 0) throw new UsageFault('--wait takes a number of seconds.');
  if (draft !== null && values.again === true) throw new UsageFault('--again takes a file.');
  return {
    file: file ?? null,
    draft,
    map: readMap(values.map ?? ''),
    encoding: oneOf('--encoding', textEncoding.options, values.encoding),
    separator: oneOf('--separator', separator.options, values.separator === 'tab' ? '\t' : values.separator),
    sheet: values.sheet ?? null,
    mode:
      oneOf('--mode', ['valid-only', 'all-or-nothing'], values.mode) === 'all-or-nothing'
        ? 'all_or_nothing'
        : 'valid_only',
    errors: values.errors ?? null,
    dryRun: values['dry-run'] === true,
    json: values.json === true,
    all: values.all === true,
    again: values.again === true,
    patience: seconds * 1_000,
  };
}

function oneOf<Choice extends string>(
  option: string,
  choices: readonly Choice[],
  given: string | undefined,
): Choice | null {
  if (given === undefined) return null;
  const found = choices.find((choice) => choice === given.toLowerCase());
  if (found === undefined) {
    const names = choices.map((choice) => ((choice as string) === '\t' ? 'tab' : choice));
    throw new UsageFault(`${option} takes one of: ${names.join(' ')}`);
  }
  return found;
}

/** `email=Mail,credits=Anzahl`: a comma begins the next field only before a field's name, so that headers may hold commas. */
function readMap(list: string): ReadonlyMap<DataField, string> {
  const map = new Map<DataField, string>();
  if (list.trim() === '') return map;
  for (const part of list.split(/,(?=\s*[a-z_]+=)/)) {
    const [name = '', ...header] = part.split('=');
    const field = dataFields.find((it) => it === name.trim());
    if (field === undefined || header.length === 0) {
      throw new UsageFault(`--map takes field=header, with one of these fields: ${dataFields.join(' ')}`);
    }
    if (map.has(field)) throw new UsageFault(`--map names ${field} twice.`);
    map.set(field, header.join('=').trim());
  }
  return map;
}

function parse(arguments_: readonly string[]) {
  try {
    return parseArgs({
      args: [...arguments_],
      allowPositionals: true,
      options: {
        'dry-run': { type: 'boolean' },
        json: { type: 'boolean' },
        all: { type: 'boolean' },
        again: { type: 'boolean' },
        wait: { type: 'string' },
        map: { type: 'string' },
        encoding: { type: 'string' },
        separator: { type: 'string' },
        sheet: { type: 'string' },
        mode: { type: 'string' },
        errors: { type: 'string' },
        draft: { type: 'string' },
        help: { type: 'boolean' },
      },
    });
  } catch (error) {
    if (error instanceof TypeError) throw new UsageFault(error.message);
    throw error;
  }
}
