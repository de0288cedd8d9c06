import { parseArgs } from 'node:util';

/** What `npm run upload` was asked to do. */
export interface UploadOptions {
  readonly file: string;
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

Uploads the members and credits of a CSV file, row by row, as the console does: rows with errors are reported and left
out, every other row is sent and gets a receipt or a reason.

Options
  --dry-run        check everything and say what it would do and cost; send nothing
  --json           one JSON document on standard output instead of a table
  --all            show every row in the table, not only those that need a look
  --again          upload a file that was uploaded to its end before once more, as a new upload
  --wait SECONDS   how long to wait for a server that does not answer (default ${DEFAULT_PATIENCE_SECONDS})
  --help           this text

The same file twice
  A file is recognised by its content. When an upload of it is unfinished (a crash, no network, not enough credits),
  it goes on where it stopped, under its own id: no row is done twice. When it was finished, nothing is sent and its
  report is printed again; --again starts a new upload.

Exit codes
  0  every row is done (or, with --dry-run, could be)
  1  some rows were refused, had errors or still wait
  2  nothing was done

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
  if (file === undefined) throw new UsageFault('Which file? npm run upload -- FILE (--help says more)');
  if (others.length > 0) throw new UsageFault('One file at a time, please.');
  const seconds = Number(values.wait ?? DEFAULT_PATIENCE_SECONDS);
  if (!Number.isFinite(seconds) || seconds < 0) throw new UsageFault('--wait takes a number of seconds.');
  return {
    file,
    dryRun: values['dry-run'] === true,
    json: values.json === true,
    all: values.all === true,
    again: values.again === true,
    patience: seconds * 1_000,
  };
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
        help: { type: 'boolean' },
      },
    });
  } catch (error) {
    if (error instanceof TypeError) throw new UsageFault(error.message);
    throw error;
  }
}
