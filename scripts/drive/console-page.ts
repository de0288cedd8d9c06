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

  /** Takes a file in and goes on to its rows; the columns of the examples are all recognised. */
  async beginUpload(file: string): Promise<void> {
    await this.open('Uploads');
    await this.page.getByRole('button', { name: 'New upload' }).first().click();
    await this.page.getByTestId('upload-file').setInputFiles(file);
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
