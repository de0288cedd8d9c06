import type { Page } from 'playwright-core';

/** What a person does in the console, by what the screen calls it. The same in both hosts. */
export class ConsolePage {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  async signIn(account: { email: string; password: string }): Promise<void> {
    await this.page.getByLabel('E-mail').fill(account.email);
    await this.page.getByLabel('Password', { exact: true }).fill(account.password);
    await this.page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await this.page.getByRole('navigation', { name: 'Sections' }).waitFor();
  }

  async signOut(): Promise<void> {
    await this.open('Settings');
    await this.page.getByRole('button', { name: 'Sign out…' }).click();
    await this.page.getByRole('dialog').getByRole('button', { name: 'Sign out', exact: true }).click();
    await this.page.getByLabel('Password', { exact: true }).waitFor();
  }

  async open(section: 'Dashboard' | 'Members' | 'Uploads' | 'Sync' | 'Settings'): Promise<void> {
    await this.page.getByRole('navigation', { name: 'Sections' }).getByRole('link', { name: section }).click();
    await this.page.getByRole('heading', { level: 1 }).waitFor();
  }

  /** One of the three numbers of the balance as it stands on the screen; null while it is not known. */
  async balance(which: 'confirmed' | 'planned' | 'left'): Promise<number | null> {
    const text = await this.page.locator(`[data-number="${which}"]`).first().textContent();
    const digits = (text ?? '').replaceAll(/[^\d-]/g, '');
    return digits === '' ? null : Number(digits);
  }

  /** Finds a member by first name and plans credits; `onFilled` comes before the form is sent. */
  async assign(firstName: string, credits: number, onFilled?: () => Promise<void>): Promise<void> {
    await this.open('Members');
    await this.page.getByLabel('Search by name or e-mail').fill(firstName);
    await this.page
      .getByRole('row', { name: new RegExp(firstName) })
      .first()
      .click();
    await this.page.getByRole('button', { name: 'Assign credits' }).click();
    await this.page.getByRole('form', { name: 'Assign credits' }).getByLabel('Credits').fill(String(credits));
    await onFilled?.();
    await this.page.getByRole('button', { name: /^Assign [\d,]+ credits?$/ }).click();
  }

  /** The list of uploads, whichever upload was open last. */
  async openUploads(): Promise<void> {
    await this.open('Uploads');
    const all = this.page.getByRole('button', { name: 'All uploads' });
    if (await all.isVisible()) await all.click();
  }

  /** Takes a file in; `onEmpty` comes before a file is chosen. */
  async chooseUpload(file: string, onEmpty?: () => Promise<void>): Promise<void> {
    await this.openUploads();
    await this.page.getByRole('button', { name: 'New upload' }).first().click();
    await this.page.getByText('Drop your members’ file here').waitFor();
    await onEmpty?.();
    await this.page.getByTestId('upload-file').setInputFiles(file);
  }

  /** Takes a file in and goes on to its rows; the columns of the examples are all recognised. */
  async beginUpload(file: string): Promise<void> {
    await this.chooseUpload(file);
    await this.page.getByRole('button', { name: 'Continue' }).click();
    await this.page.getByRole('button', { name: 'Review', exact: true }).waitFor();
  }

  /** Corrects one cell in the list of errors. */
  async correct(row: number, column: 'E-mail' | 'Credits', wrong: string, right: string): Promise<void> {
    await this.page.getByText(/^Errors \d+$/).click();
    await this.page.getByText(wrong, { exact: true }).dblclick();
    const field = this.page.getByLabel(`${column}, row ${row}`);
    await field.fill(right);
    await field.press('Enter');
    await field.waitFor({ state: 'detached' });
  }

  /** Leaves every row that is still wrong out, and goes to the review. */
  async skipErrorsAndReview(): Promise<void> {
    await this.page.getByRole('button', { name: 'Skip all remaining errors' }).click();
    await this.page.getByText('No errors left').first().waitFor();
    await this.page.getByRole('button', { name: 'Review', exact: true }).click();
  }

  /** Sends what the review shows; answers what its button promised. */
  async send(): Promise<{ rows: number; credits: number }> {
    const button = this.page.getByRole('button', { name: /^Send [\d,]+ rows?, [\d,]+ credits?$/ });
    const [rows = 0, credits = 0] = [...((await button.textContent()) ?? '').matchAll(/\d[\d,]*(?= )/g)].map(
      ([digits]) => Number(digits.replaceAll(',', '')),
    );
    await button.click();
    return { rows, credits };
  }
}
